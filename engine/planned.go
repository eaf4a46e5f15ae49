package engine

import (
	"github.com/stagewatch/stagewatch/engine/event"
	"github.com/stagewatch/stagewatch/engine/past"
	"github.com/stagewatch/stagewatch/engine/plan"
	"github.com/stagewatch/stagewatch/engine/project"
)

// planned makes the predictions for j, and returns them as an event.
func (l *loop) planned(j *job, why event.Reason) event.Planned {
	var prev *plan.Plan
	if l.builds.good != nil && !j.noCache {
		prev, j.previous = l.builds.good.plan, l.builds.good.number
	}
	var of causes
	if prev == nil && l.earlier.build != nil && !j.noCache {
		of, why = l.recall(j)
	} else {
		of = l.causeOf(j.plan, prev, j.changes)
		j.predictions = j.plan.Predict(prev, j.changes, l.project.Links())
	}
	if why.Kind == "" {
		why = of.reason()
	}
	if j.noCache {
		for i := range j.predictions {
			j.predictions[i] = plan.Prediction{Prediction: event.WillRerun, Reason: event.Reason{Kind: event.ReasonNoCache}}
		}
	}
	e := planEvent(j.plan, j.predictions, of, l.project.Name(), l.earlier.steps)
	e.Reason, e.Because = why, why.String()
	j.edited = of.dockerfile != ""
	e.Paths = l.withSource(project.Paths(j.changes), j.edited)
	if prev == nil && !j.recalled {
		// There is nothing to compare with, so everything runs, whatever was saved last.
		e.Chain = ""
	}
	return e
}

// planEvent returns a plan and its predictions as an event.
func planEvent(p *plan.Plan, predictions []plan.Prediction, why causes, file string, h *past.Steps) event.Planned {
	e := event.Planned{Paths: []string{}, Target: p.Target, Reason: why.reason(), Changes: why.changes, Edits: why.edits}
	e.Because = e.Reason.String()
	if len(why.changes) > 0 || why.dockerfile != "" {
		e.Chain = chain(why, file, p.Steps, predictions)
	}
	for _, s := range p.Stages {
		e.Stages = append(e.Stages, event.PlannedStage{Name: s.Name, Base: s.Base, Line: s.Line, Needed: s.Needed, Replaced: s.Replaced, From: s.From})
	}
	for i, pr := range predictions {
		s := p.Steps[i]
		step := event.PlannedStep{Stage: s.Stage, Index: s.Index, Total: s.Total, Instruction: s.Instruction, Line: s.Line, Prediction: pr.Prediction, Reason: pr.Reason, Because: pr.Reason.String(), Inputs: p.Inputs(i)}
		step.LastMS = h.Last(s.Stage, s.Instruction).Milliseconds()
		if step.MergedWith = s.MergedWith; step.MergedWith != nil {
			step.LastMS = 0
		}
		e.Steps = append(e.Steps, step)
	}
	return e
}
