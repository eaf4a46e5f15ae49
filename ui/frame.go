package ui

import (
	"strings"

	"github.com/stagewatch/stagewatch/ui/draw"
	"github.com/stagewatch/stagewatch/ui/present"
)

// view is what the presentation reads of the model.
func (m *Model) view() present.View {
	return present.View{
		Story: m.story, Now: m.now, Spin: m.spin, Pinned: m.pinned, Folded: m.folded,
		Recorded: m.opt.Tape != nil || m.opt.Send == nil,
		Context:  m.opt.Context, Dockerfile: m.opt.Dockerfile, Target: m.opt.Target,
		Keys: present.Keys{Open: m.keys.Open.Help().Key, Restart: m.keys.Restart.Help().Key, Logs: m.logKey()},
	}
}

// View is the frame.
func (m *Model) View() string {
	if m.width <= 0 || m.height <= 0 {
		// The size comes with the first message.
		return ""
	}
	c := draw.NewCanvas(m.width, m.height)
	l := m.lay
	m.drawHeader(c, l)
	drawLines(c, l.summary, l.top)
	drawLines(c, l.banner, l.alarm)
	m.drawStrip(c, l.strip)
	for _, p := range m.focusable() {
		if p.inSight() {
			m.drawPanel(c, p)
		}
	}
	scrub{m.opt.Tape}.draw(c, l.scrub)
	m.drawKeys(c, l.keys)
	return c.String(m.theme)
}

func drawLines(c *draw.Canvas, r draw.Rect, lines []draw.Line) {
	for i, line := range lines[:min(r.H, len(lines))] {
		c.Line(r.X+1, r.Y+i, r.W-2, line)
	}
}

func (m *Model) drawHeader(c *draw.Canvas, l layout) {
	tape := ""
	if m.opt.Tape != nil && l.scrub.Empty() {
		tape = scrub{m.opt.Tape}.text()
	}
	r := l.status
	left, right := present.Header(m.view(), r.W, tape)
	used := c.Line(r.X, r.Y, r.W, left)
	c.Right(r.X+used, r.Y, r.W-used-1, right)
}

func (m *Model) drawPanel(c *draw.Canvas, p *panel) {
	focused, framed := p == m.focus, !m.single
	if framed {
		m.drawFrame(c, p, focused)
	}
	if p.inside.Empty() {
		return
	}
	p.body().draw(c, focused)
	if foot := p.footLine(); framed && len(foot) > 0 {
		c.Line(p.rect.X+2, p.rect.Y+p.rect.H-1, p.rect.W-4, spaced(foot))
	}
}

// drawFrame draws the border of a panel with its title and its note.
func (m *Model) drawFrame(c *draw.Canvas, p *panel, focused bool) {
	style, name, frame, r := draw.Dim, draw.Plain, draw.Thin, p.rect
	if focused {
		style, name = draw.Accent, draw.Focus|draw.Bold
		if m.theme.Bare() {
			frame = draw.Heavy
		}
	}
	c.Border(r, style, frame)
	title := m.title(p, name)
	c.Line(r.X+2, r.Y, r.W-4, title)
	if note := p.noteLine(); len(note) > 0 {
		used := title.Width()
		c.Right(r.X+2+used, r.Y, r.W-4-used, spaced(note))
	}
}

// spaced is a line with a blank at either side.
func spaced(l draw.Line) draw.Line {
	return append(append(draw.Line{{Text: " "}}, l...), draw.Seg{Text: " "})
}

// showSelected marks the line at y as the line of the cursor.
func (m *Model) showSelected(c *draw.Canvas, in draw.Rect, y int) {
	if m.theme.Bare() {
		c.Text(in.X-1, y, 1, draw.Plain, ">")
		return
	}
	c.Restyle(draw.Rect{X: in.X, Y: y, W: in.W, H: 1}, func(s draw.Style) draw.Style { return s.Select() })
}

// logKey is the name of the key that leads to the app's log.
func (m *Model) logKey() string {
	for _, p := range m.panels {
		for _, t := range p.tabs {
			if t.body == m.log {
				return p.number()
			}
		}
	}
	return ""
}

// drawStrip names the panels where only one fits.
func (m *Model) drawStrip(c *draw.Canvas, r draw.Rect) {
	if r.Empty() {
		return
	}
	if m.onPage() {
		c.Line(r.X+1, r.Y, r.W-2, draw.Line{}.Add(draw.Focus|draw.Bold, m.focus.tabs[m.focus.open].name))
		return
	}
	c.Line(r.X+1, r.Y, r.W-2, append(m.stripLine(r.W), m.focus.noteLine()...))
}

// stripLine has a piece for each panel, each followed by a piece of blanks.
func (m *Model) stripLine(width int) draw.Line {
	var line draw.Line
	for _, p := range m.panels {
		name := p.tabs[0].name
		if p == m.focus {
			name = p.tabs[p.open].name
		} else if width < 60 {
			name = ""
		}
		st, text := draw.Dim, strings.TrimSuffix(p.number()+" "+name, " ")
		if p == m.focus {
			st = draw.Focus | draw.Bold
			if m.theme.Bare() {
				text = "[" + text + "]"
			}
		}
		line = line.Add(st, text).Add(draw.Plain, "  ")
	}
	return line
}
