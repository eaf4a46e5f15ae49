package ui

import (
	"github.com/stagewatch/stagewatch/ui/draw"
	"github.com/stagewatch/stagewatch/ui/present"
	"github.com/stagewatch/stagewatch/ui/story"
)

func (m *Model) drawLogs(c *draw.Canvas, in draw.Rect) {
	v, r := &m.logs, m.story.Logs
	if r.Len() == 0 {
		m.drawNoLogs(c, in)
		return
	}
	if v.pattern() != "" && len(v.passed.seqs) == 0 {
		c.Line(in.X, in.Y, in.W, draw.Line{}.Add(draw.Dim, "no line passes the filter"))
		return
	}
	for _, l := range v.inSight(m) {
		line := m.logLine(c, r.At(l.seq), in.W)
		parts := []draw.Line{line}
		if v.wrap {
			parts = line.Wrap(in.W)
		}
		for i, part := range parts[:min(len(parts), in.H-l.y)] {
			y := in.Y + l.y + i
			c.Line(in.X, y, in.W, part)
			if m.focus == logs && l.seq == v.cursor {
				m.showSelected(c, in, y)
			}
			if m.search != "" && m.focus == logs {
				m.markMatches(c, in, y)
			}
		}
	}
}

// drawNoLogs fills the panel until the app has logged anything: with the end of what the first build's steps print.
func (m *Model) drawNoLogs(c *draw.Canvas, in draw.Rect) {
	rows := []present.Row{{Left: draw.Line{}.Add(draw.Dim, "what the app prints appears here")}}
	if m.view().Printed() {
		rows = present.BuildOutput(m.view(), in.W, m.logs.wrap)
	}
	for i, r := range rows[max(0, len(rows)-in.H):] {
		c.Line(in.X, in.Y+i, in.W, r.Left)
	}
}

func (m *Model) logLine(c *draw.Canvas, e *story.Entry, width int) draw.Line {
	switch e.Kind {
	case story.Boundary, story.Mishap, story.Gap:
		st := draw.Accent | draw.Bold
		if e.Kind != story.Boundary {
			st = draw.Bad | draw.Bold
		}
		return draw.Line{}.Add(st, "— "+e.Text+" —").Add(draw.Dim, e.Time.Format(" 15:04:05"))
	}
	var line draw.Line
	if m.logs.times {
		line = line.Add(draw.Dim, e.Time.Format("15:04:05 "))
	}
	if e.Stderr {
		line = line.Add(draw.Warn, "! ")
	} else {
		line = line.Add(draw.Plain, "  ")
	}
	if !m.logs.raw {
		if nice := present.ReadableLog(e.Text); nice != nil {
			return append(line, nice...)
		}
	}
	return append(line, c.Colored(m.theme, e.Text, draw.Plain)...)
}
