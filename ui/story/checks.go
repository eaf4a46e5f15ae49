package story

import (
	"slices"
	"time"

	"github.com/stagewatch/stagewatch/engine/event"
	"github.com/stagewatch/stagewatch/ui/clean"
)

// Check is how a check stands, with what it printed when it last came to a result.
type Check struct {
	event.Check
	// Build is the build that it stands so in, and Started when it began there.
	Build   int
	Started time.Time
	// ResultMS is how long it took to its result, in milliseconds.
	ResultMS int64
}

// check records how a check stands. What it printed stays until it has another result.
func (s *Story) check(e event.Event, b event.Check) {
	b.Stage, b.State, b.Because = clean.Line(b.Stage), event.CheckState(clean.Line(string(b.State))), clean.Line(b.Because)
	b.Result, b.Reason, b.Paths = event.CheckState(clean.Line(string(b.Result))), b.Reason.Map(clean.Line), lines(b.Paths)
	if b.Failed != nil {
		f := cleanFailure(*b.Failed)
		b.Failed = &f
	}
	printed := make([]event.OutputLine, len(b.Output))
	for i, l := range b.Output {
		printed[i] = event.OutputLine{Stream: clean.Line(l.Stream), Text: clean.Line(clean.Overwritten(short(l.Text)))}
	}
	b.Output = printed
	at := slices.IndexFunc(s.Checks, func(c *Check) bool { return c.Stage == b.Stage })
	if at < 0 {
		at = len(s.Checks)
		s.Checks = append(s.Checks, &Check{})
	}
	now := &Check{Check: b, Build: e.Build, Started: e.Time, ResultMS: b.MS}
	if was := s.Checks[at]; b.State != event.CheckPassed && b.State != event.CheckFailed {
		now.Output, now.Dropped, now.ResultMS, now.Mended = was.Output, was.Dropped, was.ResultMS, was.Mended
		now.Hits, now.Ran = was.Hits, was.Ran
	}
	s.Checks[at] = now
}

// Gating returns the gate of the newest build that is being built, nil for none.
func (s *Story) Gating() *Check {
	cur := s.Current()
	for _, c := range s.Checks {
		if cur != nil && c.Gate && c.State == event.CheckRunning && c.Build == cur.Number {
			return c
		}
	}
	return nil
}

// Check returns a copy of how the check of a stage stands, nil for none.
func (s *Story) Check(stage string) *Check {
	for _, c := range s.Checks {
		if c.Stage == clean.Line(stage) {
			found := *c
			return &found
		}
	}
	return nil
}
