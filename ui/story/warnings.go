package story

import (
	"slices"

	"github.com/stagewatch/stagewatch/engine/event"
	"github.com/stagewatch/stagewatch/ui/clean"
)

// Warning is a warning of a build, or of the session where Build is 0.
type Warning struct {
	event.Warning
	Build int
	// Past is set once a newer build has begun. The engine repeats the warning where it still holds.
	Past bool
}

func (s *Story) warn(build int, w event.Warning) {
	w.Code, w.Key, w.Message, w.Hint, w.Paths = clean.Line(w.Code), clean.Line(w.Key), clean.Line(w.Message), clean.Line(w.Hint), lines(w.Paths)
	switch w.Code {
	case event.CodePortFree:
		s.clear(event.CodePortTaken)
		return
	case event.CodeNetworkBack:
		s.clear(event.CodeNetworkLost)
		return
	case event.CodeNoLog:
		s.Logs.Add(Entry{Time: s.Last, Kind: Gap, Text: w.Message})
	case event.CodeLogDropped:
		s.Logs.Add(Entry{Time: s.Last, Kind: Gap, Text: w.Message})
		return
	}
	for i, have := range s.Warnings {
		if have.ID() == w.ID() {
			s.Warnings = append(s.Warnings[:i], s.Warnings[i+1:]...)
			break
		}
	}
	s.Warnings = bounded(append(s.Warnings, Warning{Warning: w, Build: build}), maxWarnings)
}

// markPast marks the warnings of older builds as past. Those about files keep their state until the next ledger.
func (s *Story) markPast(build int) {
	for i := range s.Warnings {
		if w := &s.Warnings[i]; !slices.Contains(s.standing, w.ID()) {
			w.Past = w.Build != 0 && w.Build < build
		}
	}
}

// setStanding sets the IDs of the warnings about files that hold, according to the newest ledger.
func (s *Story) setStanding(standing []string) {
	for i := range s.Warnings {
		if w := &s.Warnings[i]; slices.Contains(s.standing, w.ID()) {
			w.Past = !slices.Contains(standing, w.ID())
		}
	}
	s.standing = standing
}

// clear removes the warnings of a code.
func (s *Story) clear(code string) {
	kept := s.Warnings[:0]
	for _, w := range s.Warnings {
		if w.Code != code {
			kept = append(kept, w)
		}
	}
	s.Warnings = kept
}

// Holding returns the number of warnings that hold.
func (s *Story) Holding() int {
	n := 0
	for _, w := range s.Warnings {
		if !w.Past {
			n++
		}
	}
	return n
}

// Warned returns the newest warning of a code that holds, nil where there is none.
func (s *Story) Warned(code string) *Warning {
	for i := len(s.Warnings) - 1; i >= 0; i-- {
		if s.Warnings[i].Code == code && !s.Warnings[i].Past {
			return &s.Warnings[i]
		}
	}
	return nil
}
