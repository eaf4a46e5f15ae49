package report

import (
	"cmp"
	"fmt"

	"github.com/stagewatch/stagewatch/engine/event"
	"github.com/stagewatch/stagewatch/ui/draw"
	"github.com/stagewatch/stagewatch/ui/story"
)

// none fills an empty cell.
const none = "–"

// result says how a build ended.
func result(b *story.Build) string {
	switch b.State {
	case story.Built:
		if b.Mishap != "" {
			return "built; " + b.Mishap
		}
		return "built"
	case story.Failed:
		if f := b.Failure; f != nil && f.Stage != "" {
			return fmt.Sprintf("failed at %s, line %d", b.StepName(f.Stage, f.Index), f.Line)
		}
		return "failed"
	case story.Abandoned:
		return "given up: " + b.AbandonReason
	}
	return "still running"
}

// ran and hit return the number of steps that ran and that were hits, none if it is not known.
func ran(b *story.Build) string { return counted(b, b.Ran, event.Ran) }
func hit(b *story.Build) string { return counted(b, b.Hits, event.Hit) }

func counted(b *story.Build, said int, state event.State) string {
	switch b.State {
	case story.Built:
		return fmt.Sprint(said)
	case story.Failed:
		// In a failed solve a step marked as cached need not be a hit.
		if state == event.Ran {
			return fmt.Sprint(b.Counts()[event.Ran])
		}
	}
	return none
}

func millis(ms int64) string {
	if ms <= 0 {
		return none
	}
	return draw.Millis(ms)
}

func served(b *story.Build) string {
	if !b.Served {
		return none
	}
	return draw.Millis(b.ServedMS)
}

// stepWord returns the result of a step in the dashboard's words.
func stepWord(s *story.Step) string {
	if s.State == event.Running || s.State == story.HandedOn {
		return none
	}
	return cmp.Or(s.Word(), none)
}

// stepTime returns the time that a step took, or that its hit saved.
func stepTime(s *story.Step) string {
	if s.CountsElsewhere() {
		return none
	}
	if s.State == event.Hit {
		if s.Saved > 0 {
			return "saved " + draw.Millis(s.Saved)
		}
		return none
	}
	return millis(s.MS)
}

// skipWhat says why paths did not start a build.
func skipWhat(s event.Skipped) string {
	if s.LeftOut {
		return "left out of the context"
	}
	return "led to no build"
}
