package plan

import (
	"cmp"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

// progressName matches a name like "[linux/amd64 build  4/16] ONBUILD RUN …" and captures stage, index, total and
// instruction. Where there is only one stage, its name is missing and the index is padded: "[ 4/16] RUN …".
var progressName = regexp.MustCompile(`(?s)^\[(?:[a-z0-9_]+/[^\s\]]+ +)?(?:([^\s\]]+) +)?? *(\d+)/(\d+)\] (.*)$`)

// readNamedSteps returns the steps of a foreign graph by the names of its ops. They can't be matched to instructions, as a
// frontend may make steps that are not in the Dockerfile.
func (p *Plan) readNamedSteps(l *layout) []Step {
	byID := map[StepID]*Step{}
	totals := map[string]int{}
	for i := range p.ops {
		o := &p.ops[i]
		m := progressName.FindStringSubmatch(o.name)
		if m == nil {
			continue
		}
		index, _ := strconv.Atoi(m[2])
		total, _ := strconv.Atoi(m[3])
		id := StepID{Stage: cmp.Or(m[1], "stage-0"), Index: index}
		s := byID[id]
		if s == nil {
			text := strings.TrimPrefix(m[4], "LINK ")
			s = &Step{Stage: id.Stage, Index: index, Instruction: text, Expanded: text, written: text, From: strings.HasPrefix(text, "FROM ")}
			byID[id] = s
		}
		s.ops = append(s.ops, i)
		s.settings = o.settings()
		if s.Line == 0 && len(o.lines) > 0 {
			k := len(o.lines) - 1
			s.Line, s.End = o.lines[k], o.ends[k]
		}
		totals[s.Stage] = max(totals[s.Stage], total)
	}
	steps := make([]Step, 0, len(byID))
	for _, s := range byID {
		// The total in the name of FROM may be too low: a frontend names it before it knows the base's triggers.
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
