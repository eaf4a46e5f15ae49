// Package replay plays a recorded session: a tape of events with a playhead that runs at the pace of
// the recording, faster or slower, stops, steps and jumps.
//
// It has no clock and does no IO beyond reading the recording: who plays the tape says how much time went by.
package replay

import (
	"sort"
	"time"

	"github.com/stagewatch/stagewatch/engine/event"
)

// maxGap is how long a replay waits at most where nothing happened in the recording.
const maxGap = 3 * time.Second

// Tape is a recording with a playhead.
type Tape struct {
	events []event.Event
	// at is when each event is due, from the start, with long gaps cut.
	at    []time.Duration
	marks []Mark
	// next is the event to be played.
	next   int
	now    time.Duration
	speed  float64
	paused bool
}

// New returns a tape that plays events at speed times their own pace.
func New(events []event.Event, speed float64) *Tape {
	t := &Tape{events: events, speed: 1}
	if speed > 0 {
		t.speed = speed
	}
	var at time.Duration
	for i, e := range events {
		if i > 0 {
			at += min(max(0, e.Time.Sub(events[i-1].Time)), maxGap)
		}
		t.at = append(t.at, at)
	}
	t.marks = marks(events, t.at)
	return t
}

// Advance lets elapsed time go by and returns the events that became due.
func (t *Tape) Advance(elapsed time.Duration) []event.Event {
	if t.paused || t.Over() {
		return nil
	}
	t.now += time.Duration(float64(elapsed) * t.speed)
	from := t.next
	for t.next < len(t.events) && t.at[t.next] <= t.now {
		t.next++
	}
	return t.events[from:t.next]
}

// Pause stops the tape or lets it run on.
func (t *Tape) Pause() { t.paused = !t.paused }

// SetSpeed changes the pace, within reason.
func (t *Tape) SetSpeed(speed float64) { t.speed = min(max(speed, 0.125), 64) }

// Seek puts the playhead before the event numbered i, from 0, and stops there.
func (t *Tape) Seek(i int) {
	t.next = min(max(0, i), len(t.events))
	t.paused = true
	t.now = 0
	if t.next > 0 {
		t.now = t.at[t.next-1]
	}
}

// Played are the events before the playhead.
func (t *Tape) Played() []event.Event { return t.events[:t.next] }

// BuildBoundary is the place just after the beginning of the next build, or of the one before where back
// is set; the end or the start of the tape where there is none.
func (t *Tape) BuildBoundary(back bool) int {
	if back {
		for i := t.next - 2; i >= 0; i-- {
			if _, ok := t.events[i].Body.(event.Planned); ok {
				return i + 1
			}
		}
		return 0
	}
	for i := t.next; i < len(t.events); i++ {
		if _, ok := t.events[i].Body.(event.Planned); ok {
			return i + 1
		}
	}
	return len(t.events)
}

// Clock is the recording's own time at the playhead.
func (t *Tape) Clock() time.Time {
	if t.next == 0 {
		return t.events[0].Time
	}
	last := t.events[t.next-1].Time
	if t.Over() {
		return last
	}
	return last.Add(max(0, t.now-t.at[t.next-1]))
}

// Over tells whether everything was played.
func (t *Tape) Over() bool { return t.next >= len(t.events) }

// Paused tells whether the tape stands still because someone said so.
func (t *Tape) Paused() bool { return t.paused }

// Position is the playhead, the number of events, and the pace.
func (t *Tape) Position() (next, total int, speed float64) { return t.next, len(t.events), t.speed }

// Elapsed is how far the playhead is from the tape's start, and how long the tape is at its own pace.
func (t *Tape) Elapsed() (now, total time.Duration) {
	total = t.at[len(t.at)-1]
	if t.Over() {
		return total, total
	}
	return min(t.now, total), total
}

// IndexAt is the place just after the last event that is due by then.
func (t *Tape) IndexAt(by time.Duration) int {
	return sort.Search(len(t.at), func(i int) bool { return t.at[i] > by })
}

// Mark is where a build begins on the tape.
type Mark struct {
	At     time.Duration
	Build  int
	Failed bool
}

// Marks are the builds of the tape, in their order.
func (t *Tape) Marks() []Mark { return t.marks }

func marks(events []event.Event, at []time.Duration) []Mark {
	var out []Mark
	for i, e := range events {
		switch e.Body.(type) {
		case event.Planned:
			out = append(out, Mark{At: at[i], Build: e.Build})
		case event.Failed:
			if n := len(out) - 1; n >= 0 && out[n].Build == e.Build {
				out[n].Failed = true
				continue
			}
			out = append(out, Mark{At: at[i], Build: e.Build, Failed: true})
		}
	}
	return out
}
