package ui

import (
	"fmt"
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
		Keys: present.Keys{Open: m.keys.Open.Help().Key, Restart: m.keys.Restart.Help().Key, Logs: m.keys.Logs.Help().Key},
	}
}

// View is the frame for what the model holds.
func (m *Model) View() string {
	if m.width <= 0 || m.height <= 0 {
		// The size comes with the first message; until then there is no frame to be right about.
		return ""
	}
	c := draw.NewCanvas(m.width, m.height)
	l := m.layout()
	m.drawHeader(c, l)
	if !l.summary.Empty() {
		for i, line := range l.top {
			c.Line(l.summary.X+1, l.summary.Y+i, l.summary.W-2, line)
		}
	}
	if !l.banner.Empty() {
		for i, line := range l.alarm {
			c.Line(l.banner.X+1, l.banner.Y+i, l.banner.W-2, line)
		}
	}
	m.drawStrip(c, l.strip)
	for p := range panels {
		if !l.rects[p].Empty() {
			m.drawPanel(c, l, p)
		}
	}
	m.drawScrub(c, l.scrub)
	m.drawKeys(c, l.keys)
	return c.String(m.theme)
}

func (m *Model) drawHeader(c *draw.Canvas, l layout) {
	tape := ""
	if m.opt.Tape != nil && l.scrub.Empty() {
		tape = m.tapeText()
	}
	r := l.status
	left, right := present.Header(m.view(), r.W, tape)
	used := c.Line(r.X, r.Y, r.W, left)
	c.Right(r.X+used, r.Y, r.W-used-1, right)
}

func (m *Model) drawPanel(c *draw.Canvas, l layout, p panel) {
	r := l.rects[p]
	if !l.single {
		style, title, frame := draw.Dim, draw.Plain, draw.Thin
		if p == m.focus {
			style, title = draw.Accent, draw.Focus|draw.Bold
			if m.theme.Bare() {
				frame = draw.Heavy
			}
		}
		c.Border(r, style, frame)
		c.Line(r.X+2, r.Y, r.W-4, m.panelTitle(p, title))
		if note := m.panelNote(p); len(note) > 0 {
			used := m.panelTitle(p, title).Width()
			c.Right(r.X+2+used, r.Y, r.W-4-used, append(append(draw.Line{{Text: " "}}, note...), draw.Seg{Text: " "}))
		}
	}
	in := l.content(p)
	if in.Empty() {
		return
	}
	if p == logs && m.panes[logs].tab == 0 {
		m.drawLogs(c, in)
		return
	}
	m.drawRows(c, in, p, m.rows(p, in.W))
	if foot := m.panelFoot(p); !l.single && len(foot) > 0 {
		line := append(append(draw.Line{{Text: " "}}, foot...), draw.Seg{Text: " "})
		c.Line(r.X+2, r.Y+r.H-1, r.W-4, line)
	}
}

func (m *Model) drawRows(c *draw.Canvas, in draw.Rect, p panel, rows []present.Row) {
	pane := m.panes[p]
	for i := range in.H {
		n := pane.offset + i
		if n >= len(rows) {
			break
		}
		r, y := rows[n], in.Y+i
		used := c.Right(in.X, y, in.W, r.Right)
		if used > 0 {
			used++
		}
		c.Line(in.X, y, in.W-used, r.Left)
		if at := present.Head(rows, n); at == pane.cursor && p == m.focus && rows[at].Ref != nil && !m.followsOutput() {
			m.showSelected(c, in, y)
		}
		if m.search != "" && p == m.focus {
			m.markMatches(c, in, y)
		}
	}
	if len(rows) > in.H && in.H > 1 {
		m.drawScroll(c, in, pane.offset, len(rows))
	}
}

// showSelected makes the line at y that of the cursor.
func (m *Model) showSelected(c *draw.Canvas, in draw.Rect, y int) {
	if m.theme.Bare() {
		c.Text(in.X-1, y, 1, draw.Plain, ">")
		return
	}
	c.Restyle(draw.Rect{X: in.X, Y: y, W: in.W, H: 1}, func(s draw.Style) draw.Style { return s.Select() })
}

// drawScroll shows on the right edge which part of a long list is in sight.
func (m *Model) drawScroll(c *draw.Canvas, in draw.Rect, offset, total int) {
	size := max(1, in.H*in.H/total)
	at := 0
	if total > in.H {
		at = offset * (in.H - size) / (total - in.H)
	}
	c.Fill(draw.Rect{X: in.X + in.W, Y: in.Y + min(at, in.H-size), W: 1, H: size}, draw.Dim, "┃")
}

// panelNames are the titles; tabsOf adds what a panel can turn to.
func panelName(p panel) string {
	return [...]string{"Stages", "Sizes", "Changes", "Logs", "Builds", ""}[p]
}

func tabsOf(p panel) []string {
	switch p {
	case sizes:
		return []string{"Sizes", "Layers", "Kept and left"}
	case changes:
		return []string{"Changes", "Skipped", "Warnings"}
	case logs:
		return []string{"Logs", "Build output"}
	}
	return []string{panelName(p)}
}

func (m *Model) panelTitle(p panel, st draw.Style) draw.Line {
	if p == page {
		return m.named(draw.Line{{Text: " "}}, st, m.pageTitle(), p == m.focus).Add(draw.Plain, " ")
	}
	number := draw.Line{{Text: " "}}.Add(draw.Dim, fmt.Sprint(int(p)+1)).Add(draw.Plain, " ")
	tabs, line := tabsOf(p), number[:len(number):len(number)]
	for i, tab := range tabs {
		switch {
		case i == m.panes[p].tab:
			line = m.named(line, st, tab, p == m.focus)
		case p == m.focus:
			line = line.Add(draw.Dim, tab)
		default:
			continue
		}
		if p == m.focus && i < len(tabs)-1 {
			line = line.Add(draw.Dim, " · ")
		}
	}
	if at := m.panes[p].tab; line.Width() > m.layout().rects[p].W-5 {
		// The tab that is open comes before all names of the others.
		line = m.named(number[:len(number):len(number)], st, tabs[at], p == m.focus).Add(draw.Dim, fmt.Sprintf(" · %d of %d", at+1, len(tabs)))
	}
	return line.Add(draw.Plain, " ")
}

// named adds the name of a panel; that of the focus is in brackets where no style can tell it.
func (m *Model) named(line draw.Line, st draw.Style, name string, focused bool) draw.Line {
	if focused && m.theme.Bare() {
		return line.Add(st, "[").Add(st, name).Add(st, "]")
	}
	return line.Add(st, name)
}

// drawStrip names the panels where only one fits.
func (m *Model) drawStrip(c *draw.Canvas, r draw.Rect) {
	if r.Empty() {
		return
	}
	if m.focus == page {
		c.Line(r.X+1, r.Y, r.W-2, draw.Line{}.Add(draw.Focus|draw.Bold, m.pageTitle()))
		return
	}
	c.Line(r.X+1, r.Y, r.W-2, append(m.stripLine(r.W), m.panelNote(m.focus)...))
}

// stripLine has a piece for each panel, and one between.
func (m *Model) stripLine(width int) draw.Line {
	var line draw.Line
	for p := range page {
		name := panelName(p)
		if p == m.focus {
			name = tabsOf(p)[m.panes[p].tab]
		} else if width < 60 {
			name = ""
		}
		st, text := draw.Dim, strings.TrimSuffix(fmt.Sprintf("%d %s", p+1, name), " ")
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
