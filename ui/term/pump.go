package term

import (
	"time"

	tea "github.com/charmbracelet/bubbletea"

	"github.com/stagewatch/stagewatch/engine/event"
)

const (
	// companions is how long a lone event waits for others that belong with it.
	companions = 3 * time.Millisecond
	// BatchLogs is the most log lines of one batch. Nobody reads what an app writes beyond that in one frame's time: the
	// oldest are dropped and counted.
	BatchLogs = 2000
)

// Batch is the message that carries the events since the last one.
type Batch struct {
	At     time.Time
	Events []event.Event
	// Dropped is how many log lines were left out.
	Dropped int
	// Closed reports whether no further events will come.
	Closed bool
}

// Pump waits for events and returns them as one [Batch], so that a flood costs one frame at a time and keys pass between
// two batches. last is when the previous batch was delivered.
func Pump(events <-chan event.Event, clock func() time.Time, last time.Time) tea.Cmd {
	return func() tea.Msg {
		e, ok := <-events
		if !ok {
			return Batch{At: clock(), Closed: true}
		}
		batch := Batch{Events: []event.Event{e}}
		until := time.NewTimer(max(companions, FramePace-time.Since(last)))
		defer until.Stop()
		logs := 0
		for {
			select {
			case e, ok := <-events:
				if !ok {
					batch.Closed = true
					batch.At = clock()
					return batch
				}
				batch.Events = append(batch.Events, e)
				if _, isLog := e.Body.(event.Log); isLog {
					if logs++; logs >= 2*BatchLogs {
						batch.thin()
						logs = BatchLogs
					}
				}
			case <-until.C:
				batch.thin()
				batch.At = clock()
				return batch
			}
		}
	}
}

// thin drops the oldest log lines beyond BatchLogs and nothing else.
func (b *Batch) thin() {
	logs := 0
	for _, e := range b.Events {
		if _, ok := e.Body.(event.Log); ok {
			logs++
		}
	}
	excess := logs - BatchLogs
	if excess <= 0 {
		return
	}
	b.Dropped += excess
	kept := b.Events[:0]
	for _, e := range b.Events {
		if _, ok := e.Body.(event.Log); ok && excess > 0 {
			excess--
			continue
		}
		kept = append(kept, e)
	}
	b.Events = kept
}
