package story

import (
	"slices"

	"github.com/stagewatch/stagewatch/engine/event"
	"github.com/stagewatch/stagewatch/ui/clean"
)

func (s *Story) planned(e event.Event, p event.Planned) {
	b := s.build(e)
	b.Start, b.State = e.Time, Building
	b.Target, b.Because, b.Paths = clean.Line(p.Target), clean.Line(p.Because), lines(p.Paths)
	b.Reason = p.Reason.Map(clean.Line)
	b.Changes = s.claim(b.Paths)
	if len(p.Changes)+len(p.Edits) > 0 {
		b.Changes = changed(p.Changes)
	}
	b.Chain, b.Edits = clean.Line(p.Chain), nil
	for _, e := range p.Edits {
		e.Stage, e.Was, e.Now = clean.Line(e.Stage), oneLine(e.Was), oneLine(e.Now)
		b.Edits = append(b.Edits, e)
	}
	b.Stages = nil
	for _, st := range p.Stages {
		b.Stages = append(b.Stages, &Stage{Name: clean.Line(st.Name), Base: clean.Line(st.Base), Line: st.Line, Needed: st.Needed, Replaced: st.Replaced, From: lines(st.From)})
	}
	for _, st := range p.Steps {
		step := b.place(st.Stage, st.Index)
		step.Total, step.Instruction, step.Line = st.Total, clean.Line(st.Instruction), st.Line
		step.Prediction, step.Because, step.Reason = st.Prediction, clean.Line(st.Because), st.Reason.Map(clean.Line)
		for _, in := range st.Inputs {
			in.Step.Stage, in.Context, in.Paths = clean.Line(in.Step.Stage), clean.Line(in.Context), lines(in.Paths)
			step.Inputs = append(step.Inputs, in)
		}
		step.Last, step.Merged = st.LastMS, merged(st.MergedWith)
	}
	s.clear(event.CodeNoDockerfile)
	s.markPast(b.Number)
}

// claim returns the last change of each path and clears the pending changes: they belong to a build now.
func (s *Story) claim(paths []string) []event.Change {
	changes := make([]event.Change, 0, len(paths))
	for _, p := range paths {
		c := s.lastChange[p]
		c.Path = p
		changes = append(changes, c)
	}
	s.Pending, s.Waiting = nil, 0
	return changes
}

// place returns the build's step, and adds it where the plan did not have it.
func (b *Build) place(stage string, index int) *Step {
	stage = clean.Line(stage)
	if s := b.Step(stage, index); s != nil {
		return s
	}
	i := slices.IndexFunc(b.Stages, func(s *Stage) bool { return s.Name == stage })
	if i < 0 {
		i = len(b.Stages)
		b.Stages = append(b.Stages, &Stage{Name: stage, Needed: true})
	}
	st := b.Stages[i]
	step := &Step{Stage: stage, Index: index}
	at, _ := slices.BinarySearchFunc(st.Steps, index, func(s *Step, i int) int { return s.Index - i })
	st.Steps = slices.Insert(st.Steps, at, step)
	return step
}

func merged(with *event.StepID) *event.StepID {
	if with == nil {
		return nil
	}
	return &event.StepID{Stage: clean.Line(with.Stage), Index: with.Index}
}

func changed(in []event.Change) []event.Change {
	out := make([]event.Change, len(in))
	for i, c := range in {
		out[i] = event.Change{Path: clean.Line(c.Path), Kind: clean.Line(c.Kind), From: clean.Line(c.From)}
	}
	return out
}

// oneLine returns an instruction and its heredocs on one line.
func oneLine(s string) string { return clean.Line(event.OneLine(s)) }
