package ui

import (
	"github.com/stagewatch/stagewatch/ui/board"
	"github.com/stagewatch/stagewatch/ui/draw"
	"github.com/stagewatch/stagewatch/ui/present"
)

// layout says where everything but the panels is; each panel knows its own place. It follows from the size of the terminal
// and what is open, and is made once after each message, so that painting and the mouse agree.
type layout struct {
	status, summary, checks, banner, strip, scrub, keys draw.Rect
	// top, checked and alarm are the lines of summary, checks and banner, foot what stands in place of the keys.
	top, checked, alarm, foot []draw.Line
}

// arrange lays the screen out.
func (m *Model) arrange() {
	l := layout{top: m.summaryLines(), checked: present.ChecksLine(m.view(), m.width-2), foot: m.footer()}
	l.alarm = present.Banner(m.view(), m.width-2, m.bannerRoom(len(l.top)+len(l.checked)))
	body := draw.Rect{W: m.width, H: m.height}
	take := func(from, n int) draw.Rect {
		r := draw.Rect{X: 0, Y: body.Y, W: body.W, H: min(n, body.H)}
		if from < 0 {
			r.Y = body.Y + body.H - r.H
		} else {
			body.Y += r.H
		}
		body.H -= r.H
		return r
	}
	l.status = take(1, 1)
	if m.height >= 4 {
		l.keys = take(-1, max(1, len(l.foot)))
	}
	if m.opt.Tape != nil && m.height >= 12 {
		l.scrub = take(-1, 1)
	}
	if m.height >= 6 {
		l.summary = take(1, len(l.top))
	}
	if m.height >= 8 {
		l.checks = take(1, len(l.checked))
	}
	if m.height >= 9 {
		l.banner = take(1, len(l.alarm))
	}
	m.board.Shape(body)
	if m.board.Single && body.H >= 4 {
		l.strip = take(1, 1)
	}
	m.lay = l
	m.board.Place(body)
}

// settle brings everything back into bounds after whatever happened, so that View need not.
func (m *Model) settle() {
	if m.width <= 0 || m.height <= 0 {
		return
	}
	m.arrange()
	if p := m.board.Front(); p != nil && !m.board.Focus.InSight() {
		// The page on top covers the panel that had the focus.
		m.board.Focus = &p.Panel
		m.arrange()
	}
	for _, p := range m.board.Focusable() {
		if b := p.Body(); b != m.log && !p.Inside.Empty() {
			b.Settle()
		}
	}
	m.log.Settle()
}

// roomBeside is how many lines a screen needs beside its panels before its texts get more than one line each. A screen of
// 24 lines has some to spare.
const roomBeside = 6

// summaryLines is the summary in one line, or in two where the screen has room for what does not fit.
func (m *Model) summaryLines() []draw.Line {
	most := 1
	if m.height >= board.GridHeight+roomBeside {
		most = 2
	}
	return present.Summary(m.view(), m.width-2).Fit(m.width-2, 2, most)
}

// bannerRoom is how many lines the panels can spare for the banner.
func (m *Model) bannerRoom(summary int) int {
	most := m.height - board.GridHeight - 2 - summary
	if m.opt.Tape != nil {
		most--
	}
	return min(most, 4)
}

// shortened reports whether the lines at the top are cut, or leave out why what serves is old.
func (m *Model) shortened() bool {
	l := m.lay
	for _, line := range append(l.top[:len(l.top):len(l.top)], l.alarm...) {
		if line.Width() > m.width-2 {
			return true
		}
	}
	return present.HeaderCut(m.view(), m.width)
}
