package plain

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/stagewatch/stagewatch/engine/event"
	"github.com/stagewatch/stagewatch/engine/human"
	"github.com/stagewatch/stagewatch/ui/clean"
	"github.com/stagewatch/stagewatch/ui/draw"
)

func millis(ms int64) string          { return draw.Millis(ms) }
func count(n int, noun string) string { return human.Count(n, noun) }

// planned writes what is expected and why: a line for each step that is expected to run, and the number of hits.
func (p *Printer) planned(build int, b event.Planned) {
	p.reason = b.Reason
	cause := b.Because
	if cause == "" && len(b.Paths) > 0 {
		cause = strings.Join(b.Paths, ", ") + " changed"
	}
	switch {
	case build > 0:
		p.line(build, "building %s: %s", b.Target, cause)
	case cause != "":
		p.line(build, "would build %s: %s", b.Target, cause)
	}
	if b.Chain != "" {
		p.line(build, "because %s", ascii(b.Chain))
	}
	if len(b.Edits) > 1 {
		for _, e := range b.Edits {
			p.line(build, "%s", e.In(""))
		}
	}
	hits := 0
	with := map[string]int{}
	for _, s := range b.Steps {
		p.totals[event.StepID{Stage: s.Stage, Index: s.Index}] = s.Total
		if s.Prediction == event.WillHit {
			hits++
		}
	}
	if hits == 0 && len(b.Paths) == 0 {
		// There is nothing to compare with, so every step may run. That is not worth a line each.
		return
	}
	for _, s := range b.Steps {
		if s.Prediction == event.WillHit {
			continue
		}
		if s.WithService != "" {
			with[s.WithService]++
			continue
		}
		word := s.Prediction.Word()
		name := p.step(event.StepID{Stage: s.Stage, Index: s.Index}) + " " + s.Instruction
		switch {
		case s.MergedWith != nil:
			word += ": merged with " + p.step(*s.MergedWith)
		case s.LastMS > 0:
			word += because(s.Because) + ", last time " + millis(s.LastMS)
		default:
			word += because(s.Because)
		}
		p.line(build, "%s %s", name, word)
	}
	for _, service := range slices.Sorted(maps.Keys(with)) {
		p.line(build, "%s as for %s, built once", count(with[service], "step"), service)
	}
	if hits > 0 {
		p.line(build, "%s expected to hit", count(hits, "step"))
	}
}

// ascii replaces arrows, which not every pipe and pager shows.
func ascii(s string) string { return strings.ReplaceAll(s, "→", "->") }

// step names a step by its stage and its number in it, as BuildKit does.
func (p *Printer) step(id event.StepID) string {
	if total := p.totals[id]; total > 0 {
		return fmt.Sprintf("%s %d/%d", id.Stage, id.Index, total)
	}
	return fmt.Sprintf("%s %d", id.Stage, id.Index)
}

func because(why string) string {
	if why == "" {
		return ""
	}
	return ": " + why
}

func (p *Printer) stepped(build int, b event.Step) {
	id := event.StepID{Stage: b.Stage, Index: b.Index}
	if b.Total > 0 {
		p.totals[id] = b.Total
	}
	if have := p.done[id]; have == b.State || have != "" && b.State == event.Running {
		return
	}
	p.done[id] = b.State
	name := p.step(id) + " " + b.Instruction
	if b.MergedWith != nil && (b.State == event.Hit || b.State == event.Ran) {
		p.line(build, "%s %s with %s", name, event.Merged, p.step(*b.MergedWith))
		return
	}
	switch b.State {
	case event.Running:
		p.line(build, "%s", name)
	case event.Hit:
		p.line(build, "%s %s%s%s", name, b.State.Word(), saved(b), because(b.Because))
	case event.Ran:
		why := b.Because
		if b.Reason.Kind != "" && b.Reason.Equal(p.reason) {
			why = ""
		}
		last := ""
		if b.LastMS > 0 {
			last = " (" + millis(b.LastMS) + " last time)"
		}
		p.line(build, "%s %s %s%s%s", name, b.State.Word(), millis(b.MS), last, because(why))
	case event.Fail, event.Canceled:
		p.line(build, "%s %s after %s", name, b.State.Word(), millis(b.MS))
	case event.Skip:
		p.line(build, "%s %s", name, b.State.Word())
	}
}

// saved says how much time a hit saved, and which run of the step the cached result is from.
func saved(b event.Step) string {
	text := ""
	if b.SavedMS > 0 {
		text = " saved " + millis(b.SavedMS)
	}
	switch {
	case b.RanBuild > 0:
		text += fmt.Sprintf(" (ran in build #%d)", b.RanBuild)
	case !b.RanAt.IsZero():
		text += " (ran " + human.Moment(b.RanAt) + ")"
	}
	return text
}

// output writes what a step prints, and with OldOutput what a cached step printed when it ran.
func (p *Printer) output(build int, b event.Output) {
	if !b.RanAt.IsZero() && !p.opt.OldOutput {
		return
	}
	name := p.step(event.StepID{Stage: b.Stage, Index: b.Index})
	if !b.RanAt.IsZero() {
		name += " at " + human.Moment(b.RanAt)
	}
	for _, l := range clean.Lines(b.Text) {
		p.line(build, "%s | %s", name, l)
	}
}

func (p *Printer) built(build int, b event.Built) {
	saved := ""
	if b.SavedMS > 0 {
		saved = fmt.Sprintf(" (saved %s)", millis(b.SavedMS))
	}
	if b.SessionSavedMS > b.SavedMS {
		saved = fmt.Sprintf(" (saved %s, %s in this session)", millis(b.SavedMS), millis(b.SessionSavedMS))
	}
	name := b.Target
	if b.Tag != "" {
		name = b.Tag
	}
	brought := ""
	if b.BroughtBytes > 0 {
		brought = ", " + human.Bytes(b.BroughtBytes) + " brought from the builder"
	}
	p.line(build, "BUILT %s in %s: %d ran, %s%s%s", name, millis(b.MS), b.Ran, count(b.Hits, "hit"), saved, brought)
	if b.Score.Promised+b.Score.Maybes > 0 {
		p.line(build, "predictions so far: %s", b.Score)
	}
}

// failed writes the message, the lines of the Dockerfile around the failed one, and the hint.
func (p *Printer) failed(build int, b event.Failed) {
	p.line(build, "FAILED%s: %s", atLine(b), b.Message)
	p.excerpt(build, b)
}

func atLine(b event.Failed) string {
	if b.Line == 0 {
		return ""
	}
	return fmt.Sprintf(" at Dockerfile line %d", b.Line)
}

// excerpt writes the lines of the Dockerfile around the failed one, and the hint.
func (p *Printer) excerpt(build int, b event.Failed) {
	for _, l := range b.Excerpt {
		sign := " "
		if l.Blamed {
			sign = ">"
		}
		p.line(build, "%s %3d | %s", sign, l.Line, l.Text)
	}
	if b.Hint != "" {
		p.line(build, "hint: %s", b.Hint)
	}
}

func (p *Printer) sized(build int, b event.Sized) {
	after := b.After.Stage + " " + human.Bytes(b.After.Bytes)
	if b.Delta != 0 {
		after += fmt.Sprintf(" (%s by this build)", dash(human.Delta(b.Delta)))
	}
	if b.Before.Bytes > 0 {
		p.line(build, "SIZE %s %s -> %s, %s (%s)", b.Before.Stage, human.Bytes(b.Before.Bytes), after, dash(draw.Percent(b.Before.Bytes, b.After.Bytes)), b.Counted())
	} else {
		p.line(build, "SIZE %s (%s)", after, b.Counted())
	}
	for _, s := range []event.StageSize{b.Before, b.After} {
		if s.StandIn != "" {
			p.line(build, "  %s is based on a stand-in: %s", s.Stage, s.StandIn)
		}
	}
}

// dash replaces the minus sign, which not every pipe and pager shows.
func dash(s string) string { return strings.ReplaceAll(s, "−", "-") }
