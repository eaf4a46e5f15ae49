package plan

import (
	"regexp"
	"slices"
	"strings"

	"github.com/opencontainers/go-digest"

	"github.com/stagewatch/stagewatch/engine/event"
)

// known is what the plan of the last build tells of an op of the new one.
type known struct {
	prev      *Plan
	key, full map[digest.Digest]bool
	// edits are what was changed in the Dockerfile, by the line where it stands now.
	edits  []event.Edit
	byLine map[int]event.Edit
	// old are the steps of the last plan by name and by instruction.
	old     map[StepID]*Step
	oldText map[stageText]*Step
	// options are the frontend attributes that are not what they were.
	options []string
	// built are the stages of the last plan.
	built map[string]bool
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

// verdict tells what is expected of op i by what it is, whatever its inputs.
func (k known) verdict(p *Plan, i int) verdict {
	o := &p.ops[i]
	src := o.pb.GetSource() != nil
	_, local := o.local()
	another := src && !local && !k.full[o.fullKey] || !src && !k.key[o.key]
	switch {
	case k.prev == nil:
		return verdict{prediction: event.MayRerun}
	case o.noCache:
		return verdict{prediction: event.WillRerun, reason: event.Reason{Kind: event.ReasonStepNoCache}, direct: true}
	case another && k.passedOver(p, i):
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

// passedOver tells that op i is of stages that the last build did not need, and that nobody edited since: an earlier
// build may have left their results.
func (k known) passedOver(p *Plan, i int) bool {
	of := slices.Concat(p.ops[i].steps, p.ops[i].serves)
	for _, n := range of {
		stage := p.Steps[n].Stage
		if k.built[stage] || slices.ContainsFunc(k.edits, func(e event.Edit) bool { return e.Stage == stage }) {
			return false
		}
	}
	return len(of) > 0
}

// explain says what of the Dockerfile, its arguments or its bases makes op i another than before; own tells that it
// is something of the op itself. What only follows from an input is left to the input.
func (k known) explain(p *Plan, i int) (why event.Reason, own bool) {
	of := slices.Concat(p.ops[i].steps, p.ops[i].serves)
	if len(of) == 0 {
		return event.Reason{Kind: event.ReasonDockerfile}, true
	}
	s := p.Steps[of[0]]
	if why := k.edited(s); why.Kind != "" {
		return why, true
	}
	settings := k.differing(s)
	uses := slices.Concat(settings, variablesOf(s.written))
	for _, name := range uses {
		for _, e := range k.edits {
			if sets(e.Now, name) || sets(e.Was, name) {
				return editReason(e), true
			}
		}
	}
	for _, j := range p.ops[i].inputs {
		if _, local := p.ops[j].local(); !local && !k.full[p.ops[j].fullKey] && !p.isInline(j) {
			return p.following(event.ReasonAfter, i, j), false
		}
	}
	was := k.old[s.ID()]
	options := optionReason(k.options, uses)
	if p.ops[i].pb.GetSource() != nil {
		if options.Kind != "" {
			return options, true
		}
		return event.Reason{Kind: event.ReasonBaseImage}, true
	}
	for _, e := range k.edits {
		if e.Now == "" && e.Stage == s.Stage {
			return editReason(e), true
		}
	}
	switch same := k.oldText[stageText{s.Stage, s.written}]; {
	case options.Kind != "" && (same != nil || len(settings) > 0):
		return options, true
	case len(settings) > 0:
		return p.settingReason(settings), true
	case was != nil && same == nil && len(k.edits) == 0 && p.foreign:
		return event.Reason{Kind: event.ReasonFrontend, Was: event.OneLine(was.written)}, true
	case same == nil:
		return event.Reason{Kind: event.ReasonNew}, true
	}
	for _, e := range slices.Backward(k.edits) {
		if e.Line < s.Line && p.BasedOn(s.Stage, e.Stage) {
			return editReason(e), true
		}
	}
	return event.Reason{Kind: event.ReasonRemade}, true
}

// optionReason says which of the changed options a step goes by: the build arguments among what is set for it or named
// by its instruction, or else any. Its kind is empty for none.
func optionReason(changed, uses []string) event.Reason {
	var named, args, others []string
	for _, option := range changed {
		name, isArg := strings.CutPrefix(option, buildArg)
		switch {
		case !isArg:
			others = append(others, asFlag(option))
		case slices.Contains(uses, name):
			named = append(named, name)
		default:
			args = append(args, name)
		}
	}
	switch {
	case len(named) > 0:
		return event.Reason{Kind: event.ReasonArgument, Names: named}
	case len(args) > 0:
		return event.Reason{Kind: event.ReasonArgument, Names: args}
	case len(others) > 0:
		return event.Reason{Kind: event.ReasonOption, Names: others}
	}
	return event.Reason{}
}

// asFlag is a frontend attribute as the flag that gives it.
func asFlag(option string) string {
	if name, ok := strings.CutPrefix(option, "context:"); ok {
		return "--build-context " + name
	}
	return "--" + option
}

// variablesOf lists the variables that an instruction has in it.
func variablesOf(instruction string) []string {
	var names []string
	for _, m := range variables.FindAllStringSubmatch(instruction, -1) {
		names = append(names, m[1])
	}
	return names
}

var variables = regexp.MustCompile(`\$\{?([A-Za-z_][A-Za-z0-9_]*)`)

// settingReason says what is set otherwise by no edit of the Dockerfile: by a build argument, or by the base image.
func (p *Plan) settingReason(names []string) event.Reason {
	for _, in := range readInstructions(p.source) {
		if strings.EqualFold(keyword(in.text), "ARG") && slices.ContainsFunc(names, func(name string) bool { return sets(in.text, name) }) {
			return event.Reason{Kind: event.ReasonArgument, Names: names}
		}
	}
	return event.Reason{Kind: event.ReasonBaseImage, Names: names}
}

// edited says what the step's own instruction was before. Its kind is empty where it was not changed.
func (k known) edited(s Step) event.Reason {
	old, base := k.old[s.ID()], strings.TrimPrefix(s.written, "FROM ")
	if old != nil && base != s.written {
		if was, ok := strings.CutPrefix(old.written, "FROM "); ok && was != base && k.oldText[stageText{s.Stage, s.written}] == nil {
			return event.Reason{Kind: event.ReasonBase, Was: was, Now: base}
		}
	}
	e, ok := k.byLine[s.Line]
	switch {
	case !ok || base != s.written:
		return event.Reason{}
	case e.Was == "":
		return event.Reason{Kind: event.ReasonNew, Line: e.Line, Now: event.OneLine(e.Now)}
	}
	return event.Reason{Kind: event.ReasonInstruction, Line: e.Line, Was: event.OneLine(e.Was), Now: event.OneLine(e.Now)}
}

// differing names what is set otherwise for the step than before.
func (k known) differing(s Step) []string {
	old := k.oldText[stageText{s.Stage, s.written}]
	if old == nil {
		old = k.old[s.ID()]
	}
	if old == nil {
		return nil
	}
	return differing(old.settings, s.settings)
}

// editReason is the reason of a step that an edited instruction before it changes.
func editReason(e event.Edit) event.Reason {
	return event.Reason{Kind: event.ReasonEdit, Line: e.Line, Was: event.OneLine(e.Was), Now: event.OneLine(e.Now), Count: 1}
}
