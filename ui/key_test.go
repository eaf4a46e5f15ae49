package ui

import (
	"errors"
	"os/exec"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/charmbracelet/bubbles/key"
	tea "github.com/charmbracelet/bubbletea"

	"github.com/stagewatch/stagewatch/engine/event"
	"github.com/stagewatch/stagewatch/ui/replay"
)

// outside records what reached the world through the hooks.
type outside struct {
	intents []event.Intent
	opened  string
	shell   string
	saved   []string
	copied  string
}

func (o *outside) hooks(opt *Options) {
	opt.Send = func(i event.Intent) { o.intents = append(o.intents, i) }
	opt.Open = func(url string) error { o.opened = url; return nil }
	opt.Shell = func(c string) *exec.Cmd { o.shell = c; return exec.Command("true") }
	opt.SaveLog = func(_ string, lines []string) (string, error) { o.saved = lines; return "app.log", nil }
	opt.Copy = func(s string) error { o.copied = s; return nil }
}

// run carries out the commands that keys gave back, as the program would, and returns their messages.
func (s *screen) run() []tea.Msg {
	var out []tea.Msg
	cmds := s.cmds
	s.cmds = nil
	for len(cmds) > 0 {
		cmd := cmds[0]
		cmds = cmds[1:]
		if cmd == nil {
			continue
		}
		done := make(chan tea.Msg, 1)
		go func() { done <- cmd() }()
		var msg tea.Msg
		select {
		case msg = <-done:
		case <-time.After(time.Second):
			continue // a tick: nothing that a key did
		}
		if batch, ok := msg.(tea.BatchMsg); ok {
			cmds = append(cmds, batch...)
			continue
		}
		if _, ok := msg.(tickMsg); ok {
			continue
		}
		out = append(out, msg)
		if note, ok := msg.(noteMsg); ok {
			s.Update(note)
		}
	}
	return out
}

func has[T any](msgs []tea.Msg) bool {
	return slices.ContainsFunc(msgs, func(m tea.Msg) bool { _, ok := m.(T); return ok })
}

func (s *screen) want(ok bool, what string) {
	s.t.Helper()
	if !ok {
		s.t.Errorf("%s\n%s", what, s.text())
	}
}

func (s *screen) shows(parts ...string) {
	s.t.Helper()
	for _, p := range parts {
		s.want(strings.Contains(s.text(), p), "not on the screen: "+p)
	}
}

// liveScreen is the sample after a source edit, with hooks.
func liveScreen(t *testing.T) (*screen, *outside) {
	o := &outside{}
	s := newScreen(t, 120, 40, o.hooks)
	s.play(until(t, recording(t, "python-app"), 1, kind("ledger", 2)))
	s.cmds = nil
	return s, o
}

// keyTests drives every key of the keymap and says what it must have done. TestEveryKeyIsTested keeps it whole.
var keyTests = map[string]func(t *testing.T, s *screen, o *outside, k string){
	"Up": func(_ *testing.T, s *screen, _ *outside, k string) {
		s.press("1", "G")
		at := s.panes[stages].cursor
		s.want(s.press(k).panes[stages].cursor < at, "the cursor did not go up")
	},
	"Down": func(_ *testing.T, s *screen, _ *outside, k string) {
		s.press("1", "g")
		at := s.panes[stages].cursor
		s.want(s.press(k).panes[stages].cursor > at, "the cursor did not go down")
	},
	"PageUp": func(_ *testing.T, s *screen, _ *outside, k string) {
		s.send(tea.WindowSizeMsg{Width: 80, Height: 24})
		s.press("?", "G")
		at := s.panes[page].offset
		s.want(s.press(k).panes[page].offset < at, "the page did not go up")
	},
	"PageDown": func(_ *testing.T, s *screen, _ *outside, k string) {
		s.send(tea.WindowSizeMsg{Width: 80, Height: 24})
		s.press("?")
		s.want(s.press(k).panes[page].offset > 1, "the page did not go down")
	},
	"Top": func(_ *testing.T, s *screen, _ *outside, k string) {
		s.press("1", "j", "j", k)
		s.want(s.panes[stages].cursor == 0, "the cursor is not at the top")
	},
	"Bottom": func(_ *testing.T, s *screen, _ *outside, k string) {
		s.press("1", "g", k)
		s.want(s.panes[stages].cursor == len(s.rows(stages, 60))-1, "the cursor is not at the bottom")
	},
	"Next": func(_ *testing.T, s *screen, _ *outside, k string) { s.want(s.press("1", k).focus == sizes, "focus") },
	"Prev": func(_ *testing.T, s *screen, _ *outside, k string) { s.want(s.press("2", k).focus == stages, "focus") },
	"NextTab": func(_ *testing.T, s *screen, _ *outside, k string) {
		s.press("2", k)
		s.shows("7 layers")
	},
	"PrevTab": func(_ *testing.T, s *screen, _ *outside, k string) {
		s.press("2", k)
		s.shows("carried into the final stage")
	},
	"Stages":  func(_ *testing.T, s *screen, _ *outside, k string) { s.want(s.press("5", k).focus == stages, "focus") },
	"Sizes":   func(_ *testing.T, s *screen, _ *outside, k string) { s.want(s.press(k).focus == sizes, "focus") },
	"Changes": func(_ *testing.T, s *screen, _ *outside, k string) { s.want(s.press(k).focus == changes, "focus") },
	"Logs":    func(_ *testing.T, s *screen, _ *outside, k string) { s.want(s.press(k).focus == logs, "focus") },
	"Builds":  func(_ *testing.T, s *screen, _ *outside, k string) { s.want(s.press(k).focus == builds, "focus") },
	"Open": func(_ *testing.T, s *screen, _ *outside, k string) {
		s.press("1", "G", k)
		s.shows("Step stage-1 5 of build 2", "What became of it in 2 builds")
	},
	"Zoom": func(_ *testing.T, s *screen, _ *outside, k string) {
		s.press("4", k)
		s.want(s.layout().rects[stages].Empty(), "the others are still there")
	},
	"Unzoom": func(_ *testing.T, s *screen, _ *outside, k string) {
		s.press("4", "+", k)
		s.want(!s.layout().rects[stages].Empty(), "the others are not back")
	},
	"Fold": func(_ *testing.T, s *screen, _ *outside, k string) {
		s.press("1", "g", k)
		s.want(!strings.Contains(s.text(), "pip install -r"), "the stage is not folded")
		s.press(k)
		s.shows("pip install -r")
	},
	"Back": func(_ *testing.T, s *screen, _ *outside, k string) {
		s.press("?", k)
		s.want(len(s.pages) == 0, "the page is still open")
		for range 5 {
			s.press(k)
		}
		s.want(!has[tea.QuitMsg](s.run()), "it quits")
	},
	"Search": func(_ *testing.T, s *screen, _ *outside, k string) {
		s.press("4", k, "h", "e", "a", "l", "enter")
		s.want(s.search == "heal" && !s.logs.follow, "nothing found")
	},
	"SearchNext": func(_ *testing.T, s *screen, _ *outside, k string) {
		s.press("1", "g", "/", "C", "O", "P", "Y", "enter")
		at := s.panes[stages].cursor
		s.want(s.press(k).panes[stages].cursor > at, "no next match")
	},
	"SearchPrev": func(_ *testing.T, s *screen, _ *outside, k string) {
		s.press("1", "g", "/", "C", "O", "P", "Y", "enter", "n", "n")
		at := s.panes[stages].cursor
		s.want(s.press(k).panes[stages].cursor < at, "no previous match")
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
	"Follow": func(_ *testing.T, s *screen, _ *outside, k string) {
		s.want(!s.press("4", k).logs.follow, "still following")
		s.want(s.press(k).logs.follow, "not following again")
	},
	"Wrap":       func(_ *testing.T, s *screen, _ *outside, k string) { s.want(s.press("4", k).logs.wrap, "no wrap") },
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
		s.want(len(s.pages) == 0, "help did not close")
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
		s.shows("build 2")
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

func (s *screen) sent(o *outside, want event.Intent) {
	s.t.Helper()
	if len(o.intents) != 1 || o.intents[0] != want {
		s.t.Errorf("sent %#v, want %#v", o.intents, want)
	}
}

// TestEveryKey presses every key of every binding.
func TestEveryKey(t *testing.T) {
	keys := reflect.ValueOf(DefaultKeyMap())
	for i := range keys.NumField() {
		name := keys.Type().Field(i).Name
		b := keys.Field(i).Interface().(key.Binding)
		test := keyTests[name]
		if test == nil {
			t.Errorf("%s is not tested", name)
			continue
		}
		if b.Help().Key == "" || b.Help().Desc == "" {
			t.Errorf("%s has no help", name)
		}
		for _, k := range b.Keys() {
			t.Run(name+" "+k, func(t *testing.T) {
				t.Parallel()
				s, o := liveScreen(t)
				if slices.Contains([]string{"Pause", "StepOn", "StepBack", "SeekOn", "SeekBack", "Faster", "Slower"}, name) {
					s = newScreen(t, 120, 40, func(opt *Options) { opt.Tape = replay.New(recording(t, "python-app"), 1) })
				}
				test(t, s, o, k)
			})
		}
	}
}

// TestKeysAreUnambiguous: no key means two things in the same place.
func TestKeysAreUnambiguous(t *testing.T) {
	s, _ := liveScreen(t)
	for p := range page {
		s.goTo(p)
		seen := map[string]string{}
		for _, c := range s.commands() {
			if c.when != nil && !c.when(s.Model) {
				continue
			}
			for _, k := range c.Keys() {
				if seen[k] != "" {
					t.Errorf("in %s %q is %q and %q", panelName(p), k, seen[k], c.Help().Desc)
				}
				seen[k] = c.Help().Desc
			}
		}
	}
}

// TestHooksThatFailSaySo shows what went wrong, without control characters.
func TestHooksThatFailSaySo(t *testing.T) {
	s, _ := liveScreen(t)
	s.opt.Open = func(string) error { return errors.New("no \x1b[31mbrowser") }
	s.press("o").run()
	s.shows("opening http://127.0.0.1:8080: no browser")
	s.opt.Open, s.opt.Shell, s.opt.SaveLog, s.opt.Send = nil, nil, nil, nil
	for k, want := range map[string]string{"o": "no browser here", "E": "no way to open a shell", "ctrl+s": "no place to save", "b": "no engine behind it"} {
		s.press(k)
		s.shows(want)
	}
}
