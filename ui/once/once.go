// Package once shows one build on a terminal: the steps in the order of the Dockerfile with their results, the output of
// the running step, and at the end a table of the stages. It writes coloured lines and never moves the cursor, so that
// everything stays in the terminal's history.
package once

import (
	"fmt"
	"io"
	"strings"

	"github.com/muesli/termenv"

	"github.com/stagewatch/stagewatch/engine/event"
	"github.com/stagewatch/stagewatch/engine/human"
	"github.com/stagewatch/stagewatch/ui/clean"
	"github.com/stagewatch/stagewatch/ui/draw"
	"github.com/stagewatch/stagewatch/ui/plain"
	"github.com/stagewatch/stagewatch/ui/story"
)

// Options says how to show the build.
type Options struct {
	// Width is the width of the terminal in columns.
	Width int
	// Color is the depth of colours that the terminal can show.
	Color termenv.Profile
	// OldOutput also shows what cached steps printed when they ran.
	OldOutput bool
}

// Printer writes events to a terminal, one at a time. It is not safe for concurrent use.
type Printer struct {
	w     io.Writer
	opt   Options
	story *story.Story
	// plain writes the events that have no form of their own here.
	plain *plain.Printer
	// next is the index of the first step, in the order of the Dockerfile, whose result was not written yet. begun says
	// that it was written as running, and lines counts the lines of its output that were written.
	next  int
	begun bool
	lines int
	err   error
}

// New returns a printer that writes to w.
func New(w io.Writer, opt Options) *Printer {
	w = draw.Hanging(w, max(opt.Width, leastWidth))
	p := &Printer{w: w, opt: opt, story: story.New(1)}
	p.plain = plain.New(w, plain.Options{OldOutput: opt.OldOutput})
	return p
}

// Print writes what can be written after an event.
func (p *Printer) Print(e event.Event) error {
	if _, log := e.Body.(event.Log); log {
		return nil
	}
	p.story.Apply(e)
	b := p.story.Current()
	switch body := e.Body.(type) {
	case event.Engine:
		p.write(termenv.ANSIBrightBlack, "%s %s, store %s", body.Name, body.Version, body.Store)
	case event.Planned:
		p.write(nil, "building %s: %s", b.Target, b.Because)
	case event.Output:
		if !body.RanAt.IsZero() {
			p.old(b, body)
			break
		}
		p.steps(b, false)
	case event.Step:
		p.steps(b, false)
	case event.Built:
		p.steps(b, true)
		p.write(termenv.ANSIGreen, "BUILT %s in %s: %d ran, %s%s", named(body), draw.Millis(b.MS), b.Ran, human.Count(b.Hits, "hit"), saved(b.Saved))
	case event.Failed:
		p.steps(b, true)
		p.say(e)
	case event.Warning, event.Check:
		p.say(e)
	}
	return p.err
}

// End writes the table. Call it after the last event.
func (p *Printer) End() error {
	if b := p.story.Current(); b != nil && b.State == story.Built {
		p.table(b)
	}
	return p.err
}

func named(b event.Built) string {
	if b.Tag == "" {
		return b.Target
	}
	return strings.Join(append([]string{b.Tag}, b.MoreTags...), ", ")
}

func saved(ms int64) string {
	if ms == 0 {
		return ""
	}
	return fmt.Sprintf(" (saved %s)", draw.Millis(ms))
}

// say writes an event in plain text, without the build's number, because there is only one build.
func (p *Printer) say(e event.Event) {
	e.Build = 0
	if err := p.plain.Print(e); err != nil && p.err == nil {
		p.err = err
	}
}

// steps writes the results of steps in their order, up to the first one that has not ended. If over is set, it writes all
// that are left.
func (p *Printer) steps(b *story.Build, over bool) {
	var all []*story.Step
	b.Steps(func(s *story.Step) { all = append(all, s) })
	for ; p.next < len(all); p.next, p.begun, p.lines = p.next+1, false, 0 {
		s := all[p.next]
		switch {
		case s.State == event.Running && !over:
			if !p.begun {
				p.begun = true
				p.write(nil, "%s", draw.Cut(fmt.Sprintf("%-8s  %s  %s", "running", p.place(all, s), s.Instruction), p.width()))
			}
			p.output(s)
			return
		case s.State == "" && !over:
			return
		case s.State == "":
			continue
		}
		if s.State != event.Hit {
			p.output(s)
		}
		p.result(all, s)
		if s.State == event.Hit && p.opt.OldOutput {
			p.output(s)
		}
	}
}

// old writes what a cached step printed when it ran. That can arrive after the line of the step was written.
func (p *Printer) old(b *story.Build, o event.Output) {
	at := -1
	n := 0
	b.Steps(func(s *story.Step) {
		if s.Stage == clean.Line(o.Stage) && s.Index == o.Index {
			at = n
		}
		n++
	})
	if at >= p.next || !p.opt.OldOutput {
		return
	}
	name := ""
	if at < p.next-1 {
		name = b.StepName(clean.Line(o.Stage), o.Index) + " "
	}
	for _, l := range clean.Lines(o.Text) {
		p.write(termenv.ANSIBrightBlack, "          │ %s%s", name, l)
	}
}

// output writes the lines of a step's output that were not written yet.
func (p *Printer) output(s *story.Step) {
	if n := s.Output.Dropped - p.lines; n > 0 {
		p.write(termenv.ANSIBrightBlack, "          │ … %s", human.Count(n, "line"))
		p.lines += n
	}
	for _, l := range s.Output.Lines[p.lines-s.Output.Dropped:] {
		p.write(termenv.ANSIBrightBlack, "          │ %s", l.Text)
		p.lines++
	}
}

// result writes the result of a step.
func (p *Printer) result(all []*story.Step, s *story.Step) {
	color, note := termenv.ANSIBrightBlack, draw.Millis(s.MS)
	switch s.State {
	case event.Hit:
		color, note = termenv.ANSIGreen, ""
		if s.Saved > 0 {
			note = "saved " + draw.Millis(s.Saved)
		}
	case event.Ran:
		color = termenv.ANSIYellow
	case event.Fail:
		color = termenv.ANSIRed
	case event.Skip:
		note = ""
	}
	if s.CountsElsewhere() {
		color = termenv.ANSIBrightBlack
		note = "with " + p.story.Current().StepName(s.Merged.Stage, s.Merged.Index)
	}
	place := p.place(all, s)
	room := p.width() - len("CANCELED") - draw.Width(place) - draw.Width(note) - 6
	text := fmt.Sprintf("  %s  %s", place, draw.Cut(s.Instruction, max(room, 20)))
	p.raw(p.paint(color, fmt.Sprintf("%-8s", s.Word())) + text + p.paint(termenv.ANSIBrightBlack, strings.TrimRight("  "+note, " ")))
}

// place returns the name of a step, padded to the widest.
func (p *Printer) place(all []*story.Step, s *story.Step) string {
	width := 0
	for _, other := range all {
		width = max(width, draw.Width(other.Name()))
	}
	return s.Name() + strings.Repeat(" ", width-draw.Width(s.Name()))
}

// leastWidth is the least width that lines are cut and broken to.
const leastWidth = 40

func (p *Printer) width() int { return max(p.opt.Width, leastWidth) }

func (p *Printer) paint(c termenv.Color, text string) string {
	if c == nil || p.opt.Color == termenv.Ascii || text == "" {
		return text
	}
	return termenv.String(text).Foreground(p.opt.Color.Convert(c)).String()
}

// write writes a line in a colour, and cleans it.
func (p *Printer) write(c termenv.Color, format string, args ...any) {
	p.raw(p.paint(c, clean.Line(fmt.Sprintf(format, args...))))
}

func (p *Printer) raw(line string) {
	if p.err != nil {
		return
	}
	if _, err := io.WriteString(p.w, line+"\n"); err != nil {
		p.err = fmt.Errorf("writing progress: %w", err)
	}
}
