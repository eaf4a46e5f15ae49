package engine

import (
	"time"

	"github.com/stagewatch/stagewatch/engine/event"
	"github.com/stagewatch/stagewatch/engine/plan"
)

// abandon reports that the running build will not come to its end.
func (l *loop) abandon() {
	if old := l.builds.running; old != nil {
		l.builds.superseded[old] = true
		l.pace.turns.Superseded()
		l.Emit(old.number, event.Abandoned{Reason: errSuperseded.Error(), MS: time.Since(old.began).Milliseconds()})
	}
}

// supersede lets j take the place of the abandoned builds. Where it joins them, a step that runs right now and that j
// needs just as it is, say a long install, is not started anew: the old solve goes on until its last such step has
// ended. What it reports of these steps is reported for j. The solve of j begins after it and finds them in the cache.
func (l *loop) supersede(j *job, how older) {
	for old := range l.builds.superseded {
		var shared map[plan.StepID]bool
		if how == olderJoined {
			shared = l.shared(old, j)
		}
		if !old.relay.handOver(j.relay, shared, func() { old.cancel(errSuperseded) }) {
			old.cancel(errSuperseded)
		}
	}
}

// shared returns the steps that are the same in both builds.
func (l *loop) shared(old, j *job) map[plan.StepID]bool {
	if old.plan == nil {
		return nil
	}
	same := map[plan.StepID]bool{}
	since := l.pending.after(old.seq)
	for i, pr := range j.plan.Predict(old.plan, since, l.project.Links()) {
		if pr.Prediction == event.WillHit {
			same[j.plan.Steps[i].ID()] = true
		}
	}
	return same
}
