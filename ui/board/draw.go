package board

import (
	"strings"

	"github.com/stagewatch/stagewatch/ui/draw"
)

// Draw draws all panels that are in sight.
func (b *Board) Draw(c *draw.Canvas) {
	for _, p := range b.Focusable() {
		if p.InSight() {
			b.drawPanel(c, p)
		}
	}
}

func (b *Board) drawPanel(c *draw.Canvas, p *Panel) {
	focused, framed := p == b.Focus, !b.Single
	if framed {
		b.drawFrame(c, p, focused)
	}
	if p.Inside.Empty() {
		return
	}
	p.Body().Draw(c, focused)
	if foot := p.foot(); framed && len(foot) > 0 {
		c.Line(p.Rect.X+2, p.Rect.Y+p.Rect.H-1, p.Rect.W-4, spaced(foot))
	}
}

// drawFrame draws the border of a panel with its title and its note.
func (b *Board) drawFrame(c *draw.Canvas, p *Panel, focused bool) {
	style, name, frame, r := draw.Dim, draw.Plain, draw.Thin, p.Rect
	if focused {
		style, name = draw.Accent, draw.Focus|draw.Bold
		if b.bare {
			frame = draw.Heavy
		}
	}
	c.Border(r, style, frame)
	title := p.title(name, focused, b.bare)
	c.Line(r.X+2, r.Y, r.W-4, title)
	if note := p.note(); len(note) > 0 {
		used := title.Width()
		c.Right(r.X+2+used, r.Y, r.W-4-used, spaced(note))
	}
}

// spaced is a line with a blank at either side.
func spaced(l draw.Line) draw.Line {
	return append(append(draw.Line{{Text: " "}}, l...), draw.Seg{Text: " "})
}

// DrawStrip names the panels in r, where only one fits on the screen.
func (b *Board) DrawStrip(c *draw.Canvas, r draw.Rect) {
	if r.Empty() {
		return
	}
	if b.OnPage() {
		c.Line(r.X+1, r.Y, r.W-2, draw.Line{}.Add(draw.Focus|draw.Bold, b.Focus.Name()))
		return
	}
	c.Line(r.X+1, r.Y, r.W-2, append(b.strip(r.W), b.Focus.note()...))
}

// strip has a piece for each panel, each followed by a piece of blanks.
func (b *Board) strip(width int) draw.Line {
	var line draw.Line
	for _, p := range b.Panels {
		name := p.Tabs[0].title()
		if p == b.Focus {
			name = p.Name()
		} else if width < 60 {
			name = ""
		}
		st, text := draw.Dim, strings.TrimSuffix(p.Number()+" "+name, " ")
		if p == b.Focus {
			st = draw.Focus | draw.Bold
			if b.bare {
				text = "[" + text + "]"
			}
		}
		line = line.Add(st, text).Add(draw.Plain, "  ")
	}
	return line
}
