package ui

import (
	"strings"
	"testing"
	"time"

	tea "github.com/charmbracelet/bubbletea"

	"github.com/stagewatch/stagewatch/engine/event"
	"github.com/stagewatch/stagewatch/ui/term"
)

// longWarning is more than any panel has room for in a line.
var longWarning = event.Warning{
	Code: event.CodeLibcMismatch, Message: "2 files copied from build were linked against glibc and cannot run on the musl of stage-1, whichever way they are started there",
	Paths: []string{"/usr/local/lib/python3.9/site-packages/markupsafe/_speedups.cpython-39-x86_64-linux-gnu.so"},
	Hint:  "Build them in a stage that is based on alpine, or base the final stage on the slim image of the same Python version.",
}

func clickAt(x, y int) tea.MouseMsg {
	return tea.MouseMsg{X: x, Y: y, Action: tea.MouseActionPress, Button: tea.MouseButtonLeft}
}

// reads reports whether the panel in focus, or what stands above all panels, says a text, across its lines.
func (s *screen) reads(text string) bool {
	in := s.board.Focus.Inside
	var panel, above strings.Builder
	for y, line := range strings.Split(s.text(), "\n") {
		cells := []rune(line)
		if y < s.lay.summary.H+s.lay.banner.H+1 {
			above.WriteString(line)
		}
		if y >= in.Y && y < in.Y+in.H && len(cells) > in.X {
			panel.WriteString(string(cells[in.X:min(len(cells), in.X+in.W)]))
		}
	}
	words := func(text string) string { return strings.Join(strings.Fields(text), "") }
	return strings.Contains(words(panel.String()), words(text)) || strings.Contains(words(above.String()), words(text))
}

// TestALongTextCanBeReadWhole: what a list or a line at the top cuts is wrapped where there is room, and whole in what
// enter or the key for it opens, at every size.
func TestALongTextCanBeReadWhole(t *testing.T) {
	skip := event.Skipped{Paths: []string{"data/postgres/base/16384/2619_visibility_map_of_a_table_with_a_long_name.tmp"}, Reason: event.Ignored, Rule: ".dockerignore line 12: data/postgres/base/**/*_visibility_map_of_a_table_*"}
	for _, size := range [][2]int{{40, 40}, {80, 24}, {120, 40}, {200, 60}} {
		s := newScreen(t, size[0], size[1])
		s.play(until(t, recording(t, "python-app"), 1, kind("ledger", 2)))
		s.play([]event.Event{{Time: s.now, Build: 2, Body: longWarning}, {Time: s.now.Add(time.Second), Body: skip}})
		s.send(term.Batch{At: s.now.Add(time.Minute)})

		s.press("3", "]", "]", "enter")
		for _, part := range append([]string{longWarning.Message, longWarning.Hint}, longWarning.Paths...) {
			s.want(s.reads(part), "the warning's page lacks "+part)
		}
		s.press("esc", "[", "enter")
		s.want(s.reads(skip.Paths[0]) && s.reads(skip.Rule), "the skip's page is cut")
		s.press("esc", "i")
		s.want(s.reads(longWarning.Message) && s.reads(longWarning.Hint), "the lines at the top are not there in full")
		s.press("esc", "?", "G")
		s.want(s.reads("in the image, but hidden: a later layer replaces or removes it"), "the words of the help are cut")
		if size[0] < 80 {
			continue
		}
		// The banner itself has room.
		s.press("esc", "esc")
		s.want(s.reads(longWarning.Message), "the banner is cut")
		if size[1] >= 40 {
			s.press("3", "]", "+")
			s.want(s.reads(longWarning.Message+"  libc-mismatch hint: "+longWarning.Hint+longWarning.Paths[0]), "the list is cut")
			s.press("[")
			s.want(s.reads(skip.Rule), "the reason is cut")
		}
	}
}

// TestTheCursorIsOnAllOfAWrappedRow: a row that takes several lines comes into sight whole, and a click on any of them
// selects it.
func TestTheCursorIsOnAllOfAWrappedRow(t *testing.T) {
	s := newScreen(t, 80, 24)
	s.play(until(t, recording(t, "python-app"), 1, kind("ledger", 2)))
	for _, message := range []string{"first", "second"} {
		w := longWarning
		w.Message = message + ": " + w.Message
		s.play([]event.Event{{Time: s.now, Build: 2, Body: w}})
	}
	s.press("3", "]", "]", "+", "G")
	s.shows("first: 2 files", "gnu.so")
	at := s.list("Changes").Cursor
	if s.list("Changes").Cursor = 0; s.list("Changes").Rows()[at-1].Ref != nil {
		t.Fatal("the first row has no tail")
	}
	in := s.panel("Changes").Inside
	s.press("g")
	s.send(clickAt(in.X, in.Y+at+1))
	s.want(s.list("Changes").Cursor == at, "the tail is not the second row's")
	s.send(clickAt(in.X, in.Y+at-1))
	s.want(s.list("Changes").Cursor == 0, "the tail is not the first row's")
}

// TestWhatTheAppWritesDoesNotHideTheSummary: changes that lead to no build are told in passing, the first time, and
// stay in their panel.
func TestWhatTheAppWritesDoesNotHideTheSummary(t *testing.T) {
	s := newScreen(t, 120, 40)
	s.play(until(t, recording(t, "python-app"), 1, kind("ledger", 2)))
	const summary = "build #2 · python_app/web.py changed → 5 ran, 6 hits"
	said := 0
	for i := range 200 {
		e := event.Event{Time: s.now.Add(time.Second), Body: event.Skipped{Paths: []string{"data/app.db"}, Reason: event.Ignored, Rule: "data"}}
		s.play([]event.Event{e})
		s.shows(summary)
		if strings.Contains(s.text(), "app.db: nothing to build, ignored by data") {
			said++
		} else if i == 0 {
			t.Errorf("the first is not told\n%s", s.text())
		}
	}
	if said > 5 {
		t.Errorf("it is told for %d of 200 seconds", said)
	}
	s.shows("app.db ×200", "nothing to build", "1 skipped")
	s.play([]event.Event{{Time: s.now.Add(time.Second), Body: event.Skipped{Paths: []string{"README.md"}, Reason: event.Unused}}})
	s.shows(summary, "README.md: nothing to build, no step")
	s.play([]event.Event{{Time: s.now.Add(time.Second), Body: event.Skipped{Paths: []string{"data/app.db"}, Reason: event.Ignored, Rule: "data"}}})
	s.shows("│ README.md ")

	// An answer to a key stands.
	s.press("M")
	s.play([]event.Event{{Time: s.now.Add(time.Second), Body: event.Skipped{Paths: []string{"NOTES.md"}, Reason: event.Unused}}})
	s.shows("mouse off")
}

// TestALogLineIsReadWhole: what does not fit the panel is a key away, as it came and, of JSON, field by field.
func TestALogLineIsReadWhole(t *testing.T) {
	s := newScreen(t, 80, 24)
	long := strings.Repeat("word ", 40) + "the end"
	for _, text := range []string{"one", long, `{"level":"info","msg":"hello","id":7}`, "last"} {
		s.play([]event.Event{{Time: s.now, Build: 3, Body: event.Log{Text: text, Stream: "stderr"}}})
	}
	s.press("4")
	s.want(!strings.Contains(s.text(), "the end"), "there is nothing to open")
	s.press("enter")
	s.shows("Log line", "last", "build #3, on stderr")
	s.press("esc").shows("paused")
	s.press("k", "k", "enter").shows("the end")
	s.press("esc", "j", "enter").shows(`{"level":"info","msg":"hello","id":7}`, `    "msg": "hello",`)
	s.press("esc", "j", "j").shows("following")

	// A click puts the cursor on a line, a second one opens it. A line that a filter leaves out has no cursor.
	in := s.panel("Logs").Inside
	click := clickAt(in.X, in.Y+1)
	s.send(click)
	s.want(s.log.Current().Seq == 1 && !s.log.Follows(), "the cursor is not where the click was")
	s.send(click)
	s.shows("the end")
	s.press("esc", "&", "l", "a", "s", "t", "enter", "k", "enter").shows("last")
}

// TestKeysThatDoNothingAreNotOffered: the bottom line is what can be done now.
func TestKeysThatDoNothingAreNotOffered(t *testing.T) {
	offered := func(s *screen) string { return s.keyLine(1000).Text() }
	without := func(s *screen, keys ...string) {
		t.Helper()
		for _, k := range keys {
			s.want(!strings.Contains(offered(s), k), k+" is offered")
		}
	}
	with := func(s *screen, keys ...string) {
		t.Helper()
		for _, k := range keys {
			s.want(strings.Contains(offered(s), k), k+" is not offered")
		}
	}
	s := newScreen(t, 120, 40)
	without(s.press("4"), "restart", "browser", "shell", "search", "filter", "follow", "wrap", "timestamps", "copy", "save log", "enter open")
	s, _ = liveScreen(t)
	with(s.press("4"), "restart", "browser", "shell", "search", "filter", "follow", "wrap", "timestamps", "copy", "save log", "enter open", "zoom in")
	s.press("/").press(strings.Split("nowhere", "")...).press("enter")
	without(s, "match")
	s.press("/").press(strings.Split("healthz", "")...).press("enter")
	with(s, "next match", "previous match")
	s.press("esc", "?")
	without(s, "tab panel", "zoom in")
	s.press("esc")
	s.send(tea.WindowSizeMsg{Width: 60, Height: 20})
	without(s, "zoom in")
	s, _ = liveScreen(t)
	s.press("4", "+")
	s.send(tea.WindowSizeMsg{Width: 60, Height: 20})
	without(s, "zoom", "back")
}

// TestTheOpenTabIsNamed: where the names of all tabs don't fit, that of the one that is open does.
func TestTheOpenTabIsNamed(t *testing.T) {
	s := newScreen(t, 80, 24)
	s.play([]event.Event{{Time: s.now, Body: longWarning}}).press("3", "]", "]")
	s.shows("3 Warnings · 3 of 3 ")
	s.send(tea.WindowSizeMsg{Width: 120, Height: 40})
	s.shows("3 Changes · Skipped · Warnings ")
}
