// Package once shows one build on a terminal, for who stays to watch it: the steps in the order of the Dockerfile, each
// with what became of it, the output of what runs while it runs, and at the end a table of the stages. It writes lines
// with colours and moves no cursor, so that what was said stays in the terminal's history.
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

// Options say how to show it.
type Options struct {
	// Width is the terminal's, in columns.
	Width int
	// Color is what the terminal can show of colours.
	Color termenv.Profile
	// OldOutput shows what steps that are hits printed when they ran, too.
	OldOutput bool
}

// Printer writes events to a terminal, one at a time. It is not safe for concurrent use.
type Printer struct {
	w     io.Writer
	opt   Options
	story *story.Story
	// plain says what has no form of its own here.
	plain *plain.Printer
	// next is the place of the first step, in the order of the Dockerfile, that was not told to its end; begun tells
	// that it was told to run, and lines how many lines of its output were told.
	next  int
	begun bool
	lines int
	err   error
}

// New returns a printer to w.
func New(w io.Writer, opt Options) *Printer {
	w = draw.Hanging(w, max(opt.Width, leastWidth))
	p := &Printer{w: w, opt: opt, story: story.New(1)}
	p.plain = plain.New(w, plain.Options{OldOutput: opt.OldOutput})
	return p
}

// Print writes what there is to tell after e.
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
	case event.Warning:
		p.say(e)
	}
	return p.err
}

// End writes the table, when there are no more events.
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

// say has the plain printer word an event. There is but one build, and its number says nothing.
func (p *Printer) say(e event.Event) {
	e.Build = 0
	if err := p.plain.Print(e); err != nil && p.err == nil {
		p.err = err
	}
}

// steps tells the steps on as far as their order allows: the first one that has not ended holds up the rest. Once all
// is over nothing does.
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

// old tells what a hit's step printed when it ran. That comes after the hit itself, which may have been told by then.
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

// output tells what of a step's output was not told yet.
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

// result tells what became of a step.
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

// place is a step's name, as wide as the widest.
func (p *Printer) place(all []*story.Step, s *story.Step) string {
	width := 0
	for _, other := range all {
		width = max(width, draw.Width(other.Name()))
	}
	return s.Name() + strings.Repeat(" ", width-draw.Width(s.Name()))
}

// leastWidth is the least that lines are cut and broken to.
const leastWidth = 40

func (p *Printer) width() int { return max(p.opt.Width, leastWidth) }

func (p *Printer) paint(c termenv.Color, text string) string {
	if c == nil || p.opt.Color == termenv.Ascii || text == "" {
		return text
	}
	return termenv.String(text).Foreground(p.opt.Color.Convert(c)).String()
}

// write writes a line in a colour. What came from elsewhere was cleaned by the story; the rest is cleaned here.
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
