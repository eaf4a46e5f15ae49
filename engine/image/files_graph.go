package image

import (
	"maps"
	"slices"
	"strings"

	"github.com/stagewatch/stagewatch/engine/plan"
)

// graph is a plan's graph whose sources are bound to sessions.
type graph struct {
	*plan.Bound
	// results maps a step to the op that is its result.
	results map[int]int
}

func bindGraph(p *plan.Plan, session func(plan.Local) string) (*graph, error) {
	bound, err := p.BindEach(session)
	if err != nil {
		return nil, err
	}
	g := &graph{Bound: bound, results: map[int]int{}}
	for s, id := range bound.Results {
		g.results[s] = bound.At[id]
	}
	return g, nil
}

// LayerSteps returns the steps whose results are the target's layers, from the base upwards: those of the stages that
// the target is based on, then its own. Base is the FROM of the lowest stage, -1 where there is none. All are indexes
// into the plan's steps.
func LayerSteps(p *plan.Plan) (base int, steps []int) {
	base = -1
	last := len(p.Stages)
	for name := p.Target; ; {
		i := last - 1
		for i >= 0 && p.Stages[i].Name != name {
			i--
		}
		if i < 0 {
			return base, steps
		}
		var own []int
		for k, s := range p.Steps {
			if s.Stage != name {
				continue
			}
			if s.From {
				base = k
				continue
			}
			own = append(own, k)
		}
		steps = append(own, steps...)
		name, last = p.Stages[i].Base, i
	}
}

// copied is one source of a COPY or ADD.
type copied struct {
	// from is the op that is copied from, as an index into the graph.
	from int
	// src is an absolute path whose last elements may be patterns.
	src              string
	include, exclude []string
	// contents says that of a folder only the content is copied.
	contents bool
	dest     string
}

// copies returns the sources of a step that copies, nil for every other step.
func (g *graph) copies(step int) []copied {
	i, ok := g.results[step]
	if !ok {
		return nil
	}
	op := g.Ops[i]
	// A COPY --link merges what is below it with a copy onto nothing.
	if m := op.GetMerge(); m != nil && len(op.Inputs) > 0 {
		i = g.Inputs[i][len(op.Inputs)-1]
		op = g.Ops[i]
	}
	var out []copied
	for _, a := range op.GetFile().GetActions() {
		c := a.GetCopy()
		if c == nil || int(a.SecondaryInput) < 0 || int(a.SecondaryInput) >= len(op.Inputs) {
			continue
		}
		out = append(out, copied{from: g.Inputs[i][a.SecondaryInput], src: c.Src, dest: c.Dest, contents: c.DirCopyContents,
			include: slices.Clone(c.IncludePatterns), exclude: slices.Clone(c.ExcludePatterns)})
	}
	return out
}

// local reports whether an op reads the build context, or the files that are sent with the Dockerfile.
func (g *graph) local(op int) bool {
	return strings.HasPrefix(g.Ops[op].GetSource().GetIdentifier(), "local://")
}

// resultOf reports whether an op is the result of a step. Two plans of one Dockerfile have the same steps but not the
// same ops: which part of the build context is sent depends on the target.
func (g *graph) resultOf(op int, id plan.StepID) bool {
	return slices.ContainsFunc(slices.Collect(maps.Keys(g.results)), func(step int) bool {
		return g.results[step] == op && g.Plan.Steps[step].ID() == id
	})
}
