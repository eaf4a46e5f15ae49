package plan

import (
	"regexp"
	"slices"
	"strings"

	"github.com/stagewatch/stagewatch/engine/event"
)

// Step is one instruction of a needed stage that makes a layer or reads a base.
type Step struct {
	Stage string
	// Index counts the stage's steps from 1, its FROM first where that reads a base; Total is their number.
	Index, Total int
	// Instruction is the instruction as it is shown: as it is written, or with its arguments filled in where that was
	// asked for.
	Instruction string
	// Expanded is the instruction with its arguments filled in. Their values may be secrets: it is for looking into,
	// and goes into no event and no file.
	Expanded string
	// Line and End are the instruction's first and last line in the Dockerfile, from 1; for what a base's trigger
	// does, those of FROM.
	Line, End int
	// From tells that the step is its stage's FROM.
	From bool
	// MergedWith is the step that BuildKit builds instead of this identical one, nil for none.
	MergedWith *StepID

	// written is the instruction as it is written.
	written string
	// ops index the plan's ops that carry the step out; the last one is its result.
	ops []int
	// parts index the ops that serve the step: sources that it alone reads, and files out of the Dockerfile.
	parts []int
	// settings are what is set for the step otherwise than by its instruction.
	settings map[string]string
}

// StepID names a step, as events do.
type StepID = event.StepID

// ID returns the step's name.
func (s Step) ID() StepID { return StepID{Stage: s.Stage, Index: s.Index} }

// readSteps makes the steps, stage by stage, out of the instructions that ops come from. An op comes from the
// instructions on its lines.
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

// named takes the place off an op's name: "[build 4/6] LINK COPY …".
var named = regexp.MustCompile(`^\[[^\]]*\] (?:LINK )?`)

// expanded is an instruction with its arguments filled in, as the name of its op has it.
func expanded(written, name string) string {
	text := named.ReplaceAllString(name, "")
	if text == name || strings.EqualFold(event.OneLine(text), event.OneLine(written)) {
		// BuildKit writes the keyword in capitals, and what a tab parts from it too.
		return written
	}
	return text
}

// decides returns the one of a step's ops that does what its instruction says. Beside it stands, for COPY --link, the
// merge of what was copied with what is below.
func (p *Plan) decides(ops []int) int {
	for _, o := range ops {
		if !p.merges(ops, o) {
			return o
		}
	}
	return ops[len(ops)-1]
}

// merges tells whether op o of a step's ops only puts the other one's result onto what is below.
func (p *Plan) merges(ops []int, o int) bool { return len(ops) > 1 && p.ops[o].pb.GetMerge() != nil }

// setSteps takes in the steps, and ties the graph's ops to them.
func (p *Plan) setSteps(l *layout, steps []Step) {
	p.Stages, p.Steps = l.stages, steps
	for i, s := range p.Steps {
		for _, o := range s.ops {
			p.ops[o].steps = append(p.ops[o].steps, i)
		}
	}
	p.findParts()
}

// findParts gives the ops that come from no instruction of their own to the steps that use them.
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
