package term

import (
	"bytes"
	"fmt"
	"os/exec"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	tea "github.com/charmbracelet/bubbletea"
)

// TestPaintWritesWhatDiffers: a frame costs the lines that changed, and the same frame nothing.
func TestPaintWritesWhatDiffers(t *testing.T) {
	var out bytes.Buffer
	p := &painter{out: &out}
	wrote := func(frame string) string {
		out.Reset()
		p.write(frame, 4)
		return out.String()
	}
	for _, step := range []struct{ why, frame, want string }{
		{"all of the first, and nothing erased behind a full line", "ab\ncdef", "\x1b[1;1Hab\x1b[K\x1b[2;1Hcdef"},
		{"the same again", "ab\ncdef", ""},
		{"one line", "ab\nx", "\x1b[2;1Hx\x1b[K"},
		{"no frame yet", "", ""},
	} {
		if got := wrote(step.frame); got != step.want {
			t.Errorf("%s: %q, want %q", step.why, got, step.want)
		}
	}
	p.forget()
	if got := wrote("ab\nx"); !strings.Contains(got, "ab") {
		t.Errorf("a forgotten frame is not painted whole: %q", got)
	}
	p.filter(nil, tea.QuitMsg{})
	if got := wrote("new\nnew"); got != "" {
		t.Errorf("painted after the terminal was given back: %q", got)
	}
	p.resume()
	if got := wrote("new\nnew"); strings.Count(got, "new") != 2 {
		t.Errorf("not whole after it came back: %q", got)
	}
}

// shout is a model that shows the last text that it got.
type shout struct{ text string }

func (shout) Init() tea.Cmd  { return nil }
func (s shout) View() string { return s.text }
func (s shout) Update(msg tea.Msg) (tea.Model, tea.Cmd) {
	if text, ok := msg.(string); ok {
		s.text = text
	}
	return s, nil
}

// TestPaintKeepsPace: however fast things change, a frame is on its way only after the one before was
// written, and none when nothing changed.
func TestPaintKeepsPace(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var out bytes.Buffer
		l := &screen{model: shout{"first"}, paint: &painter{out: &out}}
		l.Update(tea.WindowSizeMsg{Width: 80, Height: 24})
		if !l.busy {
			t.Fatal("the first frame is not painted")
		}
		for i := range 50 {
			l.Update(fmt.Sprint(i))
		}
		if _, cmd := l.Update(paintedMsg{}); cmd == nil || !l.busy || !l.dirty {
			t.Error("what changed meanwhile is not painted next")
		}
		time.Sleep(FramePace)
		_, cmd := l.Update(paintMsg{})
		l.Update(cmd())
		if l.busy || l.dirty || !strings.Contains(out.String(), "49") {
			t.Errorf("the newest frame is not on the screen: %q", out.String())
		}
		if l.Update(nil); l.busy {
			t.Error("it paints though nothing changed")
		}
	})
}

// TestLend: while a command has the terminal nothing is painted, and a whole frame after.
func TestLend(t *testing.T) {
	var out bytes.Buffer
	p := &painter{out: &out}
	p.write("frame", 10)
	out.Reset()
	p.lend(exec.Command("true"), func(error) tea.Msg { return nil })()
	if p.write("other", 10); out.Len() > 0 {
		t.Errorf("painted over the command: %q", out.String())
	}
	l := &screen{model: shout{"frame"}, paint: p}
	l.Update(tea.WindowSizeMsg{Width: 30, Height: 5})
	l.Update(paintedMsg{})
	if l.Update(tea.ResumeMsg{}); p.held || !l.busy {
		t.Error("not painted after")
	}
}
