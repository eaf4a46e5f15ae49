package ui

import (
	"reflect"
	"strings"
	"testing"

	tea "github.com/charmbracelet/bubbletea"

	"github.com/stagewatch/stagewatch/engine/event"
)

// keyTests drives every key of the keymap and says what it must have done. TestEveryKey fails where a key is missing.
var keyTests = map[string]func(t *testing.T, s *screen, o *outside, k string){
	"Up": func(_ *testing.T, s *screen, _ *outside, k string) {
		s.press("1", "G")
		at := s.list("Stages").Cursor
		s.want(s.press(k).list("Stages").Cursor < at, "the cursor did not go up")
	},
	"Down": func(_ *testing.T, s *screen, _ *outside, k string) {
		s.press("1", "g")
		at := s.list("Stages").Cursor
		s.want(s.press(k).list("Stages").Cursor > at, "the cursor did not go down")
	},
	"PageUp": func(_ *testing.T, s *screen, _ *outside, k string) {
		s.send(tea.WindowSizeMsg{Width: 80, Height: 24})
		s.press("?", "G")
		at := s.page().Offset
		s.want(s.press(k).page().Offset < at, "the page did not go up")
	},
	"PageDown": func(_ *testing.T, s *screen, _ *outside, k string) {
		s.send(tea.WindowSizeMsg{Width: 80, Height: 24})
		s.press("?")
		s.want(s.press(k).page().Offset > 1, "the page did not go down")
	},
	"Top": func(_ *testing.T, s *screen, _ *outside, k string) {
		s.press("1", "j", "j", k)
		s.want(s.list("Stages").Cursor == 0, "the cursor is not at the top")
	},
	"Bottom": func(_ *testing.T, s *screen, _ *outside, k string) {
		s.press("1", "g", k)
		s.want(s.list("Stages").Cursor == len(s.list("Stages").Rows())-1, "the cursor is not at the bottom")
	},
	"Next": func(_ *testing.T, s *screen, _ *outside, k string) {
		s.want(s.press("1", k).board.Focus == s.panel("Sizes"), "focus")
	},
	"Prev": func(_ *testing.T, s *screen, _ *outside, k string) {
		s.want(s.press("2", k).board.Focus == s.panel("Stages"), "focus")
	},
	"NextTab": func(_ *testing.T, s *screen, _ *outside, k string) {
		s.press("2", k)
		s.shows("7 layers")
	},
	"PrevTab": func(_ *testing.T, s *screen, _ *outside, k string) {
		s.press("2", k)
		s.shows("carried into the final stage")
	},
	"Open": func(_ *testing.T, s *screen, _ *outside, k string) {
		s.press("1", "G", k)
		s.shows("Step stage-1 5/5 of build #2", "Its last 2 builds")
	},
	"Full": func(_ *testing.T, s *screen, _ *outside, k string) {
		s.press(k)
		s.shows("In full", "build #2 · python_app/web.py changed → 5 ran, 6 hits")
		s.want(len(s.press(k).board.Pages) == 0, "it is still open")
	},
	"Zoom": func(_ *testing.T, s *screen, _ *outside, k string) {
		s.press("4", k)
		s.want(s.panel("Stages").Rect.Empty(), "the others are still there")
	},
	"Unzoom": func(_ *testing.T, s *screen, _ *outside, k string) {
		s.press("4", "+", k)
		s.want(!s.panel("Stages").Rect.Empty(), "the others are not back")
	},
	"Fold": func(_ *testing.T, s *screen, _ *outside, k string) {
		s.press("1", "g", k)
		s.want(!strings.Contains(s.text(), "pip install -r"), "the stage is not folded")
		s.press(k)
		s.shows("pip install -r")
	},
	"Back": func(_ *testing.T, s *screen, _ *outside, k string) {
		s.press("?", k)
		s.want(len(s.board.Pages) == 0, "the page is still open")
		for range 5 {
			s.press(k)
		}
		s.want(!has[tea.QuitMsg](s.run()), "it quits")
	},
	"Search": func(_ *testing.T, s *screen, _ *outside, k string) {
		s.press("4", k, "h", "e", "a", "l", "enter")
		s.want(s.look.Search == "heal" && !s.log.Follows(), "nothing found")
	},
	"SearchNext": func(_ *testing.T, s *screen, _ *outside, k string) {
		s.press("1", "g", "/", "C", "O", "P", "Y", "enter")
		at := s.list("Stages").Cursor
		s.want(s.press(k).list("Stages").Cursor > at, "no next match")
	},
	"SearchPrev": func(_ *testing.T, s *screen, _ *outside, k string) {
		s.press("1", "g", "/", "C", "O", "P", "Y", "enter", "n", "n")
		at := s.list("Stages").Cursor
		s.want(s.press(k).list("Stages").Cursor < at, "no previous match")
	},
	"Filter": func(_ *testing.T, s *screen, _ *outside, k string) {
		s.press("4", k, "h", "e", "a", "l", "enter")
		s.shows("only “heal”", "GET /healthz")
		s.want(!strings.Contains(s.text(), "GET / 200"), "the filter lets all pass")
	},
	"Build": func(_ *testing.T, s *screen, o *outside, k string) {
		s.press(k).run()
		s.sent(o, event.Rebuild{})
	},
	"BuildFresh": func(_ *testing.T, s *screen, o *outside, k string) {
		s.press(k).run()
		s.want(len(o.intents) == 0, "it did not ask")
		s.press("y").run()
		s.sent(o, event.Rebuild{NoCache: true})
	},
	"Restart": func(_ *testing.T, s *screen, o *outside, k string) { s.press(k).run(); s.sent(o, event.Restart{}) },
	"Stop": func(_ *testing.T, s *screen, o *outside, k string) {
		s.press(k, "n").run()
		s.want(len(o.intents) == 0, "no is no")
		s.press(k, "y").run()
		s.sent(o, event.Stop{})
	},
	"Shell": func(_ *testing.T, s *screen, o *outside, k string) {
		s.press(k)
		s.want(o.shell == "stagewatch-2", "no shell in the container that serves")
	},
	"ShellAt": func(_ *testing.T, s *screen, o *outside, k string) {
		for _, tt := range []struct {
			keys []string
			want string
		}{
			{[]string{"1", "g"}, "build:0"},
			{[]string{"j"}, "build:2"},
			{[]string{"enter"}, "build:2"},
			{[]string{"esc", "G", "4"}, "stage-1:5"},
		} {
			s.press(append(tt.keys, k)...)
			s.want(o.place == tt.want, "a shell at "+o.place+", want "+tt.want)
		}
	},
	"Browse": func(_ *testing.T, s *screen, o *outside, k string) {
		s.press(k).run()
		s.want(o.opened == "http://127.0.0.1:8080", "not opened")
	},
	"Watch": func(_ *testing.T, s *screen, o *outside, k string) {
		s.press(k).run()
		s.sent(o, event.Watch{On: false})
		s.play([]event.Event{{Time: s.now, Body: event.Watching{On: false}}})
		s.press(k).run()
		s.want(o.intents[1] == event.Intent(event.Watch{On: true}), "not on again")
	},
	"Checks": func(_ *testing.T, s *screen, _ *outside, k string) {
		s.press(k)
		s.want(s.board.Front() == nil, "a page of no checks")
		s.play([]event.Event{{Time: s.now, Build: 2, Body: event.Check{Stage: "test", State: event.CheckPassed, Result: event.CheckPassed, ResultBuild: 2, Output: []event.OutputLine{{Stream: "stdout", Text: "12 passed"}}}}})
		s.press(k)
		s.shows("test PASSED", "12 passed")
	},
	"Follow": func(_ *testing.T, s *screen, _ *outside, k string) {
		s.want(!s.press("4", k).log.Follows(), "still following")
		s.want(s.press(k).log.Follows(), "not following again")
	},
	"Wrap":       func(_ *testing.T, s *screen, _ *outside, k string) { s.want(s.press("4", k).log.Wrap, "no wrap") },
	"Timestamps": func(_ *testing.T, s *screen, _ *outside, k string) { s.press("4", k); s.shows("09:00:2") },
	"Raw": func(_ *testing.T, s *screen, _ *outside, k string) {
		s.play([]event.Event{{Time: s.now, Body: event.Log{Text: `{"level":"info","msg":"hello"}`}}})
		s.shows("INFO hello")
		s.press("4", k)
		s.shows(`{"level":"info","msg":"hello"}`)
	},
	"Copy": func(_ *testing.T, s *screen, o *outside, k string) {
		s.press("4", k).run()
		s.want(strings.Contains(o.copied, "GET /healthz 200 1.4ms\n"), "not copied: "+o.copied)
	},
	"Save": func(_ *testing.T, s *screen, o *outside, k string) {
		s.press(k).run()
		s.want(len(o.saved) > 5, "not saved")
		s.shows("saved 8 lines to app.log")
	},
	"Mouse": func(_ *testing.T, s *screen, _ *outside, k string) {
		msgs := s.press(k).run()
		s.want(len(msgs) > 0 && reflect.TypeOf(msgs[0]) == reflect.TypeOf(tea.DisableMouse()), "the mouse is still ours")
		msgs = s.press(k).run()
		s.want(len(msgs) > 0 && reflect.TypeOf(msgs[0]) == reflect.TypeOf(tea.EnableMouseCellMotion()), "the mouse is not back")
	},
	"Suspend": func(_ *testing.T, s *screen, _ *outside, k string) {
		s.want(has[tea.SuspendMsg](s.press(k).run()), "not suspended")
	},
	"Help": func(_ *testing.T, s *screen, _ *outside, k string) {
		s.press(k)
		s.shows("Words", "build without cache")
		s.press(k)
		s.want(len(s.board.Pages) == 0, "help did not close")
	},
	"Quit": func(_ *testing.T, s *screen, _ *outside, k string) {
		s.want(has[tea.QuitMsg](s.press(k).run()), "it did not quit")
	},
	"Yes": func(_ *testing.T, s *screen, o *outside, k string) { s.press("s", k).run(); s.sent(o, event.Stop{}) },
	"No": func(_ *testing.T, s *screen, o *outside, k string) {
		s.press("s", k).run()
		s.want(len(o.intents) == 0 && s.ask == nil, "no is no")
	},
	"Pause": func(_ *testing.T, s *screen, _ *outside, k string) {
		s.want(s.press(k).opt.Tape.Paused(), "not paused")
	},
	"StepOn": func(_ *testing.T, s *screen, _ *outside, k string) {
		s.press(k, k)
		n, _, _ := s.opt.Tape.Position()
		s.want(n == 2 && s.story.Watching != nil, "two steps are not two events")
	},
	"StepBack": func(_ *testing.T, s *screen, _ *outside, k string) {
		s.press(".", ".", k)
		s.want(s.story.Engine != nil && s.story.Watching == nil, "not one event back")
	},
	"SeekOn": func(_ *testing.T, s *screen, _ *outside, k string) {
		s.press(k, k)
		s.want(s.story.Current().Number == 2, "not at the second build")
		s.shows("build #2")
	},
	"SeekBack": func(_ *testing.T, s *screen, _ *outside, k string) {
		s.press("right", "right", k)
		s.want(s.story.Current().Number == 1, "not back at the first build")
	},
	"Faster": func(_ *testing.T, s *screen, _ *outside, k string) {
		s.press(k)
		s.shows("×2")
	},
	"Slower": func(_ *testing.T, s *screen, _ *outside, k string) {
		s.press(k)
		s.shows("×0.5")
	},
}
