package term

import (
	"fmt"
	"testing"
	"testing/synctest"
	"time"

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
			b := Pump(events, time.Now, last)().(Batch)
			last = b.At
			batches++
			n += len(b.Events)
			if b.Closed {
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
		Pump(events, time.Now, start.Add(-time.Minute))()
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
		b := Pump(events, time.Now, time.Now())().(Batch)
		logs, others := 0, 0
		newest := ""
		for _, e := range b.Events {
			if l, ok := e.Body.(event.Log); ok {
				logs, newest = logs+1, l.Text
			} else {
				others++
			}
		}
		if logs != BatchLogs || logs+b.Dropped != flood || others != 5 || newest != fmt.Sprint(flood-1) {
			t.Errorf("%d lines kept, %d dropped, newest %s, %d others", logs, b.Dropped, newest, others)
		}
	})
}
