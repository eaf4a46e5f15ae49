package plan

import (
	"fmt"
	"regexp"
	"slices"
	"strings"

	"github.com/stagewatch/stagewatch/engine/event"
)

// Step is an instruction of a needed stage that makes a layer, or a FROM that uses an image.
type Step struct {
	Stage string
	// Index is the step's number within its stage, from 1, where a FROM that uses an image is the first; Total is how many
	// steps the stage has.
	Index, Total int
	// Instruction is the instruction for display: as written, or with its arguments filled in where [Input] asks for that.
	Instruction string
	// Expanded is the instruction with its arguments filled in. The values may be secrets: it must not be put into an
	// event or a file.
	Expanded string
	// Line and End are the instruction's first and last line in the Dockerfile, from 1. For a trigger of the base they are
	// those of FROM.
	Line, End int
	// From is set where the step is its stage's FROM.
	From bool
	// MergedWith is the step that BuildKit builds instead of this identical one, nil for none.
	MergedWith *StepID

	// written is the instruction as written, without arguments filled in.
	written string
	// ops are the ops that execute the step, as indexes into Plan.ops; the last one is its result.
	ops []int
	// parts are the ops that only serve the step, as indexes into Plan.ops; see op.serves.
	parts []int
	// settings are digests of what affects the step besides its instruction, by name.
	settings map[string]string
}

// StepID names a step, as events do.
type StepID = event.StepID

// ID returns the step's name.
func (s Step) ID() StepID { return StepID{Stage: s.Stage, Index: s.Index} }

// Name names the step as BuildKit does: "build 4/6".
func (s Step) Name() string { return fmt.Sprintf("%s %d/%d", s.Stage, s.Index, s.Total) }

// readSteps returns the steps, stage by stage: the instructions that have ops.
func (p *Plan) readSteps(l *layout, showValues bool) []Step {
	m := newMatching(p, l)
	var steps []Step
	first := make(map[*slot]int, len(p.ops))
	for si := range l.stages {
		begin := len(steps)
		for _, s := range m.stages[si].slots() {
			if len(s.ops) == 0 {
				continue
			}
			first[s] = len(steps)
			step := Step{Stage: l.stages[si].Name, Index: len(steps) - begin + 1, written: s.text, Line: s.line, End: s.end, From: s == m.stages[si].from, ops: s.ops}
			if step.From {
				step.written = p.fromText(s)
			}
			decides := &p.ops[p.decides(s.ops)]
			step.settings = decides.settings()
			step.Expanded = step.written
			if !step.From {
				step.Expanded = expanded(step.written, decides.name)
			}
			step.Instruction = step.written
			if showValues {
				step.Instruction = step.Expanded
			}
			steps = append(steps, step)
		}
		for i := begin; i < len(steps); i++ {
			steps[i].Total = len(steps) - begin
		}
	}
	for s, i := range first {
		if owner := m.owner[p.decides(s.ops)]; owner != s {
			id := steps[first[owner]].ID()
			steps[i].MergedWith = &id
		}
	}
	return steps
}

// progressPrefix matches what stands before the instruction in an op's name: "[build 4/6] LINK COPY …".
var progressPrefix = regexp.MustCompile(`^\[[^\]]*\] (?:LINK )?`)

// expanded returns an instruction with its arguments filled in, taken from the name of its op.
func expanded(written, name string) string {
	text := progressPrefix.ReplaceAllString(name, "")
	if text == name || strings.EqualFold(event.OneLine(text), event.OneLine(written)) {
		// The name differs only in case: BuildKit writes the keyword in capitals, and what a tab separates from it too.
		return written
	}
	return text
}

// decides returns the one of a step's ops that does what its instruction says. COPY --link also has an op that merges the
// copied files with the layers below.
func (p *Plan) decides(ops []int) int {
	for _, o := range ops {
		if !p.merges(ops, o) {
			return o
		}
	}
	return ops[len(ops)-1]
}

// merges reports whether op o, one of a step's ops, only merges the result of the other one with the layers below.
func (p *Plan) merges(ops []int, o int) bool { return len(ops) > 1 && p.ops[o].pb.GetMerge() != nil }

// setSteps sets the plan's stages and steps, and the steps of its ops.
func (p *Plan) setSteps(l *layout, steps []Step) {
	p.Stages, p.Steps = l.stages, steps
	for i, s := range p.Steps {
		for _, o := range s.ops {
			p.ops[o].steps = append(p.ops[o].steps, i)
		}
	}
	p.findParts()
}

// findParts assigns the ops that execute no instruction to the steps that use them.
func (p *Plan) findParts() {
	for _, o := range slices.Backward(p.ops) {
		serves := o.steps
		if len(serves) == 0 {
			serves = o.serves
		}
		for _, j := range o.inputs {
			in := &p.ops[j]
			if _, local := in.local(); local || len(in.steps) > 0 || len(serves) == 0 {
				continue
			}
			for _, step := range serves {
				if !slices.Contains(in.serves, step) {
					in.serves = append(in.serves, step)
				}
			}
		}
	}
	for i, o := range p.ops {
		for _, step := range o.serves {
			p.Steps[step].parts = append(p.Steps[step].parts, i)
		}
	}
}
