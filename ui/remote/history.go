package remote

import (
	"slices"

	"github.com/stagewatch/stagewatch/engine/event"
)

// The bounds of what is kept: lines of the app and of steps, their bytes, and all other events.
const (
	maxLines  = 20_000
	maxText   = 16 << 20
	maxEvents = 20_000
)

// history is what is kept of a session's events, for clients that come later.
type history struct {
	events []event.Event
	lines  int
	text   int
}

func (h *history) add(e event.Event) {
	if text, isLine := event.Line(e.Body); isLine {
		h.lines++
		h.text += len(text)
	}
	if c, ok := e.Body.(event.Check); ok && len(c.Output) > 0 {
		h.forgetOutput(c.Stage)
	}
	h.events = append(h.events, e)
	if h.lines > maxLines || h.text > maxText {
		h.forgetLines()
	}
	if len(h.events)-h.lines > maxEvents {
		h.forgetEvents()
	}
}

// forgetOutput drops what a check printed before its newest result.
func (h *history) forgetOutput(stage string) {
	for i, e := range slices.Backward(h.events) {
		if c, ok := e.Body.(event.Check); ok && c.Stage == stage && len(c.Output) > 0 {
			c.Output, c.Dropped = nil, 0
			h.events[i].Body = c
			return
		}
	}
}

// forgetLines drops the older half of the lines.
func (h *history) forgetLines() {
	drop, text := h.lines/2, h.text/2
	h.events = slices.DeleteFunc(h.events, func(e event.Event) bool {
		line, isLine := event.Line(e.Body)
		if !isLine || drop <= 0 && h.text <= text {
			return false
		}
		drop--
		h.lines--
		h.text -= len(line)
		return true
	})
}

// forgetEvents drops the older half of all events, but for what tells how things stand.
func (h *history) forgetEvents() {
	serving := 0
	for _, e := range h.events {
		if _, ok := e.Body.(event.Serving); ok {
			serving = e.Build
		}
	}
	at, half := 0, len(h.events)/2
	h.events = slices.DeleteFunc(h.events, func(e event.Event) bool {
		at++
		if at > half || serving > 0 && e.Build == serving {
			return false
		}
		switch e.Body.(type) {
		case event.Engine, event.Watching, event.Serving, event.Files:
			return false
		}
		if line, isLine := event.Line(e.Body); isLine {
			h.lines--
			h.text -= len(line)
		}
		return true
	})
}

// since returns the events of a build and of later ones, with what belongs to none; all for build 0.
func (h *history) since(build int) []event.Event {
	var out []event.Event
	begun := false
	for _, e := range h.events {
		begun = begun || e.Build >= build // else what belongs to none is from before
		if begun && wanted(e, build) {
			out = append(out, e)
		}
	}
	return out
}

// wanted reports whether an event is none of a build before that one.
func wanted(e event.Event, since int) bool { return e.Build == 0 || e.Build >= since }

// printed returns the last lines that a step of a build printed, between its beginning and its end; with no stage, those that
// the app of that build logged.
func (h *history) printed(build int, step event.StepID, most int) []event.Event {
	var out []event.Event
	for _, e := range slices.Backward(h.events) {
		if e.Build != build {
			continue
		}
		keep := false
		switch b := e.Body.(type) {
		case event.Output:
			keep = most > 0 && (event.StepID{Stage: b.Stage, Index: b.Index}) == step
		case event.Log:
			keep = most > 0 && step.Stage == ""
		case event.Step:
			if (event.StepID{Stage: b.Stage, Index: b.Index}) == step {
				out = append(out, e)
			}
		}
		if keep {
			out = append(out, e)
			most--
		}
	}
	slices.Reverse(out)
	return out
}
