package ui

import (
	"github.com/stagewatch/stagewatch/ui/board"
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
	drawLines(c, l.checks, l.checked)
	drawLines(c, l.banner, l.alarm)
	m.board.DrawStrip(c, l.strip)
	m.board.Draw(c)
	scrub{m.opt.Tape}.draw(c, l.scrub)
	m.drawKeys(c, l.keys)
	return c.String(m.look.Theme)
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

// logKey is the name of the key that leads to the app's log.
func (m *Model) logKey() string {
	if p := m.logPanel(); p != nil {
		return p.Number()
	}
	return ""
}

// logPanel is the panel that has the log, nil where none has.
func (m *Model) logPanel() *board.Panel {
	for _, p := range m.board.Panels {
		for _, t := range p.Tabs {
			if t.Body == m.log {
				return p
			}
		}
	}
	return nil
}
