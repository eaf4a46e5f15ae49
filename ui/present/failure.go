package present

import (
	"fmt"
	"strings"

	"github.com/stagewatch/stagewatch/engine/event"
	"github.com/stagewatch/stagewatch/ui/draw"
	"github.com/stagewatch/stagewatch/ui/story"
)

// lowHeight is the height below which a failure shows no more than what went wrong.
const lowHeight = 14

// Failure is what a person needs to repair a build: what failed, where, what it said and what to do. A step's output is
// cut to what height has room for.
func Failure(v View, b *story.Build, width, height int) []Row {
	f, low := b.Failure, height < lowHeight
	var rows []Row
	if f.Instruction != "" && !strings.Contains(f.Message, f.Instruction) {
		rows = append(rows, Row{Left: draw.Line{}.Add(draw.Plain|draw.Bold, f.Instruction)})
	}
	rows = append(rows, paragraph("✗ ", draw.Bad|draw.Bold, f.Message, draw.Bad|draw.Bold, width)...)
	if said := b.ErrorLine(); said != "" {
		rows = append(rows, paragraph("  ", draw.Plain, said, draw.Bad|draw.Bold, width)...)
	}
	if f.Hint != "" && !low {
		rows = append(rows, paragraph(hintLabel, draw.Accent, f.Hint, draw.Plain, width)...)
	}
	rows = Flow(append(rows, excerptRows(f, low)...), width)
	var after []Row
	if s := v.Story.Serving; s != nil && s.Build != b.Number {
		after = Flow([]Row{{}, {Left: draw.Line{}.Add(draw.Warn, fmt.Sprintf("build #%d keeps serving until a build succeeds", s.Build))}}, width)
	}
	if s := b.Step(f.Stage, f.Index); s != nil {
		room := max(height-len(rows)-len(after)-outputHead, leastOutput)
		rows = append(rows, v.excerptOf(v.outputRows(b, s, width), room)...)
	}
	return append(rows, after...)
}

// outputHead is how many rows stand above a step's output.
const outputHead = 2

// excerptOf cuts a step's output to room lines: to its end, or to where the most telling line is the last but one.
func (v View) excerptOf(output []Row, room int) []Row {
	lines := output[outputHead:]
	if len(lines) <= room {
		return output
	}
	end, best, what := len(lines), 0, "its end"
	for i, r := range lines {
		if n := story.ErrorRank(strings.TrimPrefix(r.Left.Text(), "  ")); n > 0 && n >= best {
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
	head[1].Left = head[1].Left.Add(draw.Dim, fmt.Sprintf(", %s; %s opens all of it", what, v.Keys.Open))
	return append(head, lines[end-room:end]...)
}

// excerptRows shows the Dockerfile around the failing line, on a low screen only the lines to blame.
func excerptRows(f *event.Failed, low bool) []Row {
	var rows []Row
	if len(f.Excerpt) > 0 && !low {
		rows = append(rows, Row{}, Heading(fmt.Sprintf("Dockerfile, line %d", f.Line)))
	}
	for _, l := range f.Excerpt {
		if l.Blamed {
			rows = append(rows, Row{Left: draw.Line{}.Add(draw.Bad|draw.Bold, fmt.Sprintf("▸ %3d │ ", l.Line)).Add(draw.Plain|draw.Bold, l.Text), Hang: 8})
		} else if !low {
			rows = append(rows, Row{Left: draw.Line{}.Add(draw.Dim, fmt.Sprintf("  %3d │ %s", l.Line, l.Text)), Hang: 8})
		}
	}
	return rows
}

// leastOutput is how many lines of a failed step's output are shown on the lowest screen.
const leastOutput = 5
