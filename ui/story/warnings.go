package story

import (
	"slices"

	"github.com/stagewatch/stagewatch/engine/event"
	"github.com/stagewatch/stagewatch/ui/clean"
)

// Warning is a warning with the build it belongs to, 0 for the session.
type Warning struct {
	event.Warning
	Build int
	// Past tells that a newer build began since: it says so again where it still holds.
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
		// Where it is missed.
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

// age tells of the warnings that a newer build began since; what an account of files gave waits for the next one.
func (s *Story) age(build int) {
	for i := range s.Warnings {
		if w := &s.Warnings[i]; !slices.Contains(s.standing, w.ID()) {
			w.Past = w.Build != 0 && w.Build < build
		}
	}
}

// accounted takes in which warnings hold after the account of a build's files, told now or after an earlier build.
func (s *Story) accounted(standing []string) {
	for i := range s.Warnings {
		if w := &s.Warnings[i]; slices.Contains(s.standing, w.ID()) {
			w.Past = !slices.Contains(standing, w.ID())
		}
	}
	s.standing = standing
}

// clear drops the warnings of a code, once what they warn of is over.
func (s *Story) clear(code string) {
	kept := s.Warnings[:0]
	for _, w := range s.Warnings {
		if w.Code != code {
			kept = append(kept, w)
		}
	}
	s.Warnings = kept
}

// Holding counts the warnings that hold.
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
