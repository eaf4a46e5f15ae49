// Package replay plays a recorded session. A [Tape] holds its events and a playhead, which runs at the pace of the
// recording or another one, and can pause, step and jump.
//
// The package has no clock, and does no IO except reading the recording: the caller says how much time has passed.
package replay

import (
	"sort"
	"time"

	"github.com/stagewatch/stagewatch/engine/event"
)

// maxGap is the longest time that a replay lets pass between two events.
const maxGap = 3 * time.Second

// Tape is a recording with a playhead.
type Tape struct {
	events []event.Event
	// at is the time from the start at which each event is due, with long gaps cut.
	at    []time.Duration
	marks []Mark
	// next is the index of the next event to play.
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

// Advance moves the playhead by elapsed time and returns the events that became due.
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

// Pause stops the tape, or lets it run on if it is stopped.
func (t *Tape) Pause() { t.paused = !t.paused }

// SetSpeed sets the pace, between 1/8 and 64.
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

// Played returns the events before the playhead.
func (t *Tape) Played() []event.Event { return t.events[:t.next] }

// BuildBoundary returns the index just after the beginning of the next build, or of the previous one if back is set. If
// there is none, it returns the end or the start of the tape.
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

// Clock returns the time of the recording at the playhead.
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

// Over reports whether everything was played.
func (t *Tape) Over() bool { return t.next >= len(t.events) }

// Paused reports whether the tape was paused.
func (t *Tape) Paused() bool { return t.paused }

// Position returns the index of the playhead, the number of events, and the pace.
func (t *Tape) Position() (next, total int, speed float64) { return t.next, len(t.events), t.speed }

// Elapsed returns the time from the start of the tape to the playhead, and the length of the tape at its own pace.
func (t *Tape) Elapsed() (now, total time.Duration) {
	total = t.at[len(t.at)-1]
	if t.Over() {
		return total, total
	}
	return min(t.now, total), total
}

// IndexAt returns the index just after the last event that is due at that time from the start.
func (t *Tape) IndexAt(by time.Duration) int {
	return sort.Search(len(t.at), func(i int) bool { return t.at[i] > by })
}

// Mark is the beginning of a build on the tape.
type Mark struct {
	At     time.Duration
	Build  int
	Failed bool
}

// Marks returns the builds of the tape, in order.
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
