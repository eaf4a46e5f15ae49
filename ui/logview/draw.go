package logview

import (
	"github.com/stagewatch/stagewatch/ui/draw"
	"github.com/stagewatch/stagewatch/ui/present"
	"github.com/stagewatch/stagewatch/ui/story"
)

func (v *Log) Draw(c *draw.Canvas, focused bool) {
	r, in := v.logs(), v.in
	if r.Len() == 0 {
		v.drawNothing(c)
		return
	}
	if v.pattern() != "" && len(v.passed.seqs) == 0 {
		c.Line(in.X, in.Y, in.W, draw.Line{}.Add(draw.Dim, "no line passes the filter"))
		return
	}
	for _, l := range v.inSight() {
		line := v.line(c, r.At(l.seq), in.W)
		parts := []draw.Line{line}
		if v.Wrap {
			parts = line.Wrap(in.W)
		}
		for i, part := range parts[:min(len(parts), in.H-l.y)] {
			y := in.Y + l.y + i
			c.Line(in.X, y, in.W, part)
			if focused && l.seq == v.cursor {
				v.look.MarkCursor(c, in, y)
			}
			if focused {
				v.look.MarkFound(c, in, y)
			}
		}
	}
}

// drawNothing fills the panel until the app has logged anything, with the end of what the steps of the first build print.
func (v *Log) drawNothing(c *draw.Canvas) {
	in, view := v.in, v.look.View()
	rows := []present.Row{{Left: draw.Line{}.Add(draw.Dim, "what the app prints appears here")}}
	if view.Printed() {
		rows = present.BuildOutput(view, in.W, v.Wrap)
	}
	for i, r := range rows[max(0, len(rows)-in.H):] {
		c.Line(in.X, in.Y+i, in.W, r.Left)
	}
}

func (v *Log) line(c *draw.Canvas, e *story.Entry, width int) draw.Line {
	switch e.Kind {
	case story.Boundary, story.Mishap, story.Gap:
		st := draw.Accent | draw.Bold
		if e.Kind != story.Boundary {
			st = draw.Bad | draw.Bold
		}
		return draw.Line{}.Add(st, "— "+e.Text+" —").Add(draw.Dim, e.Time.Format(" 15:04:05"))
	}
	var line draw.Line
	if v.Times {
		line = line.Add(draw.Dim, e.Time.Format("15:04:05 "))
	}
	if e.Stderr {
		line = line.Add(draw.Warn, "! ")
	} else {
		line = line.Add(draw.Plain, "  ")
	}
	if !v.Raw {
		if nice := present.ReadableLog(e.Text); nice != nil {
			return append(line, nice...)
		}
	}
	return append(line, c.Colored(v.look.Theme, e.Text, draw.Plain)...)
}
