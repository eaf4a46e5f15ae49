package engine

import (
	"time"

	"github.com/stagewatch/stagewatch/engine/event"
	"github.com/stagewatch/stagewatch/engine/plan"
)

// tally is what the session's builds add up to.
type tally struct {
	score event.Score
	// saved is the time that hits saved.
	saved time.Duration
}

// keep compares what was predicted of a build with what became of it, and returns the promised hits that ran.
func (t *tally) keep(j *job) (broken []plan.Step) {
	if j.recalled || j.previous == 0 {
		// An earlier session's results may be gone, or there was nothing to compare with: nothing was promised.
		return nil
	}
	for i, s := range j.plan.Steps {
		if _, ok := j.relay.reported(s.ID()); !ok || s.MergedWith != nil {
			continue
		}
		ran := j.relay.ran(s.ID())
		switch j.predictions[i].Prediction {
		case event.WillHit:
			t.score.Promised++
			if ran {
				broken = append(broken, s)
			} else {
				t.score.Held++
			}
		case event.MayRerun:
			t.score.Maybes++
			if !ran {
				t.score.MaybeHits++
			}
		}
	}
	return broken
}

// gone counts the steps that ran although an earlier session had built what was expected of them.
func (j *job) gone() int {
	gone := 0
	for i, s := range j.plan.Steps {
		if last, _ := j.relay.reported(s.ID()); j.predictions[i].Prediction == event.WillHit && last.State == event.Ran {
			gone++
		}
	}
	return gone
}
