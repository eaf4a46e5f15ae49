package ui

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"strings"
	"sync"
	"testing"
	"time"

	tea "github.com/charmbracelet/bubbletea"

	"github.com/stagewatch/stagewatch/engine/event"
	"github.com/stagewatch/stagewatch/ui/term"
)

func logLine(i int) event.Event {
	return event.Event{Body: event.Log{Text: fmt.Sprint(i)}}
}

func TestDroppedLinesAreSaidInTheLogs(t *testing.T) {
	s := newScreen(t, 100, 30)
	s.send(term.Batch{At: s.now, Events: []event.Event{logLine(1)}, Dropped: 1234})
	s.shows("1234 lines dropped here")
}

// TestNothingTicksWhenNothingMoves: a dashboard at rest asks for no timer.
func TestNothingTicksWhenNothingMoves(t *testing.T) {
	s := newScreen(t, 100, 30)
	if s.keepTicking() != nil {
		t.Error("it ticks before anything happened")
	}
	events := recording(t, "python-app")
	s.play(until(t, events, 1, running(3, "build", 4)))
	if !s.ticking {
		t.Error("it does not tick while a step runs")
	}
	s.play(events)
	s.send(tickMsg(s.now.Add(time.Second)))
	if s.ticking {
		t.Error("it ticks though all is built")
	}
	s.press("M")
	if !s.ticking {
		t.Error("an answer to a key stays for ever")
	}
	s.send(tickMsg(s.now.Add(toastTime)))
	if s.ticking || strings.Contains(s.text(), "mouse off") {
		t.Error("an answer to a key stays too long")
	}
}

func TestARunningStepsTimeRuns(t *testing.T) {
	s := newScreen(t, 100, 30)
	s.play(until(t, recording(t, "python-app"), 1, running(3, "build", 4)))
	s.send(tickMsg(s.now.Add(3 * time.Second)))
	s.shows("3.0s")
}

func TestLogsPauseWhenScrolledUp(t *testing.T) {
	s := newScreen(t, 100, 30)
	for i := range 200 {
		s.play([]event.Event{logLine(i)})
	}
	s.press("4", "k", "k", "k")
	before := s.text()
	for i := range 50 {
		s.play([]event.Event{logLine(1000 + i)})
	}
	s.shows("paused, 50 new lines, f follows", "  192 ")
	if strings.Count(before, "19") != strings.Count(s.text(), "19") {
		t.Errorf("it moved under the reader:\n%s\n%s", before, s.text())
	}
	s.press("G")
	s.shows("1049", "following")
}

func TestLogsOutliveTheRing(t *testing.T) {
	s := newScreen(t, 100, 30, func(o *Options) { o.LogLines = 50 })
	for i := range 40 {
		s.play([]event.Event{logLine(i)})
	}
	s.press("4", "g", "/", "3", "9", "enter", "n")
	for i := range 500 {
		s.play([]event.Event{logLine(1000 + i)})
		s.check()
	}
	s.press("k", "k", "n", "N", "j")
	s.check()
	s.shows("490 older lines dropped")
}

// output is a terminal that several write to at once, as they do to a real one.
type output struct {
	mu sync.Mutex
	bytes.Buffer
}

func (o *output) Write(b []byte) (int, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.Buffer.Write(b)
}

// TestRun drives the real program over a pipe: frames come out, and it ends with its events or its context.
func TestRun(t *testing.T) {
	for name, end := range map[string]func(chan event.Event, context.CancelFunc){
		"the events end":   func(c chan event.Event, _ context.CancelFunc) { close(c) },
		"the context does": func(_ chan event.Event, cancel context.CancelFunc) { cancel() },
	} {
		t.Run(name, func(t *testing.T) {
			ctx, cancel := context.WithCancel(context.Background())
			defer cancel()
			events := make(chan event.Event, 8)
			in, _ := io.Pipe()
			out := &output{}
			done := make(chan error, 1)
			go func() { done <- Run(ctx, Options{Events: events, Input: in, Output: out}) }()
			events <- logLine(1)
			end(events, cancel)
			select {
			case err := <-done:
				if err != nil {
					t.Error(err)
				}
			case <-time.After(time.Minute):
				t.Fatal("it goes on")
			}
		})
	}
}

// TestKeysThatComeTogether: typed fast or over a slow link, several keys are one message.
func TestKeysThatComeTogether(t *testing.T) {
	s, _ := liveScreen(t)
	s.send(tea.KeyMsg{Type: tea.KeyRunes, Runes: []rune("4tW/heal")})
	s.want(s.log.Times && s.log.Wrap && s.look.Search == "heal", "keys were lost")
	s.press("esc", "esc")
	s.send(tea.KeyMsg{Type: tea.KeyRunes, Runes: []rune("qq"), Paste: true})
	s.want(!has[tea.QuitMsg](s.run()), "a paste is no command")
}
