package plain

import (
	"fmt"
	"strings"

	"github.com/stagewatch/stagewatch/engine/event"
	"github.com/stagewatch/stagewatch/ui/clean"
	"github.com/stagewatch/stagewatch/ui/draw"
)

func millis(ms int64) string           { return draw.Millis(ms) }
func count(n int, noun string) string  { return draw.Count(n, noun) }
func place(stage string, i int) string { return fmt.Sprintf("%s %d", stage, i) }

// planned says what is expected, the steps that are expected to run one by one and the hits as a number.
func (p *Printer) planned(build int, b event.Planned) {
	cause := b.Because
	p.cause = cause
	if len(b.Paths) > 0 {
		cause = strings.Join(b.Paths, ", ") + " changed"
	}
	switch {
	case build > 0:
		p.line(build, "building %s: %s", b.Target, cause)
	case len(b.Paths) > 0:
		p.line(build, "would build %s: %s", b.Target, cause)
	}
	if len(b.Paths) == 0 {
		// Nothing to compare with: every step may run, and that is no news.
		return
	}
	hits := 0
	for _, s := range b.Steps {
		word := ""
		switch s.Prediction {
		case event.WillHit:
			hits++
			continue
		case event.WillRerun:
			word = "will run"
		case event.MayRerun:
			word = "may run"
		}
		p.line(build, "%s %s%s", step(s.Stage, s.Index, s.Total, s.Instruction), word, because(s.Because))
	}
	if hits > 0 {
		p.line(build, "%s expected to hit", count(hits, "step"))
	}
}

func step(stage string, index, total int, instruction string) string {
	if total > 0 {
		return fmt.Sprintf("%s %d/%d %s", stage, index, total, instruction)
	}
	return fmt.Sprintf("%s %d %s", stage, index, instruction)
}

func because(why string) string {
	if why == "" {
		return ""
	}
	return ": " + why
}

func (p *Printer) step(build int, b event.Step) {
	id := place(b.Stage, b.Index)
	if have := p.done[id]; have == b.State || have != "" && b.State == event.Running {
		return
	}
	p.done[id] = b.State
	name := step(b.Stage, b.Index, b.Total, b.Instruction)
	switch b.State {
	case event.Running:
		p.line(build, "%s", name)
	case event.Hit:
		saved := ""
		if b.SavedMS > 0 {
			saved = " saved " + millis(b.SavedMS)
		}
		p.line(build, "%s HIT%s", name, saved)
	case event.Ran:
		why := b.Because
		if why == p.cause {
			why = ""
		}
		p.line(build, "%s RAN %s%s", name, millis(b.MS), because(why))
	case event.Fail:
		p.line(build, "%s FAILED after %s", name, millis(b.MS))
	case event.Skip:
		p.line(build, "%s SKIPPED", name)
	case event.Canceled:
		p.line(build, "%s CANCELED after %s", name, millis(b.MS))
	}
}

func (p *Printer) output(build int, b event.Output) {
	if p.opt.NoOutput {
		return
	}
	for _, l := range clean.Lines(b.Text) {
		p.line(build, "%s | %s", place(b.Stage, b.Index), l)
	}
}

func (p *Printer) built(build int, b event.Built) {
	saved := ""
	if b.SavedMS > 0 {
		saved = fmt.Sprintf(" (saved %s)", millis(b.SavedMS))
	}
	name := b.Target
	if b.Tag != "" {
		name = b.Tag
	}
	p.line(build, "BUILT %s in %s: %d ran, %s%s", name, millis(b.MS), b.Ran, count(b.Hits, "hit"), saved)
}

// failed writes the message, the Dockerfile around the line, and the hint on a line of its own.
func (p *Printer) failed(build int, b event.Failed) {
	where := ""
	if b.Line > 0 {
		where = fmt.Sprintf(" at Dockerfile line %d", b.Line)
	}
	p.line(build, "FAILED%s: %s", where, b.Message)
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
	after := b.After.Stage + " " + draw.Bytes(b.After.Bytes)
	if b.Delta != 0 {
		after += fmt.Sprintf(" (%s by this build)", dash(draw.Delta(b.Delta)))
	}
	if b.Before.Bytes > 0 {
		p.line(build, "SIZE %s %s -> %s, %s (%s)", b.Before.Stage, draw.Bytes(b.Before.Bytes), after, dash(draw.Percent(b.Before.Bytes, b.After.Bytes)), b.Basis)
	} else {
		p.line(build, "SIZE %s (%s)", after, b.Basis)
	}
	for _, s := range []event.StageSize{b.Before, b.After} {
		if s.StandIn != "" {
			p.line(build, "  %s stands on a stand-in: %s", s.Stage, s.StandIn)
		}
	}
}

// dash writes a minus that every pipe and pager knows.
func dash(s string) string { return strings.ReplaceAll(s, "−", "-") }

func (p *Printer) ledger(build int, b event.Ledger) {
	side := func(name string, groups []event.LedgerGroup) {
		var sum int64
		var parts []string
		for _, g := range groups {
			sum += g.Bytes
			parts = append(parts, g.Name+" "+draw.Bytes(g.Bytes))
		}
		if len(parts) > 0 {
			p.line(build, "%s %s: %s", name, draw.Bytes(sum), strings.Join(parts, ", "))
		}
	}
	side("carried", b.Carried)
	side("left behind", b.Left)
	for _, w := range b.Wasted {
		if w.Line > 0 {
			p.line(build, "wasted %s: %s line %d, %s (%s)", draw.Bytes(w.Bytes), w.Stage, w.Line, w.Instruction, w.Reason)
		}
	}
}
