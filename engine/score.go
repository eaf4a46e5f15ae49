package engine

import (
	"fmt"

	"github.com/stagewatch/stagewatch/engine/event"
	"github.com/stagewatch/stagewatch/engine/plan"
)

// keepScore holds what was predicted of a build against what came of it. A promised hit that ran all the
// same is told of, with what outside of the edit can have caused it.
func (l *loop) keepScore(j *job) {
	j.relay.mu.Lock()
	defer j.relay.mu.Unlock()
	if j.recalled {
		l.keepRecalled(j)
		return
	}
	pulled := map[string]bool{}
	for i, s := range j.plan.Steps {
		last, ok := j.relay.last[s.ID()]
		if adopted, was := j.relay.adopted[s.ID()]; was {
			last = adopted
		}
		if !ok || s.MergedWith != nil {
			continue
		}
		ran := last.State == event.Ran
		if ran && s.Index == 1 {
			pulled[s.Stage] = true
		}
		switch j.predictions[i].Prediction {
		case event.WillHit:
			l.score.Promised++
			if !ran {
				l.score.Held++
				continue
			}
			l.emit(j.number, event.Warning{Code: "promise-broken", Message: fmt.Sprintf("%s %d/%d was promised as a hit and ran: %s", s.Stage, s.Index, s.Total, l.excuse(j, s, pulled)), Hint: "If nothing outside of your edit explains it, the plan is wrong: please report it with stagewatch --record."})
		case event.MayRerun:
			l.score.Maybes++
			if !ran {
				l.score.MaybeHits++
			}
		}
	}
}

// keepRecalled says where the builder lost what an earlier session had built: that is nobody's promise.
func (l *loop) keepRecalled(j *job) {
	gone := 0
	for i, s := range j.plan.Steps {
		if j.predictions[i].Prediction == event.WillHit && j.relay.last[s.ID()].State == event.Ran {
			gone++
		}
	}
	if gone > 0 {
		l.emit(j.number, event.Warning{Code: "cache-gone", Message: fmt.Sprintf("%d steps ran although nothing that they read changed since %s: the builder does not have their results any more", gone, l.memory.At.Local().Format("2 Jan 15:04"))})
	}
}

// excuse names the cause outside of the edit that a promised hit ran, as far as one can be seen.
func (l *loop) excuse(j *job, s plan.Step, pulled map[string]bool) string {
	switch {
	case l.restarted > 0 && l.good != nil && l.restarted >= l.good.number:
		return "the engine was restarted meanwhile"
	case pulled[s.Stage]:
		return "its base image was pulled anew"
	case j.noCache:
		return "a build without the cache was asked for"
	}
	return "the builder did not have its result any more, or a file changed while it was being built"
}
