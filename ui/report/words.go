package report

import (
	"cmp"
	"fmt"

	"github.com/stagewatch/stagewatch/engine/event"
	"github.com/stagewatch/stagewatch/ui/draw"
	"github.com/stagewatch/stagewatch/ui/story"
)

// none stands where there is nothing to say.
const none = "–"

// result is what became of a build.
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
		return "given up: " + b.GivenUp
	}
	return "still running"
}

// ran and hit count the steps of a build that was over before it could say so itself, too.
func ran(b *story.Build) string { return counted(b, b.Ran, event.Ran) }
func hit(b *story.Build) string { return counted(b, b.Hits, event.Hit) }

func counted(b *story.Build, said int, state event.State) string {
	switch b.State {
	case story.Built:
		return fmt.Sprint(said)
	case story.Failed:
		// A cached mark out of a failed solve is no hit; what ran, ran.
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

// stepWord is what became of a step, in the words of the dashboard.
func stepWord(s *story.Step) string {
	if s.State == event.Running || s.State == story.HandedOn {
		return none
	}
	return cmp.Or(s.Word(), none)
}

// stepTime is what a step took, or what its hit saved.
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

// skipWhat says what became of a path that led to no build.
func skipWhat(s event.Skipped) string {
	if s.LeftOut {
		return "left out of the context"
	}
	return "led to no build"
}
