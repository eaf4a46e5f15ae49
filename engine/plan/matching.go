package plan

import (
	"cmp"
	"slices"
	"strings"
)

// matching matches the graph's ops to the instructions that they come from.
type matching struct {
	plan   *Plan
	stages []*stageSlots
	// byLine holds the instructions by their first line.
	byLine map[int]*slot
	// owner holds, by op, the one of several identical instructions that it is counted as.
	owner map[int]*slot
}

// slot is an instruction that may become a step, and the ops that execute it, as indexes into Plan.ops.
type slot struct {
	written
	ops []int
}

// stageSlots are the slots of a stage.
type stageSlots struct {
	from            *slot
	triggers, steps []*slot
}

// slots returns the slots in build order.
func (s *stageSlots) slots() []*slot {
	return slices.Concat([]*slot{s.from}, s.triggers, s.steps)
}

func newMatching(p *Plan, l *layout) *matching {
	m := &matching{plan: p, byLine: map[int]*slot{}, owner: map[int]*slot{}}
	stageAt := map[int]int{}
	for i, of := range l.of {
		s := &stageSlots{from: &slot{written: of.from}}
		stageAt[of.from.line] = i
		for _, w := range of.steps {
			at := &slot{written: w}
			s.steps = append(s.steps, at)
			m.byLine[w.line] = at
		}
		m.stages = append(m.stages, s)
	}
	triggered := make([][]int, len(l.of))
	for i := range p.ops {
		o := &p.ops[i]
		for k, line := range o.lines {
			if slices.Contains(o.lines[:k], line) {
				continue
			}
			stage, isFrom := stageAt[line]
			switch at := m.byLine[line]; {
			case o.pb.GetSource() != nil:
				// The image of a COPY --from has the line of the COPY.
				if isFrom {
					m.add(m.stages[stage].from, i)
				}
			case at != nil:
				m.add(at, i)
			case isFrom:
				triggered[stage] = append(triggered[stage], i)
			}
		}
	}
	for si, of := range l.of {
		if of.replacement != nil {
			for _, i := range p.sourceOps(of.replacement) {
				m.add(m.stages[si].from, i)
			}
		}
	}
	for i, ops := range triggered {
		m.addTriggered(m.stages[i], l.of[i].triggers, ops)
	}
	return m
}

// sourceOps returns the sources of a replacement. Several ops can read the same folder: it returns those that another op
// builds on, or else all of them.
func (p *Plan) sourceOps(in *replacement) []int {
	var all, below []int
	for i := range p.ops {
		if p.ops[i].pb.GetSource() != nil && in.is(&p.ops[i]) {
			all = append(all, i)
		}
	}
	for _, o := range p.ops {
		for k, j := range o.inputs {
			if !o.readsByContent(k) && slices.Contains(all, j) && !slices.Contains(below, j) {
				below = append(below, j)
			}
		}
	}
	if len(below) > 0 {
		return below
	}
	return all
}

// add adds op i to the slot at. Of several identical instructions BuildKit reports the last one of the graph, so that is
// the owner.
func (m *matching) add(at *slot, i int) {
	at.ops = append(at.ops, i)
	m.owner[i] = at
}

// addTriggered adds the ops of the base's triggers to a stage. All of them have the line of FROM. They are matched to the
// triggers by their order.
func (m *matching) addTriggered(s *stageSlots, triggers []written, ops []int) {
	var at []*slot
	for _, i := range ops {
		if m.plan.ops[i].pb.GetMerge() == nil {
			at = append(at, &slot{ops: []int{i}})
		}
	}
	for _, i := range ops {
		o := &m.plan.ops[i]
		if o.pb.GetMerge() == nil || len(o.inputs) == 0 {
			continue
		}
		copied := o.inputs[len(o.inputs)-1]
		for _, a := range at {
			if a.ops[0] == copied {
				a.ops = append(a.ops, i)
			}
		}
	}
	// COPY --link takes its place in the stage by its merge.
	slices.SortStableFunc(at, func(a, b *slot) int { return cmp.Compare(a.ops[len(a.ops)-1], b.ops[len(b.ops)-1]) })
	next := 0
	for _, a := range at {
		folder := m.plan.makesFolder(a.ops[0])
		for next < len(triggers) && (triggers[next].folder != folder || triggers[next].text == onBuild+"WORKDIR /") {
			next++ // WORKDIR / makes no op.
		}
		a.line, a.end, a.text = s.from.line, s.from.end, strings.TrimSpace(onBuild)
		if next < len(triggers) {
			a.text = triggers[next].text
			next++
		}
		for _, i := range a.ops {
			m.owner[i] = a
		}
		s.triggers = append(s.triggers, a)
	}
}

// makesFolder reports whether op i is that of a WORKDIR.
func (p *Plan) makesFolder(i int) bool {
	f := p.ops[i].pb.GetFile()
	return f != nil && len(f.Actions) == 1 && f.Actions[0].GetMkdir() != nil
}

// fromText returns the FROM of a slot with the full name of its image, or as written where that has an argument in it.
func (p *Plan) fromText(at *slot) string {
	ref, isImage := strings.CutPrefix(p.ops[at.ops[0]].pb.GetSource().GetIdentifier(), imagePrefix)
	if !isImage || strings.Contains(at.text, "$") {
		ref = at.text
	}
	return "FROM " + ref
}
