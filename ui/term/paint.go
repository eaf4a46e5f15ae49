package term

import (
	"fmt"
	"io"
	"strings"
	"sync"
	"time"

	tea "github.com/charmbracelet/bubbletea"

	"github.com/stagewatch/stagewatch/ui/draw"
)

// screen runs a model on a terminal. It paints a frame when the model's view has changed, at most fps times a second and
// never before the previous frame was written: a slow link shows fewer frames, not late ones.
type screen struct {
	model tea.Model
	paint *painter
	width int
	frame string
	// dirty reports whether frame is not painted yet, busy whether a frame is being written.
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

// Init starts the model.
func (s *screen) Init() tea.Cmd { return s.model.Init() }

// Update passes the message to the model and has what changed painted.
func (s *screen) Update(msg tea.Msg) (tea.Model, tea.Cmd) {
	var cmd tea.Cmd
	switch msg := msg.(type) {
	case paintedMsg:
		s.busy = false
	case paintMsg:
		return s, s.write()
	case backMsg:
		s.dirty = true
		if msg.note != nil {
			cmd = s.pass(msg.note)
		}
	case tea.ResumeMsg:
		s.dirty = true
		s.paint.resume()
	case tea.WindowSizeMsg:
		cmd = s.pass(msg)
		s.width = msg.Width
		// The terminal may have changed the old frame in any way.
		s.dirty = true
		s.paint.forget()
	default:
		cmd = s.pass(msg)
	}
	if frame := s.model.View(); frame != s.frame {
		s.frame, s.dirty = frame, true
	}
	return s, tea.Batch(cmd, s.next())
}

func (s *screen) pass(msg tea.Msg) tea.Cmd {
	var cmd tea.Cmd
	s.model, cmd = s.model.Update(msg)
	return cmd
}

// View is the newest frame, for bubbletea's own renderer.
func (s *screen) View() string { return s.frame }

// next returns the command that paints what is new as soon as the pace allows it.
func (s *screen) next() tea.Cmd {
	if s.busy || !s.dirty {
		return nil
	}
	s.busy = true
	if wait := FramePace - time.Since(s.last); wait > 0 {
		return tea.Tick(wait, func(time.Time) tea.Msg { return paintMsg{} })
	}
	return s.write()
}

func (s *screen) write() tea.Cmd {
	s.dirty, s.last = false, time.Now()
	frame, width := s.frame, s.width
	return func() tea.Msg {
		s.paint.write(frame, width)
		return paintedMsg{}
	}
}

// painter writes frames to a terminal: of each frame the lines that differ from the previous one. It is safe for
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
			// After a full line this would erase its last character.
			out.WriteString("\x1b[K")
		}
	}
	p.have = lines
	if out.Len() > 0 {
		// The error does not matter: bubbletea ends the program when the terminal is gone.
		_, _ = io.WriteString(p.out, out.String())
	}
}

// forget has the next frame written whole.
func (p *painter) forget() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.have = nil
}

// hold stops the painting because another program gets the terminal. It waits for a frame that is being written.
func (p *painter) hold() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.held = true
}

// filter sees every message before bubbletea does, so that the painting stops before the terminal is given away.
func (p *painter) filter(_ tea.Model, msg tea.Msg) tea.Msg {
	switch msg.(type) {
	case tea.QuitMsg, tea.SuspendMsg:
		p.hold()
	}
	return msg
}

func (p *painter) lend(cmd *Command, done func(error) tea.Msg) tea.Cmd {
	return func() tea.Msg {
		p.hold()
		return tea.ExecProcess(cmd, func(err error) tea.Msg {
			p.resume()
			return backMsg{done(err)}
		})()
	}
}

// resume has frames painted again, the next one whole.
func (p *painter) resume() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.held, p.have = false, nil
}
