package ui

import (
	"errors"
	"fmt"
	"os/exec"
	"reflect"
	"runtime"
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
	place   string
	saved   []string
	copied  string
}

func (o *outside) hooks(opt *Options) {
	opt.Send = func(i event.Intent) { o.intents = append(o.intents, i) }
	opt.Open = func(url string) error { o.opened = url; return nil }
	opt.Shell = func(c string) *exec.Cmd { o.shell = c; return exec.Command("true") }
	opt.ShellAt = func(stage string, step int) *exec.Cmd {
		o.place = fmt.Sprintf("%s:%d", stage, step)
		return exec.Command("true")
	}
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
		if cmd == nil || waits(cmd) {
			continue
		}
		msg := cmd()
		if batch, ok := msg.(tea.BatchMsg); ok {
			cmds = append(cmds, batch...)
			continue
		}
		out = append(out, msg)
		if note, ok := msg.(noteMsg); ok {
			s.Update(note)
		}
	}
	return out
}

// waits reports whether a command waits for a time or for what happens: that is nothing that a key did.
func waits(cmd tea.Cmd) bool {
	name := runtime.FuncForPC(reflect.ValueOf(cmd).Pointer()).Name()
	return strings.Contains(name, ".Tick.func") || strings.Contains(name, ".Pump.func")
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
	for _, p := range s.board.Panels {
		s.goTo(p)
		seen := map[string]string{}
		for _, c := range s.commands() {
			if c.when != nil && !c.when(s.Model) {
				continue
			}
			for _, k := range c.Keys() {
				if seen[k] != "" {
					t.Errorf("in %s %q is %q and %q", p.Tabs[0].Name, k, seen[k], c.Help().Desc)
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
	s.opt.Open, s.opt.Shell, s.opt.ShellAt, s.opt.SaveLog, s.opt.Send = nil, nil, nil, nil, nil
	for k, want := range map[string]string{"o": "no browser can be opened", "E": "needs the docker command", "D": "no shell can be opened from here", "ctrl+s": "cannot be saved", "b": "no engine to ask"} {
		s.press(k)
		s.shows(want)
	}
}

// TestAnswerLastsAfterIdleTime presses a key long after the last event: the answer stands until its time is over, counted
// from the key on.
func TestAnswerLastsAfterIdleTime(t *testing.T) {
	events := until(t, recording(t, "python-app"), 1, kind("ledger", 2))
	now := events[len(events)-1].Time
	s := newScreen(t, 120, 40, (&outside{}).hooks, func(opt *Options) { opt.Clock = func() time.Time { return now } })
	s.play(events)
	now = now.Add(time.Hour)
	for _, msg := range s.press("ctrl+s").run() {
		s.send(msg)
	}
	now = now.Add(toastTime / 2)
	s.send(tickMsg(now))
	s.shows("to app.log")
	now = now.Add(toastTime)
	s.send(tickMsg(now))
	if strings.Contains(s.text(), "to app.log") {
		t.Error("the answer stays for ever")
	}
}
