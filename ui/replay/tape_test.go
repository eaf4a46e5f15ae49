package replay

import (
	"testing"
	"time"

	"github.com/stagewatch/stagewatch/engine/event"
)

func recording() []event.Event {
	at := time.Date(2026, 11, 23, 9, 0, 0, 0, time.UTC)
	var events []event.Event
	for i, gap := range []time.Duration{0, 100 * time.Millisecond, time.Hour, 0, 500 * time.Millisecond} {
		at = at.Add(gap)
		var b event.Body = event.Log{Text: "x"}
		if i == 1 || i == 3 {
			b = event.Planned{}
		}
		events = append(events, event.Event{Time: at, Build: 1, Body: b})
	}
	return events
}

func TestPace(t *testing.T) {
	tape := New(recording(), 2)
	for i, want := range []int{1, 0, 1, 2} {
		elapsed := []time.Duration{0, 40 * time.Millisecond, 10 * time.Millisecond, 1500 * time.Millisecond}[i]
		if got := len(tape.Advance(elapsed)); got != want {
			t.Errorf("after step %d: %d events, want %d", i, got, want)
		}
	}
	tape.Pause()
	if len(tape.Advance(time.Hour)) != 0 {
		t.Error("a paused tape runs")
	}
	tape.Pause()
	if len(tape.Advance(time.Hour)) != 1 || !tape.Over() {
		t.Error("it does not reach its end")
	}
}

func TestSeek(t *testing.T) {
	tape := New(recording(), 1)
	tape.Seek(tape.BuildBoundary(false))
	if next, _, _ := tape.Position(); next != 2 || !tape.Paused() || len(tape.Played()) != 2 {
		t.Errorf("at %d", next)
	}
	tape.Seek(tape.BuildBoundary(false))
	tape.Seek(tape.BuildBoundary(true))
	if next, _, _ := tape.Position(); next != 2 {
		t.Errorf("back at %d", next)
	}
	tape.Seek(99)
	if !tape.Over() || !tape.Clock().Equal(recording()[4].Time) {
		t.Error("not at the end")
	}
	tape.Seek(-1)
	if next, _, _ := tape.Position(); next != 0 {
		t.Errorf("before the start: %d", next)
	}
}

func TestClockStandsNoFurtherThanTheNextEvent(t *testing.T) {
	events := recording()
	tape := New(events, 1)
	tape.Advance(0)
	tape.Advance(60 * time.Millisecond)
	if got := tape.Clock().Sub(events[0].Time); got != 60*time.Millisecond {
		t.Errorf("the recording's clock is at %s", got)
	}
}
