package plan

import (
	"cmp"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/stagewatch/stagewatch/engine/event"
)

// Step is one instruction of a needed stage that makes a layer or reads a base.
type Step struct {
	Stage string
	// Index and Total are those of BuildKit's "[build 4/6]".
	Index, Total int
	// Instruction is the instruction with its arguments filled in.
	Instruction string
	// Line and End are the instruction's first and last line in the Dockerfile, from 1.
	Line, End int
	// MergedWith is the step that BuildKit builds instead of this identical one, nil for none.
	MergedWith *StepID

	// ops index the plan's ops that carry the step out; the last one is its result.
	ops []int
	// settings are what is set for the step otherwise than by its instruction.
	settings map[string]string
}

// StepID names a step, as events do.
type StepID = event.StepID

// ID returns the step's name.
func (s Step) ID() StepID { return StepID{Stage: s.Stage, Index: s.Index} }

// progressName takes "[linux/amd64 build  4/16] ONBUILD RUN …" apart: stage, index, total, instruction.
var progressName = regexp.MustCompile(`(?s)^\[(?:[a-z0-9_]+/\S+ )?(?:(\S+) +)?(\d+)/(\d+)\] (.*)$`)

// readSteps makes the steps out of the ops' names, and where ops were merged out of their lines.
func (p *Plan) readSteps(l *layout) []Step {
	byID := map[StepID]*Step{}
	triggers := p.countTriggers(l)
	for i := range p.ops {
		o := &p.ops[i]
		m := progressName.FindStringSubmatch(o.name)
		if m == nil {
			continue
		}
		index, _ := strconv.Atoi(m[2])
		total, _ := strconv.Atoi(m[3])
		s := &Step{Stage: m[1], Index: index, Total: total, Instruction: strings.TrimPrefix(m[4], "LINK ")}
		if s.Stage == "" {
			// BuildKit leaves the name out where there is but one stage.
			s.Stage = l.stages[0].Name
		}
		if known := byID[s.ID()]; known != nil {
			s = known
		} else {
			byID[s.ID()] = s
		}
		s.ops = append(s.ops, i)
		s.settings = o.settings()
		if s.Line == 0 && len(o.lines) > 0 {
			k := l.lineOf(s.Stage, o.lines)
			s.Line, s.End = o.lines[k], o.ends[k]
		}
		p.addMerged(byID, l, triggers, i, s)
	}
	// BuildKit numbers FROM before it knows what a base's triggers add.
	totals := map[string]int{}
	for _, s := range byID {
		totals[s.Stage] = max(totals[s.Stage], s.Total)
	}
	steps := make([]Step, 0, len(byID))
	for _, s := range byID {
		s.Total = totals[s.Stage]
		steps = append(steps, *s)
	}
	order := map[string]int{}
	for i, s := range l.stages {
		order[s.Name] = i
	}
	slices.SortFunc(steps, func(a, b Step) int {
		return cmp.Or(order[a.Stage]-order[b.Stage], a.Index-b.Index)
	})
	return steps
}

// lineOf finds the one of the lines, by its place, that belongs to the stage; the last one where none does.
func (l *layout) lineOf(stage string, lines []int) int {
	for i, s := range l.stages {
		if s.Name != stage {
			continue
		}
		for _, w := range l.steps[i] {
			if k := slices.Index(lines, w.line); k >= 0 {
				return k
			}
		}
	}
	return len(lines) - 1
}

const onBuild = "ONBUILD "

// countTriggers counts for each stage the steps that its base brings along. They have the line of FROM.
func (p *Plan) countTriggers(l *layout) []int {
	counts := make([]int, len(l.stages))
	for i := range p.ops {
		m := progressName.FindStringSubmatch(p.ops[i].name)
		if m == nil || p.ops[i].pb.GetSource() != nil || !strings.HasPrefix(m[4], onBuild) {
			continue
		}
		for si, stage := range l.stages {
			if slices.Contains(p.ops[i].lines, stage.Line) {
				counts[si]++
			}
		}
	}
	return counts
}

// addMerged adds the steps of needed stages that share op i with s: the graph holds their op once, under
// one name, and every one of their lines.
func (p *Plan) addMerged(byID map[StepID]*Step, l *layout, triggers []int, i int, s *Step) {
	if p.ops[i].pb.GetSource() != nil && !strings.HasPrefix(s.Instruction, "FROM ") {
		return
	}
	of := s.ID()
	for si, stage := range l.stages {
		if !stage.Needed {
			continue
		}
		total := len(l.steps[si]) + triggers[si]
		add := func(index, line, end int, text string) {
			id := StepID{Stage: stage.Name, Index: index}
			if id == of || line == s.Line || !slices.Contains(p.ops[i].lines, line) || byID[id] != nil {
				return
			}
			byID[id] = &Step{Stage: stage.Name, Index: index, Total: total, Instruction: text, Line: line, End: end, MergedWith: &of, ops: []int{i}}
		}
		if strings.HasPrefix(s.Instruction, onBuild) {
			// The same base brings the same triggers, at the same place.
			add(s.Index, stage.Line, stage.Line, s.Instruction)
			continue
		}
		for k, w := range l.steps[si] {
			index := k + 1
			if w.line != stage.Line {
				index += triggers[si]
			}
			add(index, w.line, w.end, w.text)
		}
	}
}
