package ui

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	tea "github.com/charmbracelet/bubbletea"
	"github.com/charmbracelet/x/ansi"
	"github.com/muesli/termenv"

	"github.com/stagewatch/stagewatch/engine/event"
	"github.com/stagewatch/stagewatch/ui/draw"
	"github.com/stagewatch/stagewatch/ui/replay"
	"github.com/stagewatch/stagewatch/ui/term"
)

// realStory is the recording that make story makes.
const realStory = "../../../testdata/story"

// recording reads a story of testdata.
func recording(t testing.TB, name string) []event.Event {
	t.Helper()
	f, err := os.Open(filepath.Join("testdata", "stories", name+".jsonl"))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	events, err := replay.Read(f)
	if err != nil {
		t.Fatal(err)
	}
	return events
}

// screen is a dashboard without a terminal: messages in, frames out.
type screen struct {
	*Model
	t    testing.TB
	cmds []tea.Cmd
}

func newScreen(t testing.TB, w, h int, change ...func(*Options)) *screen {
	t.Helper()
	opt := Options{
		Context:  "python-app",
		Clock:    func() time.Time { return time.Date(2026, 11, 23, 9, 0, 0, 0, time.UTC) },
		Terminal: &draw.Terminal{Profile: termenv.TrueColor, Dark: true},
	}
	for _, c := range change {
		c(&opt)
	}
	s := &screen{Model: New(opt), t: t}
	s.send(tea.WindowSizeMsg{Width: w, Height: h})
	return s
}

func (s *screen) send(msg tea.Msg) {
	_, cmd := s.Update(msg)
	if cmd != nil {
		s.cmds = append(s.cmds, cmd)
	}
}

// play lets events happen, the clock standing where the last of them did.
func (s *screen) play(events []event.Event) *screen {
	if len(events) > 0 {
		s.send(term.Batch{At: events[len(events)-1].Time, Events: events})
	}
	return s
}

// text is the frame without its styles.
func (s *screen) text() string {
	s.t.Helper()
	frame := ansi.Strip(s.View())
	lines := strings.Split(frame, "\n")
	if len(lines) != s.height {
		s.t.Errorf("%d lines on a terminal of %d", len(lines), s.height)
	}
	for i, l := range lines {
		if w := ansi.StringWidth(l); w > s.width {
			s.t.Errorf("line %d is %d columns wide on a terminal of %d: %q", i, w, s.width, l)
		}
		lines[i] = strings.TrimRight(l, " ")
	}
	return strings.Join(lines, "\n") + "\n"
}

func (s *screen) press(keys ...string) *screen {
	for _, k := range keys {
		s.send(keyMsg(k))
	}
	return s
}

func keyMsg(k string) tea.KeyMsg {
	if k == "space" || k == " " {
		return tea.KeyMsg{Type: tea.KeySpace, Runes: []rune{' '}}
	}
	for typ := tea.KeyType(-100); typ < 200; typ++ {
		if typ != tea.KeyRunes && typ.String() == k {
			return tea.KeyMsg{Type: typ}
		}
	}
	return tea.KeyMsg{Type: tea.KeyRunes, Runes: []rune(k)}
}
