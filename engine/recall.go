package engine

import (
	"github.com/stagewatch/stagewatch/engine/event"
	"github.com/stagewatch/stagewatch/engine/past"
	"github.com/stagewatch/stagewatch/engine/plan"
	"github.com/stagewatch/stagewatch/engine/project"
)

// recall predicts a first build from what was last built here, before this session.
func (l *loop) recall(j *job) (of causes, why event.Reason) {
	prev := plan.Recall(l.earlier.build.Plan)
	since := j.plan.Relevant(l.earlier.build.Changes(l.project.Snapshots()), l.project.Links())
	j.recalled = true
	j.predictions = j.plan.Predict(prev, since, l.project.Links())
	j.changes = since
	of = causesSince(l.earlier.build, j.plan, since, l.project)
	switch option := changedOption(j.predictions); {
	case len(of.changes) > 0 || of.dockerfile != "":
		why = of.reason()
	case option.Kind != "":
		why = option
	default:
		why.Kind = event.ReasonFirstBuild
	}
	why.Since = l.earlier.build.At
	return of, why
}

// causesSince returns what changed since an earlier build.
func causesSince(last *past.Build, p *plan.Plan, since []plan.Change, of *project.Project) causes {
	why := causes{changes: project.Events(since, nil), read: since}
	if byRules := of.ByRules(last.Patterns(), since); len(since) > 0 && len(byRules) == len(since) {
		why.rules = of.RuleFile()
	}
	if last.Plan.Dockerfile != "" && last.Plan.Dockerfile != string(of.Source()) {
		why.addEdits(p, plan.Recall(last.Plan), of)
	}
	return why
}

// changedOption returns the reason of a step for which the command line differs from before. Its kind is empty where there
// is none.
func changedOption(predictions []plan.Prediction) event.Reason {
	for _, pr := range predictions {
		if pr.Reason.Kind == event.ReasonArgument || pr.Reason.Kind == event.ReasonOption {
			return pr.Reason
		}
	}
	return event.Reason{}
}
