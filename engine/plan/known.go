package plan

import (
	"strings"

	"github.com/opencontainers/go-digest"

	"github.com/stagewatch/stagewatch/engine/event"
)

// known is what the plan of the last build tells of an op of the new one.
type known struct {
	prev      *Plan
	key, full map[digest.Digest]bool
	// old and now are the steps of both plans, oldText and nowText their instructions by stage.
	old              map[StepID]*Step
	oldText, nowText map[stageText]bool
}

type stageText struct{ stage, instruction string }

func newKnown(p, prev *Plan) known {
	k := known{prev: prev}
	if prev == nil {
		return k
	}
	k.key, k.full = make(map[digest.Digest]bool, len(prev.ops)), make(map[digest.Digest]bool, len(prev.ops))
	for _, o := range prev.ops {
		k.key[o.key], k.full[o.fullKey] = true, true
	}
	k.old = make(map[StepID]*Step, len(prev.Steps))
	k.oldText, k.nowText = map[stageText]bool{}, map[stageText]bool{}
	for i := range prev.Steps {
		s := &prev.Steps[i]
		k.old[s.ID()] = s
		k.oldText[stageText{s.Stage, s.Instruction}] = true
	}
	for _, s := range p.Steps {
		k.nowText[stageText{s.Stage, s.Instruction}] = true
	}
	return k
}

// verdict tells what is expected of op i by what it is, whatever its inputs.
func (k known) verdict(p *Plan, i int) verdict {
	o := &p.ops[i]
	src := o.pb.GetSource() != nil
	_, local := o.local()
	switch {
	case k.prev == nil:
		return verdict{prediction: event.MayRerun}
	case o.noCache:
		return verdict{prediction: event.WillRerun, because: "asked to run without the cache", direct: true}
	case src && !local && !k.full[o.fullKey], !src && !k.key[o.key]:
		return verdict{prediction: event.WillRerun, because: k.explain(p, i)}
	case !src && !k.full[o.fullKey]:
		return verdict{prediction: event.MayRerun, because: k.explain(p, i)}
	}
	return verdict{prediction: event.WillHit}
}

// explain says what of the Dockerfile or its bases makes op i another than before. What only follows
// from an input is left to the input.
func (k known) explain(p *Plan, i int) string {
	if len(p.ops[i].steps) == 0 {
		return "the Dockerfile changed"
	}
	s := p.Steps[p.ops[i].steps[0]]
	base, isFrom := strings.CutPrefix(s.Instruction, "FROM ")
	if old := k.old[s.ID()]; old != nil && !k.oldText[stageText{s.Stage, s.Instruction}] {
		// The instruction is new; it stands in for the old one, unless that has only moved on.
		if was, ok := strings.CutPrefix(old.Instruction, "FROM "); isFrom && ok && was != base {
			return "base was " + was
		}
		if !k.nowText[stageText{s.Stage, old.Instruction}] {
			return "Dockerfile changed: was " + old.Instruction
		}
	}
	for _, j := range p.ops[i].inputs {
		if _, local := p.ops[j].local(); !local && !k.full[p.ops[j].fullKey] && !p.isInline(j) {
			return "after " + p.who(i, j)
		}
	}
	if p.ops[i].pb.GetSource() != nil {
		return "base image changed"
	}
	return "new in the Dockerfile"
}
