package plan

import (
	"regexp"
	"slices"
	"strings"

	"github.com/stagewatch/stagewatch/engine/event"
)

// explain returns why op i differs from the last build: an edit of the Dockerfile, an argument, an option or a base. own
// is false where the reason is an input of the op.
func (k comparison) explain(p *Plan, i int) (why event.Reason, own bool) {
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
				return e.Reason(), true
			}
		}
	}
	for _, j := range p.ops[i].inputs {
		if _, local := p.ops[j].local(); !local && !k.full[p.ops[j].fullKey] && !p.isInline(j) {
			return p.inputReason(event.ReasonAfter, i, j), false
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
			return e.Reason(), true
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
			return e.Reason(), true
		}
	}
	return event.Reason{Kind: event.ReasonRemade}, true
}

// optionReason returns the changed options that affect a step: the build arguments that it uses, or else any build
// arguments, or else any other options. Its kind is empty where there are none.
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

// asFlag returns the command-line flag of a frontend attribute.
func asFlag(option string) string {
	if name, ok := strings.CutPrefix(option, "context:"); ok {
		return "--build-context " + name
	}
	return "--" + option
}

// variablesOf returns the names of the variables in an instruction.
func variablesOf(instruction string) []string {
	var names []string
	for _, m := range variables.FindAllStringSubmatch(instruction, -1) {
		names = append(names, m[1])
	}
	return names
}

var variables = regexp.MustCompile(`\$\{?([A-Za-z_][A-Za-z0-9_]*)`)

// settingReason returns the reason for settings that differ although no instruction was edited: build arguments, or the
// base image.
func (p *Plan) settingReason(names []string) event.Reason {
	for _, in := range readInstructions(p.source) {
		if strings.EqualFold(keyword(in.text), "ARG") && slices.ContainsFunc(names, func(name string) bool { return sets(in.text, name) }) {
			return event.Reason{Kind: event.ReasonArgument, Names: names}
		}
	}
	return event.Reason{Kind: event.ReasonBaseImage, Names: names}
}

// edited returns the reason where the step's own instruction was edited. Its kind is empty elsewhere.
func (k comparison) edited(s Step) event.Reason {
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

// differing returns the names of the step's settings that differ.
func (k comparison) differing(s Step) []string {
	old := k.oldText[stageText{s.Stage, s.written}]
	if old == nil {
		old = k.old[s.ID()]
	}
	if old == nil {
		return nil
	}
	return differing(old.settings, s.settings)
}
