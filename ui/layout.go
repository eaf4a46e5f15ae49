package ui

import (
	"github.com/stagewatch/stagewatch/ui/draw"
	"github.com/stagewatch/stagewatch/ui/present"
)

// The sizes at which the screen changes its shape.
const (
	gridWidth  = 72 // panels side by side from here
	gridHeight = 17 // of the body
	wideWidth  = 116
)

// layout says where everything is. It depends on the size of the terminal and on what is open, so that
// painting and the mouse agree.
type layout struct {
	status, summary, banner, strip, scrub, keys draw.Rect
	rects                                       [panels]draw.Rect
	// top and alarm are the lines of summary and banner.
	top, alarm []draw.Line
	// single tells that one panel is shown at a time, without a frame; gutter is its room for the cursor's sign.
	single bool
	gutter int
}

// content is the part of a panel that its rows are in.
func (l layout) content(p panel) draw.Rect {
	if l.single {
		r := l.rects[p]
		return draw.Rect{X: r.X + l.gutter, Y: r.Y, W: max(0, r.W-l.gutter), H: r.H}
	}
	r := l.rects[p].Inset()
	// A column of air at either side.
	r.X, r.W = r.X+1, max(0, r.W-2)
	return r
}

func (m *Model) layout() layout {
	var l layout
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
	l.top = m.summaryLines()
	l.alarm = present.Banner(m.view(), m.width-2, m.bannerRoom(len(l.top)))
	l.status = take(1, 1)
	if m.height >= 4 {
		l.keys = take(-1, max(1, len(m.footer())))
	}
	if m.opt.Tape != nil && m.height >= 12 {
		l.scrub = take(-1, 1)
	}
	if m.height >= 6 {
		l.summary = take(1, len(l.top))
	}
	if m.height >= 9 {
		l.banner = take(1, len(l.alarm))
	}
	if body.W < gridWidth || body.H < gridHeight {
		l.single = true
		if m.theme.Bare() {
			l.gutter = 1
		}
		if body.H >= 4 {
			l.strip = take(1, 1)
		}
		l.rects[m.focus] = body
		return l
	}
	if m.zoomed && m.focus != page {
		l.rects[m.focus] = body
		return l
	}
	if p := m.front(); p != nil && (body.W < wideWidth || p.kind >= helpPage) {
		l.rects[page] = body
		return l
	}
	m.grid(&l, body)
	return l
}

// grid puts the stages at the left, as the centre of the screen, what explains them at the right, and
// the logs below both.
func (m *Model) grid(l *layout, body draw.Rect) {
	logsH := max(6, body.H*38/100)
	top := draw.Rect{X: body.X, Y: body.Y, W: body.W, H: body.H - logsH}
	l.rects[logs] = draw.Rect{X: body.X, Y: body.Y + top.H, W: body.W, H: logsH}

	leftW := max(46, top.W*58/100)
	if top.W >= 100 {
		leftW = top.W * 62 / 100
	}
	right := draw.Rect{X: top.X + leftW, Y: top.Y, W: top.W - leftW, H: top.H}
	l.rects[stages] = draw.Rect{X: top.X, Y: top.Y, W: leftW, H: top.H}
	if len(m.pages) > 0 {
		l.rects[page] = right
		return
	}
	sizesH := min(max(5, right.H*42/100), 14)
	rest := right.H - sizesH
	changesH := max(4, rest/2)
	l.rects[sizes] = draw.Rect{X: right.X, Y: right.Y, W: right.W, H: sizesH}
	l.rects[changes] = draw.Rect{X: right.X, Y: right.Y + sizesH, W: right.W, H: changesH}
	l.rects[builds] = draw.Rect{X: right.X, Y: right.Y + sizesH + changesH, W: right.W, H: rest - changesH}
}

// roomBeside is how many lines a screen needs beside its panels before its texts get more than one line each. A screen of
// 24 lines has some to spare.
const roomBeside = 6

// summaryLines is the summary in one line, or in two where the screen has room for what does not fit.
func (m *Model) summaryLines() []draw.Line {
	most := 1
	if m.height >= gridHeight+roomBeside {
		most = 2
	}
	return present.Summary(m.view(), m.width-2).Fit(m.width-2, 2, most)
}

// bannerRoom is how many lines the panels can spare for the banner.
func (m *Model) bannerRoom(summary int) int {
	most := m.height - gridHeight - 2 - summary
	if m.opt.Tape != nil {
		most--
	}
	return min(most, 4)
}

// shortened reports whether the lines at the top are cut, or leave out why what serves is old.
func (m *Model) shortened() bool {
	l := m.layout()
	for _, line := range append(l.top[:len(l.top):len(l.top)], l.alarm...) {
		if line.Width() > m.width-2 {
			return true
		}
	}
	return present.HeaderCut(m.view(), m.width)
}
