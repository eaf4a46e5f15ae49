package present

import (
	"fmt"

	"github.com/stagewatch/stagewatch/engine/event"
	"github.com/stagewatch/stagewatch/engine/human"
	"github.com/stagewatch/stagewatch/ui/draw"
	"github.com/stagewatch/stagewatch/ui/story"
)

// OutputRef is a line that a step printed, or its instruction.
type OutputRef struct {
	Step *story.Step
	Text string
}

// BuildOutput is the output of all steps of the build that is shown, one after the other.
func BuildOutput(v View, width int, wrap bool) []Row {
	b := v.Shown()
	if b == nil {
		return []Row{dim("what the steps print appears here")}
	}
	var rows []Row
	b.Steps(func(s *story.Step) {
		if len(s.Output.Lines) == 0 {
			return
		}
		rows = append(rows, Row{Left: draw.Line{}.Add(draw.Accent, s.Name()+" ").Add(draw.Dim, s.Instruction), Ref: OutputRef{s, s.Instruction}})
		for _, l := range s.Output.Lines {
			st := draw.Plain
			if l.Stderr {
				st = draw.Warn
			}
			rows = append(rows, Row{Left: draw.Line{}.Add(st, "  "+l.Text), Hang: 2, Ref: OutputRef{s, l.Text}})
		}
	})
	if rows == nil {
		rows = []Row{dim(fmt.Sprintf("no step of build #%d printed anything", b.Number))}
	}
	if wrap {
		return Flow(rows, width)
	}
	return rows
}

// outputRows shows what a step printed, below a blank line and a heading. For a hit that is what its last real run
// printed, with the build of that run.
func (v View) outputRows(b *story.Build, s *story.Step, width int) []Row {
	title, out := "Output of "+s.Name(), s.Output
	if s.State == event.Hit {
		if old, step := v.Story.Printed(b, s); step != nil {
			out = step.Output
			title += " when it last ran, " + ran(old, out)
		}
	}
	rows := []Row{{}, Heading(title)}
	if out.Dropped > 0 {
		rows = append(rows, Row{Left: draw.Line{}.Add(draw.Dim, fmt.Sprintf("  … %s dropped", human.Count(out.Dropped, "older line")))})
	}
	for _, l := range out.Lines {
		st := draw.Plain
		if l.Stderr {
			st = draw.Warn
		}
		for _, part := range wrapText(l.Text, width-2) {
			rows = append(rows, Row{Left: draw.Line{}.Add(draw.Plain, "  ").Add(st, part)})
		}
	}
	if len(out.Lines) == 0 {
		text := "  it printed nothing"
		if s.State == event.Hit {
			text = "  a hit prints nothing: its result came from the cache, and the output of its last run is not kept"
		}
		rows = append(rows, dim(text))
	}
	return rows
}

// ran says in which build a step printed what is kept, or when, if that was before this session.
func ran(b *story.Build, out story.Output) string {
	if out.At.IsZero() {
		return fmt.Sprintf("in build #%d", b.Number)
	}
	return "in an earlier session, " + human.Moment(out.At)
}
