package desk

import (
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stagewatch/stagewatch/engine/event"
)

// TestASlowFaceLosesLinesAndNothingElse: what waits for it is bounded, in lines and in bytes; what is dropped is
// counted where it would have stood, and every other event comes.
func TestASlowFaceLosesLinesAndNothingElse(t *testing.T) {
	const more = 7
	for name, c := range map[string]struct {
		line string
		fit  int
	}{
		"many lines": {"x", maxQueuedLogs},
		"long lines": {strings.Repeat("x", 64<<10), maxQueuedText / (64 << 10)},
	} {
		t.Run(name, func(t *testing.T) {
			o := NewOutbox()
			v := o.Voice("", func(b event.Body) event.Body { return b })
			put := func(body event.Body) { v.Emit(0, body) }
			for range c.fit + more {
				put(event.Log{Text: c.line})
			}
			put(event.Built{Image: "after"})
			o.Close()
			events := make(chan event.Event)
			go o.Run(t.Context(), events)
			logs := 0
			var others []event.Body
			for e := range events {
				if _, isLine := event.Line(e.Body); isLine {
					logs++
				} else {
					others = append(others, e.Body)
				}
			}
			if logs != c.fit || len(others) != 2 {
				t.Fatalf("%d lines came, want %d, and %v", logs, c.fit, others)
			}
			if w, ok := others[0].(event.Warning); !ok || w.Code != event.CodeLogDropped || !strings.HasPrefix(w.Message, "7 log lines ") {
				t.Errorf("instead of the rest came %+v", others[0])
			}
			if b, ok := others[1].(event.Built); !ok || b.Image != "after" {
				t.Errorf("then came %+v", others[1])
			}
		})
	}
}

// TestTimesGoForward: of two events at once, whichever is queued first is the earlier one.
func TestTimesGoForward(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		o := NewOutbox()
		quick := o.Voice("", func(b event.Body) event.Body { return b })
		slow := o.Voice("", func(b event.Body) event.Body {
			time.Sleep(time.Millisecond)
			quick.Emit(0, event.Built{})
			return b
		})
		slow.Emit(0, event.Serving{})
		o.Close()
		events := make(chan event.Event, 2)
		o.Run(t.Context(), events)
		if first, second := <-events, <-events; second.Time.Before(first.Time) {
			t.Errorf("%s at %s comes behind %s at %s", second.Body.Kind(), second.Time, first.Body.Kind(), first.Time)
		}
	})
}
