package ui

import (
	"fmt"
	"io"
	"os/exec"
	"strings"
	"sync"
	"time"

	tea "github.com/charmbracelet/bubbletea"

	"github.com/stagewatch/stagewatch/ui/draw"
)

// idleFPS is how often bubbletea's own renderer looks for something to do. It wakes up that often for as
// long as it runs, so frames are painted by [live] when there are any, and bubbletea is left the rest:
// the alternate screen, the mouse, raw mode.
const idleFPS = 1

// live is a model on a terminal: it paints a frame when the model's has changed, at most fps a second, and
// never before the one before was written, so that a slow link shows fewer frames and not late ones.
type live struct {
	*Model
	paint *painter
	frame string
	// dirty tells that frame is not painted yet, busy that a frame is on its way.
	dirty, busy bool
	last        time.Time
}

type (
	// paintMsg says that the next frame is due, paintedMsg that one was written.
	paintMsg   struct{}
	paintedMsg struct{}
	// backMsg says that the terminal is ours again.
	backMsg struct{ note tea.Msg }
)

// Update lets the model take the message in, and sees to it that what changed is painted.
func (l *live) Update(msg tea.Msg) (tea.Model, tea.Cmd) {
	var cmd tea.Cmd
	switch msg := msg.(type) {
	case paintedMsg:
		l.busy = false
	case paintMsg:
		return l, l.write()
	case backMsg:
		l.dirty = true
		if msg.note != nil {
			_, cmd = l.Model.Update(msg.note)
		}
	case tea.ResumeMsg:
		l.dirty = true
		l.paint.resume()
	case tea.WindowSizeMsg:
		_, cmd = l.Model.Update(msg)
		// What the terminal made of the old frame nobody knows.
		l.dirty = true
		l.paint.forget()
	default:
		_, cmd = l.Model.Update(msg)
	}
	if frame := l.Model.View(); frame != l.frame {
		l.frame, l.dirty = frame, true
	}
	return l, tea.Batch(cmd, l.next())
}

// View is the newest frame, for bubbletea's own renderer.
func (l *live) View() string { return l.frame }

// next paints what is new, as soon as it may.
func (l *live) next() tea.Cmd {
	if l.busy || !l.dirty {
		return nil
	}
	l.busy = true
	if wait := framePace - time.Since(l.last); wait > 0 {
		return tea.Tick(wait, func(time.Time) tea.Msg { return paintMsg{} })
	}
	return l.write()
}

func (l *live) write() tea.Cmd {
	l.dirty, l.last = false, time.Now()
	frame, width := l.frame, l.width
	return func() tea.Msg {
		l.paint.write(frame, width)
		return paintedMsg{}
	}
}

// painter writes frames to a terminal, of each what differs from the one before. It is safe for
// concurrent use.
type painter struct {
	out io.Writer

	mu   sync.Mutex
	have []string
	held bool
}

func (p *painter) write(frame string, width int) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.held || frame == "" {
		return
	}
	lines := strings.Split(frame, "\n")
	var out strings.Builder
	for i, line := range lines {
		if i < len(p.have) && p.have[i] == line {
			continue
		}
		fmt.Fprintf(&out, "\x1b[%d;1H%s", i+1, line)
		if draw.Width(line) < width {
			// Behind a full line this would take its last character.
			out.WriteString("\x1b[K")
		}
	}
	p.have = lines
	if out.Len() > 0 {
		// One write, and an error of it is the next one's too: bubbletea ends when the terminal is gone.
		_, _ = io.WriteString(p.out, out.String())
	}
}

// forget makes the next frame a whole one.
func (p *painter) forget() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.have = nil
}

// hold ends the painting, once a frame on its way is written: somebody else gets the terminal.
func (p *painter) hold() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.held = true
}

// filter sees every message before bubbletea does: what gives the terminal away ends the painting first.
func (p *painter) filter(_ tea.Model, msg tea.Msg) tea.Msg {
	switch msg.(type) {
	case tea.QuitMsg, tea.SuspendMsg:
		p.hold()
	}
	return msg
}

// lend gives the terminal to a command, and takes it back after.
func (p *painter) lend(cmd *exec.Cmd, done tea.ExecCallback) tea.Cmd {
	return func() tea.Msg {
		p.hold()
		return tea.ExecProcess(cmd, func(err error) tea.Msg {
			p.resume()
			return backMsg{done(err)}
		})()
	}
}

// resume paints again, a whole frame first.
func (p *painter) resume() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.held, p.have = false, nil
}
