package ui

import (
	"fmt"

	"github.com/stagewatch/stagewatch/engine/event"
	"github.com/stagewatch/stagewatch/engine/human"
	"github.com/stagewatch/stagewatch/ui/draw"
	"github.com/stagewatch/stagewatch/ui/story"
)

// outputRef is a line that a step printed.
type outputRef struct {
	step *story.Step
	text string
}

// buildOutputRows is the output of all steps of the build that is shown, one after the other, wrapped where the logs are.
func (m *Model) buildOutputRows(width int) []row {
	b := m.shown()
	if b == nil {
		return []row{{left: draw.Line{}.Add(draw.Dim, "what the steps print appears here")}}
	}
	var rows []row
	b.Steps(func(s *story.Step) {
		if len(s.Output.Lines) == 0 {
			return
		}
		rows = append(rows, row{left: draw.Line{}.Add(draw.Accent, s.Name()+" ").Add(draw.Dim, s.Instruction), ref: outputRef{s, s.Instruction}})
		for _, l := range s.Output.Lines {
			st := draw.Plain
			if l.Stderr {
				st = draw.Warn
			}
			rows = append(rows, row{left: draw.Line{}.Add(st, "  "+l.Text), hang: 2, ref: outputRef{s, l.Text}})
		}
	})
	if rows == nil {
		rows = []row{{left: draw.Line{}.Add(draw.Dim, fmt.Sprintf("no step of build #%d printed anything", b.Number))}}
	}
	if m.logs.wrap {
		return flow(rows, width)
	}
	return rows
}

// followsOutput tells whether the build's output has the focus, and is shown as it comes: without a cursor.
func (m *Model) followsOutput() bool {
	return m.focus == logs && m.panes[logs].tab != 0 && !m.panes[logs].moved
}

// outputRows shows what a step printed, below a blank line and a heading. Of a hit that is what its last real run
// printed, with the build that it came from.
func (m *Model) outputRows(b *story.Build, s *story.Step, width int) []row {
	title, out := "Output of "+s.Name(), s.Output
	if s.State == event.Hit {
		if old, step := m.story.Printed(b, s); step != nil {
			out = step.Output
			title += " when it last ran, " + ran(old, out)
		}
	}
	rows := []row{{}, heading(title)}
	if out.Dropped > 0 {
		rows = append(rows, row{left: draw.Line{}.Add(draw.Dim, fmt.Sprintf("  … %s dropped", human.Count(out.Dropped, "older line")))})
	}
	for _, l := range out.Lines {
		st := draw.Plain
		if l.Stderr {
			st = draw.Warn
		}
		for _, part := range wrapText(l.Text, width-2) {
			rows = append(rows, row{left: draw.Line{}.Add(draw.Plain, "  ").Add(st, part)})
		}
	}
	if len(out.Lines) == 0 {
		text := "  it printed nothing"
		if s.State == event.Hit {
			text = "  a hit prints nothing: its result came from the cache, and the output of its last run is not known"
		}
		rows = append(rows, row{left: draw.Line{}.Add(draw.Dim, text)})
	}
	return rows
}

// ran says in which build a step printed what is kept, or when, where that was before this session.
func ran(b *story.Build, out story.Output) string {
	if out.At.IsZero() {
		return fmt.Sprintf("in build #%d", b.Number)
	}
	return "in an earlier session, " + out.At.Local().Format("2 Jan 15:04")
}
