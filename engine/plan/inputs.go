package plan

import (
	"slices"

	"github.com/stagewatch/stagewatch/engine/event"
)

// Inputs tells what a step, by its place in Steps, stands on and reads: other steps and build contexts, each once.
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

// Read is what a step reads by name of a stage or an image.
type Read struct {
	// Op is the one whose result is read, by its place in the graph.
	Op    int
	Paths []string
}

// ReadsOf tells what a step, by its place in Steps, reads by name of stages and images.
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

// nearest is the first of steps that BuildKit builds as one, of the stage if one of them is.
func (p *Plan) nearest(steps []int, stage string) event.StepID {
	at := max(0, slices.IndexFunc(steps, func(i int) bool { return p.Steps[i].Stage == stage }))
	return p.Steps[steps[at]].ID()
}

// pathsOf names what selectors take, none for all there is.
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
