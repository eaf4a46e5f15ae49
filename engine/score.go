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
