package story

import (
	"slices"

	"github.com/stagewatch/stagewatch/engine/event"
	"github.com/stagewatch/stagewatch/ui/clean"
)

func (s *Story) changed(b event.Changed) {
	s.Behind++
	changes := b.Changes
	if len(changes) == 0 {
		for _, p := range b.Paths {
			changes = append(changes, event.Change{Path: p})
		}
	}
	if len(s.lastChange) > maxPending {
		clear(s.lastChange)
	}
	for _, c := range changes {
		c.Path, c.Kind, c.From = clean.Line(c.Path), clean.Line(c.Kind), clean.Line(c.From)
		s.lastChange[c.Path] = c
		s.Pending = append(s.Pending, c)
	}
	s.Pending = bounded(s.Pending, maxPending)
	s.Waiting += len(changes)
}

// skipped records a skip. Where the same skip is recorded already, it becomes the newest one, so that files which the app
// itself writes again and again are one entry.
func (s *Story) skipped(skip Skip) {
	for i, have := range s.Skips {
		if have.Reason == skip.Reason && have.Rule == skip.Rule && slices.Equal(have.Paths, skip.Paths) {
			skip.Times += have.Times
			s.Skips = slices.Delete(s.Skips, i, i+1)
			break
		}
	}
	s.Skips = bounded(append(s.Skips, skip), maxSkips)
}
