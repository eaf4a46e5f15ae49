package plan

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
)

// Place is a state of a build that somebody wants to look into.
type Place struct {
	// Stage is the stage, named as a target is; empty for the target.
	Stage string
	// Step is the number of a step in it, from 1: the state is the one behind it. 0 is the end of the stage.
	Step int
	// Before has the state be the one before the step, and not behind it.
	Before bool
}

func (p Place) String() string {
	if p.Step == 0 {
		return p.Stage
	}
	return fmt.Sprintf("%s:%d", p.Stage, p.Step)
}

// PlaceError says that a stage has no such step.
type PlaceError struct {
	Place
	// Steps is how many steps the stage has.
	Steps int
}

func (e *PlaceError) Error() string {
	return fmt.Sprintf("stage %q has no step %d", e.Stage, e.Step)
}

// ErrNoProbe says that a command can't be put into a graph that somebody else made.
var ErrNoProbe = errors.New("a frontend that the Dockerfile names makes its graph")

// Probe is a plan up to a place, where it ends with a RUN that does nothing. That has what a command finds there: the
// files, the environment, the user, the folder and the network.
type Probe struct {
	*Plan
	// Op is the op of that RUN, as an index into the ops of the plan when it is bound. It is none of the plan's steps.
	Op int
	// Last is the last step before the place, as an index into Steps; -1 where there is none.
	Last int
}

// nothing is what the RUN of a probe executes. No Dockerfile has it.
const nothing = "RUN : stagewatch"

// NewProbe returns the plan of a Dockerfile up to a place. Where there is no such place it returns a [*PlaceError], and
// [ErrNoProbe] for a Dockerfile that is another frontend's.
func NewProbe(ctx context.Context, in Input, resolver Resolver, at Place) (*Probe, error) {
	if at.Stage != "" {
		in.Attrs = maps.Clone(in.Attrs)
		in.Attrs["target"] = at.Stage
	}
	whole, err := New(ctx, in, resolver)
	if err != nil {
		return nil, err
	}
	if whole.foreign {
		return nil, ErrNoProbe
	}
	end, err := whole.lineOf(at)
	if err != nil {
		return nil, err
	}
	// The target is the last stage now.
	in.Attrs = maps.Clone(in.Attrs)
	delete(in.Attrs, "target")
	in.Dockerfile = cut(in.Dockerfile, end)
	p, err := New(ctx, in, resolver)
	if err != nil {
		return nil, err
	}
	return p.probe(whole)
}

// cut returns the lines of a Dockerfile up to one, with the RUN of a probe behind them.
func cut(dockerfile []byte, end int) []byte {
	lines := bytes.SplitAfter(dockerfile, []byte("\n"))
	kept := bytes.Join(lines[:min(end, len(lines))], nil)
	return append(bytes.TrimRight(kept, "\r\n"), "\n"+nothing+"\n"...)
}

// lineOf returns the last line of the Dockerfile before a place of the target.
func (p *Plan) lineOf(at Place) (int, error) {
	var own []Step
	for _, s := range p.Steps {
		if s.Stage == p.Target {
			own = append(own, s)
		}
	}
	i := slices.IndexFunc(p.Stages, func(s Stage) bool { return s.Name == p.Target })
	switch {
	case i < 0 || p.Stages[i].Replaced:
		return 0, fmt.Errorf("stage %q is replaced by a build context, and none of its steps are built", p.Target)
	case at.Step > len(own) || at.Step < 0:
		return 0, &PlaceError{Place: Place{Stage: p.Target, Step: at.Step}, Steps: len(own)}
	case at.Step > 0 && at.Before && own[at.Step-1].Line <= p.Stages[i].Line:
		return 0, fmt.Errorf("there is nothing before step %d of stage %q", at.Step, p.Target)
	case at.Step > 0 && at.Before:
		return own[at.Step-1].Line - 1, nil
	case at.Step > 0:
		return own[at.Step-1].End, nil
	case i+1 < len(p.Stages):
		return p.Stages[i+1].Line - 1, nil
	}
	return bytes.Count(p.source, []byte("\n")) + 1, nil
}

// probe takes the RUN of a probe, which is the plan's last step, out of its steps. The others are numbered as in the whole
// plan.
func (p *Plan) probe(whole *Plan) (*Probe, error) {
	last := len(p.Steps) - 1
	if last < 0 || p.Steps[last].written != nothing {
		return nil, errors.New("finding the end of the stage in its graph")
	}
	pr := &Probe{Plan: p, Op: p.decides(p.Steps[last].ops), Last: -1}
	p.Steps, p.source = p.Steps[:last], whole.source
	for i := range p.ops {
		o := &p.ops[i]
		is := func(step int) bool { return step == last }
		o.steps, o.serves = slices.DeleteFunc(o.steps, is), slices.DeleteFunc(o.serves, is)
	}
	for i := range p.Steps {
		s := &p.Steps[i]
		s.Total = whole.total(s.ID(), s.Total)
		if s.Stage == p.Target {
			pr.Last = i
		}
	}
	return pr, nil
}

// total returns how many steps the stage of a step has, or has where the plan lacks the step.
func (p *Plan) total(id StepID, has int) int {
	for _, s := range p.Steps {
		if s.ID() == id {
			return s.Total
		}
	}
	return has
}
