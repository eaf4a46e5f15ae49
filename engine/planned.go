package engine

import (
	"github.com/stagewatch/stagewatch/engine/cause"
	"github.com/stagewatch/stagewatch/engine/event"
	"github.com/stagewatch/stagewatch/engine/plan"
	"github.com/stagewatch/stagewatch/engine/project"
)

// planned makes the predictions for j, and returns them as an event.
func (l *loop) planned(j *job, why event.Reason) event.Planned {
	var prev *plan.Plan
	if l.builds.good != nil && !j.noCache {
		prev, j.previous = l.builds.good.plan, l.builds.good.number
	}
	var of cause.Cause
	if prev == nil && l.earlier.build != nil && !j.noCache {
		of, why = l.recall(j)
	} else {
		of = l.causeOf(j.plan, prev, j.changes)
		j.predictions = j.plan.Predict(prev, j.changes, l.project.Links())
	}
	if why.Kind == "" {
		why = of.Reason()
	}
	if j.noCache {
		for i := range j.predictions {
			j.predictions[i] = plan.Prediction{Prediction: event.WillRerun, Reason: event.Reason{Kind: event.ReasonNoCache}}
		}
	}
	e := cause.Planned(j.plan, j.predictions, of, l.project.Name(), l.earlier.steps)
	e.Reason, e.Because = why, why.String()
	j.edited = of.Dockerfile != ""
	e.Paths = l.withSource(project.Paths(j.changes), j.edited)
	if prev == nil && !j.recalled {
		// There is nothing to compare with, so everything runs, whatever was saved last.
		e.Chain = ""
	}
	return e
}

// causeOf gathers what is pending, where prev is the plan that it is compared with.
func (l *loop) causeOf(p, prev *plan.Plan, changes []plan.Change) cause.Cause {
	c := cause.Cause{Changes: project.Events(changes, l.pending.renamed), Read: changes, Rules: l.pending.rules}
	if l.pending.source > 0 {
		c.AddEdits(p, prev, l.project)
	}
	return c
}

// recall predicts a first build from what was last built here, before this session.
func (l *loop) recall(j *job) (of cause.Cause, why event.Reason) {
	prev := plan.Recall(l.earlier.build.Plan)
	since := j.plan.Relevant(l.earlier.build.Changes(l.project.Snapshots()), l.project.Links())
	j.recalled = true
	j.predictions = j.plan.Predict(prev, since, l.project.Links())
	j.changes = since
	of = cause.Since(l.earlier.build, j.plan, since, l.project)
	switch option := cause.Option(j.predictions); {
	case len(of.Changes) > 0 || of.Dockerfile != "":
		why = of.Reason()
	case option.Kind != "":
		why = option
	default:
		why.Kind = event.ReasonFirstBuild
	}
	why.Since = l.earlier.build.At
	return of, why
}
