package ui

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	tea "github.com/charmbracelet/bubbletea"

	"github.com/stagewatch/stagewatch/engine/event"
)

func logLine(i int) event.Event {
	return event.Event{Body: event.Log{Text: fmt.Sprint(i)}}
}

// TestEventsComeInBatches: what happens within one frame's time is one message.
func TestEventsComeInBatches(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		events := make(chan event.Event)
		start := time.Now()
		go func() {
			for i := range 100 {
				events <- logLine(i)
				time.Sleep(time.Millisecond)
			}
			close(events)
		}()
		last, batches, n := time.Time{}, 0, 0
		for {
			b := pump(events, time.Now, last)().(batchMsg)
			last = b.at
			batches++
			n += len(b.events)
			if b.closed {
				break
			}
		}
		// 100 ms at 30 frames a second, the first and the last cut short.
		if n != 100 || batches > 6 {
			t.Errorf("%d events in %d batches within %s", n, batches, time.Since(start))
		}
	})
}

// TestALoneEventIsShownAtOnce: after a quiet time nobody waits for a frame's pace.
func TestALoneEventIsShownAtOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		events := make(chan event.Event, 1)
		events <- logLine(1)
		start := time.Now()
		pump(events, time.Now, start.Add(-time.Minute))()
		if waited := time.Since(start); waited > companions {
			t.Errorf("waited %s", waited)
		}
	})
}

// TestAFloodIsThinnedAndCounted: old log lines give way, everything else gets through.
func TestAFloodIsThinnedAndCounted(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		events := make(chan event.Event)
		const flood = 50_000
		go func() {
			for i := range flood {
				events <- logLine(i)
				if i%10_000 == 0 {
					events <- event.Event{Build: 1, Body: event.Changed{Paths: []string{"x"}}}
				}
			}
		}()
		b := pump(events, time.Now, time.Now())().(batchMsg)
		logs, others := 0, 0
		newest := ""
		for _, e := range b.events {
			if l, ok := e.Body.(event.Log); ok {
				logs, newest = logs+1, l.Text
			} else {
				others++
			}
		}
		if logs != batchLogs || logs+b.dropped != flood || others != 5 || newest != fmt.Sprint(flood-1) {
			t.Errorf("%d lines kept, %d dropped, newest %s, %d others", logs, b.dropped, newest, others)
		}
	})
}

func TestDroppedLinesAreSaidInTheLogs(t *testing.T) {
	s := newScreen(t, 100, 30)
	s.send(batchMsg{at: s.now, events: []event.Event{logLine(1)}, dropped: 1234})
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
			case <-time.After(10 * time.Second):
				t.Fatal("it goes on")
			}
		})
	}
}

// TestKeysThatComeTogether: typed fast or over a slow link, several keys are one message.
func TestKeysThatComeTogether(t *testing.T) {
	s, _ := liveScreen(t)
	s.send(tea.KeyMsg{Type: tea.KeyRunes, Runes: []rune("4tW/heal")})
	s.want(s.logs.times && s.logs.wrap && s.search == "heal", "keys were lost")
	s.press("esc", "esc")
	s.send(tea.KeyMsg{Type: tea.KeyRunes, Runes: []rune("qq"), Paste: true})
	s.want(!has[tea.QuitMsg](s.run()), "a paste is no command")
}
