package plan

import (
	"slices"

	"github.com/stagewatch/stagewatch/engine/event"
)

// Inputs returns what p.Steps[step] builds on and reads: other steps and build contexts, without duplicates.
func (p *Plan) Inputs(step int) []event.Input {
	var out []event.Input
	for _, i := range p.Steps[step].ops {
		o := &p.ops[i]
		for k, j := range o.inputs {
			var in event.Input
			if name, ok := p.ops[j].local(); ok {
				in.Context = name
			} else if of := p.ops[j].steps; len(of) > 0 && !slices.Contains(of, step) {
				in.Step = p.nearest(of, p.Steps[step].Stage)
			} else {
				continue
			}
			if o.readsByContent(k) {
				in.Paths = pathsOf(o.selectors(k, true))
			}
			if !slices.ContainsFunc(out, func(have event.Input) bool {
				return have.Step == in.Step && have.Context == in.Context && slices.Equal(have.Paths, in.Paths)
			}) {
				out = append(out, in)
			}
		}
	}
	return out
}

// Read is what a step reads by path from a stage or an image.
type Read struct {
	// Op is the op whose result is read, as an index into [Bound.Ops].
	Op    int
	Paths []string
}

// ReadsOf returns what p.Steps[step] reads by path from stages and images.
func (p *Plan) ReadsOf(step int) []Read {
	var out []Read
	for _, i := range p.Steps[step].ops {
		o := &p.ops[i]
		for k, j := range o.inputs {
			if _, local := p.ops[j].local(); local || !o.readsByContent(k) {
				continue
			}
			if paths := pathsOf(o.selectors(k, true)); len(paths) > 0 {
				out = append(out, Read{j, paths})
			}
		}
	}
	return out
}

// nearest returns one of several merged steps: the first one of the stage, or else the first.
func (p *Plan) nearest(steps []int, stage string) event.StepID {
	at := max(0, slices.IndexFunc(steps, func(i int) bool { return p.Steps[i].Stage == stage }))
	return p.Steps[steps[at]].ID()
}

// pathsOf returns the paths of selectors, nil where one of them selects everything.
func pathsOf(of []*selector) []string {
	var paths []string
	for _, s := range of {
		if s.path == "" {
			return nil
		}
		paths = append(paths, s.path)
	}
	return paths
}
