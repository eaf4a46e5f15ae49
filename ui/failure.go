package ui

import (
	"fmt"
	"strings"

	"github.com/stagewatch/stagewatch/engine/event"
	"github.com/stagewatch/stagewatch/ui/draw"
	"github.com/stagewatch/stagewatch/ui/story"
)

// failureRows is what a person needs to repair a build: what failed, where, what it said, what to do.
func (m *Model) failureRows(b *story.Build, width int) []row {
	f := b.Failure
	var rows []row
	if f.Instruction != "" && !strings.Contains(f.Message, f.Instruction) {
		rows = append(rows, row{left: draw.Line{}.Add(draw.Plain|draw.Bold, f.Instruction)})
	}
	rows = append(rows, paragraph("✗ ", draw.Bad|draw.Bold, f.Message, draw.Bad|draw.Bold, width)...)
	if said := b.Said(); said != "" {
		rows = append(rows, paragraph("  ", draw.Plain, said, draw.Bad|draw.Bold, width)...)
	}
	if f.Hint != "" && !m.low() {
		rows = append(rows, paragraph("→ ", draw.Accent, f.Hint, draw.Plain, width)...)
	}
	rows = flow(append(rows, m.excerptRows(f)...), width)
	var after []row
	if s := m.story.Serving; s != nil && s.Build != b.Number {
		after = flow([]row{{}, {left: draw.Line{}.Add(draw.Warn, fmt.Sprintf("build #%d keeps serving until a build succeeds", s.Build))}}, width)
	}
	if s := b.Step(f.Stage, f.Index); s != nil {
		room := max(m.layout().content(page).H-len(rows)-len(after)-outputHead, leastOutput)
		rows = append(rows, m.excerptOf(m.outputRows(b, s, width), room)...)
	}
	return append(rows, after...)
}

// outputHead is how many rows stand before a step's output.
const outputHead = 2

// excerptOf cuts a step's output to room: to the end of it, where what went wrong stands, or to where the
// most telling line is the last but one.
func (m *Model) excerptOf(output []row, room int) []row {
	lines := output[outputHead:]
	if len(lines) <= room {
		return output
	}
	end, best, what := len(lines), 0, "its end"
	for i, r := range lines {
		if n := story.Telling(strings.TrimPrefix(r.left.Text(), "  ")); n > 0 && n >= best {
			best, end = n, i+2
		}
	}
	if end <= len(lines)-room {
		what = "where it failed"
	}
	end = min(max(end, room), len(lines))
	if what == "its end" {
		end = len(lines)
	}
	head := output[:outputHead:outputHead]
	head[1].left = head[1].left.Add(draw.Dim, fmt.Sprintf(", %s; %s opens all of it", what, m.keys.Open.Help().Key))
	return append(head, lines[end-room:end]...)
}

// low tells that a page has no room for more than what went wrong.
func (m *Model) low() bool { return m.layout().content(page).H < 14 }

// excerptRows shows the Dockerfile around the failing line; on a low screen only what is to blame.
func (m *Model) excerptRows(f *event.Failed) []row {
	var rows []row
	if len(f.Excerpt) > 0 && !m.low() {
		rows = append(rows, row{}, heading(fmt.Sprintf("Dockerfile, line %d", f.Line)))
	}
	for _, l := range f.Excerpt {
		if l.Blamed {
			rows = append(rows, row{left: draw.Line{}.Add(draw.Bad|draw.Bold, fmt.Sprintf("▸ %3d │ ", l.Line)).Add(draw.Plain|draw.Bold, l.Text), hang: 8})
		} else if !m.low() {
			rows = append(rows, row{left: draw.Line{}.Add(draw.Dim, fmt.Sprintf("  %3d │ %s", l.Line, l.Text)), hang: 8})
		}
	}
	return rows
}

// leastOutput is how much of a failed step's output is shown however low the screen is.
const leastOutput = 5
