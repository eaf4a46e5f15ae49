package ui

import (
	"time"

	tea "github.com/charmbracelet/bubbletea"

	"github.com/stagewatch/stagewatch/engine/event"
)

const (
	// framePace is the least time between two batches: a frame is painted after each.
	framePace = time.Second / fps
	// companions is how long a lone event waits for those that come with it.
	companions = 3 * time.Millisecond
	// batchLogs bounds the log lines of one batch. What an app writes beyond that many in one frame's
	// time nobody reads; the oldest give way, and are counted.
	batchLogs = 2000
)

// batchMsg is what happened since the last one.
type batchMsg struct {
	at      time.Time
	events  []event.Event
	dropped int
	closed  bool
}

// pump waits for events and returns them as one message, so that a flood costs one frame at a time and
// keys pass between two of them. last is when the batch before was delivered.
func pump(events <-chan event.Event, clock func() time.Time, last time.Time) tea.Cmd {
	return func() tea.Msg {
		e, ok := <-events
		if !ok {
			return batchMsg{at: clock(), closed: true}
		}
		batch := batchMsg{events: []event.Event{e}}
		until := time.NewTimer(max(companions, framePace-time.Since(last)))
		defer until.Stop()
		logs := 0
		for {
			select {
			case e, ok := <-events:
				if !ok {
					batch.closed = true
					batch.at = clock()
					return batch
				}
				batch.events = append(batch.events, e)
				if _, isLog := e.Body.(event.Log); isLog {
					if logs++; logs >= 2*batchLogs {
						batch.thin()
						logs = batchLogs
					}
				}
			case <-until.C:
				batch.thin()
				batch.at = clock()
				return batch
			}
		}
	}
}

// thin drops the oldest log lines beyond batchLogs, and nothing else.
func (b *batchMsg) thin() {
	logs := 0
	for _, e := range b.events {
		if _, ok := e.Body.(event.Log); ok {
			logs++
		}
	}
	excess := logs - batchLogs
	if excess <= 0 {
		return
	}
	b.dropped += excess
	kept := b.events[:0]
	for _, e := range b.events {
		if _, ok := e.Body.(event.Log); ok && excess > 0 {
			excess--
			continue
		}
		kept = append(kept, e)
	}
	b.events = kept
}
