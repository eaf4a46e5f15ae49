package cause

import (
	"github.com/stagewatch/stagewatch/engine/event"
	"github.com/stagewatch/stagewatch/engine/past"
	"github.com/stagewatch/stagewatch/engine/plan"
)

// Planned returns a plan and its predictions as an event. File is the name of the Dockerfile, and h holds what each step
// took when it last ran.
func Planned(p *plan.Plan, predictions []plan.Prediction, why Cause, file string, h *past.Steps) event.Planned {
	e := event.Planned{Paths: []string{}, Target: p.Target, Reason: why.Reason(), Changes: why.Changes, Edits: why.Edits}
	e.Because = e.Reason.String()
	if len(why.Changes) > 0 || why.Dockerfile != "" {
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
