package ui

import (
	"fmt"

	"github.com/stagewatch/stagewatch/engine/event"
	"github.com/stagewatch/stagewatch/ui/draw"
	"github.com/stagewatch/stagewatch/ui/story"
)

// buildOutputRows is the output of all steps of the build that is shown, one after the other.
func (m *Model) buildOutputRows(int) []row {
	b := m.shown()
	if b == nil {
		return []row{{left: draw.Line{}.Add(draw.Dim, "what the steps print appears here")}}
	}
	var rows []row
	b.Steps(func(s *story.Step) {
		if len(s.Output.Lines) == 0 {
			return
		}
		rows = append(rows, row{left: draw.Line{}.Add(draw.Accent, fmt.Sprintf("%s %d/%d ", s.Stage, s.Index, s.Total)).Add(draw.Dim, s.Instruction)})
		for _, l := range s.Output.Lines {
			st := draw.Plain
			if l.Stderr {
				st = draw.Warn
			}
			rows = append(rows, row{left: draw.Line{}.Add(st, "  "+l.Text)})
		}
	})
	if rows == nil {
		rows = []row{{left: draw.Line{}.Add(draw.Dim, fmt.Sprintf("no step of build %d printed anything", b.Number))}}
	}
	return rows
}

// outputRows shows what a step printed, below a blank line and a heading.
func (m *Model) outputRows(b *story.Build, s *story.Step, width int) []row {
	lines := s.Output.Lines
	rows := []row{{}, heading(fmt.Sprintf("Output of %s %d/%d", s.Stage, s.Index, s.Total))}
	if s.Output.Dropped > 0 {
		rows = append(rows, row{left: draw.Line{}.Add(draw.Dim, fmt.Sprintf("  … %d older lines are gone", s.Output.Dropped))})
	}
	for _, l := range lines {
		st := draw.Plain
		if l.Stderr {
			st = draw.Warn
		}
		for _, part := range wrapText(l.Text, width-2) {
			rows = append(rows, row{left: draw.Line{}.Add(draw.Plain, "  ").Add(st, part)})
		}
	}
	if len(lines) == 0 {
		text := "  it printed nothing"
		if s.State == event.Hit {
			text = "  a hit prints nothing: BuildKit took the result that it had"
			if old := m.outputBefore(b, s); old > 0 {
				text += fmt.Sprintf("; its output is in build %d", old)
			}
		}
		rows = append(rows, row{left: draw.Line{}.Add(draw.Dim, text)})
	}
	return rows
}

// outputBefore finds the newest build that kept output of the same step.
func (m *Model) outputBefore(b *story.Build, s *story.Step) int {
	for i := len(m.story.Builds) - 1; i >= 0; i-- {
		old := m.story.Builds[i]
		if old.Number >= b.Number {
			continue
		}
		if same := old.Step(s.Stage, s.Index); same != nil && same.Instruction == s.Instruction && len(same.Output.Lines) > 0 {
			return old.Number
		}
	}
	return 0
}
