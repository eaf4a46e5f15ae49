package engine

import (
	"fmt"

	"github.com/stagewatch/stagewatch/engine/event"
	"github.com/stagewatch/stagewatch/engine/human"
	"github.com/stagewatch/stagewatch/engine/plan"
)

// keepScore compares what was predicted of a build with what became of it, and returns the promised hits that ran.
func (l *loop) keepScore(j *job) (broken []plan.Step) {
	j.relay.mu.Lock()
	defer j.relay.mu.Unlock()
	if j.recalled {
		l.keepRecalled(j)
		return nil
	}
	if j.previous == 0 {
		// There was nothing to compare with, so nothing was promised.
		return nil
	}
	for i, s := range j.plan.Steps {
		last, ok := j.relay.last[s.ID()]
		if adopted, was := j.relay.adopted[s.ID()]; was {
			last = adopted
		}
		if !ok || s.MergedWith != nil {
			continue
		}
		ran := last.State == event.Ran
		switch j.predictions[i].Prediction {
		case event.WillHit:
			l.tally.score.Promised++
			if ran {
				broken = append(broken, s)
			} else {
				l.tally.score.Held++
			}
		case event.MayRerun:
			l.tally.score.Maybes++
			if !ran {
				l.tally.score.MaybeHits++
			}
		}
	}
	return broken
}

// keepRecalled warns where the builder has lost what an earlier session built. That breaks no promise.
func (l *loop) keepRecalled(j *job) {
	gone := 0
	for i, s := range j.plan.Steps {
		if j.predictions[i].Prediction == event.WillHit && j.relay.last[s.ID()].State == event.Ran {
			gone++
		}
	}
	if gone > 0 {
		l.Emit(j.number, event.Warning{Code: event.CodeCacheGone, Message: fmt.Sprintf("%d steps ran although nothing that they read changed since %s: the builder does not have their results any more", gone, human.Moment(l.earlier.build.At))})
	}
}
