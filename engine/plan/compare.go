package plan

import (
	"slices"

	"github.com/opencontainers/go-digest"

	"github.com/stagewatch/stagewatch/engine/event"
)

// comparison compares a plan with that of the last build, prev, which is nil for none.
type comparison struct {
	prev *Plan
	// key and full hold the keys and full keys of prev's ops.
	key, full map[digest.Digest]bool
	// edits are the edits of the Dockerfile, byLine those with a line in the new one.
	edits  []event.Edit
	byLine map[int]event.Edit
	// old and oldText hold the steps of prev by name and by instruction.
	old     map[StepID]*Step
	oldText map[stageText]*Step
	// options are the names of the frontend attributes that differ.
	options []string
	// built are the stages that have steps in prev.
	built map[string]bool
}

type stageText struct{ stage, instruction string }

func newComparison(p, prev *Plan) comparison {
	k := comparison{prev: prev}
	if prev == nil {
		return k
	}
	k.key, k.full = make(map[digest.Digest]bool, len(prev.ops)), make(map[digest.Digest]bool, len(prev.ops))
	for _, o := range prev.ops {
		k.key[o.key], k.full[o.fullKey] = true, true
	}
	k.byLine = map[int]event.Edit{}
	k.edits = p.Edits(prev)
	for _, e := range k.edits {
		if e.Now != "" {
			k.byLine[e.Line] = e
		}
	}
	k.old = make(map[StepID]*Step, len(prev.Steps))
	k.oldText = make(map[stageText]*Step, len(prev.Steps))
	k.built = map[string]bool{}
	for i := range prev.Steps {
		s := &prev.Steps[i]
		k.old[s.ID()] = s
		k.oldText[stageText{s.Stage, s.written}] = s
		k.built[s.Stage] = true
	}
	if prev.options != nil {
		k.options = differing(prev.options, p.options)
	}
	return k
}

// verdict returns what is expected of op i itself, whatever is expected of its inputs.
func (k comparison) verdict(p *Plan, i int) verdict {
	o := &p.ops[i]
	src := o.pb.GetSource() != nil
	_, local := o.local()
	another := src && !local && !k.full[o.fullKey] || !src && !k.key[o.key]
	switch {
	case k.prev == nil:
		return verdict{prediction: event.MayRerun}
	case o.noCache:
		return verdict{prediction: event.WillRerun, reason: event.Reason{Kind: event.ReasonStepNoCache}, direct: true}
	case another && k.notBuilt(p, i):
		return verdict{prediction: event.MayRerun, reason: event.Reason{Kind: event.ReasonNotNeeded}, direct: true}
	case another:
		why, own := k.explain(p, i)
		return verdict{prediction: event.WillRerun, reason: why, edited: own}
	case !src && !k.full[o.fullKey]:
		why, own := k.explain(p, i)
		return verdict{prediction: event.MayRerun, reason: why, edited: own, direct: own}
	}
	return verdict{prediction: event.WillHit}
}

// notBuilt reports whether op i belongs to stages that the last build did not need and that were not edited. An earlier
// build may have left their results in the cache.
func (k comparison) notBuilt(p *Plan, i int) bool {
	of := slices.Concat(p.ops[i].steps, p.ops[i].serves)
	for _, n := range of {
		stage := p.Steps[n].Stage
		if k.built[stage] || slices.ContainsFunc(k.edits, func(e event.Edit) bool { return e.Stage == stage }) {
			return false
		}
	}
	return len(of) > 0
}
