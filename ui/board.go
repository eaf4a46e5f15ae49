package ui

import "github.com/stagewatch/stagewatch/ui/draw"

// board is the panels with the pages that are opened over them, and which of them has the focus.
type board struct {
	panels []*panel
	// pages are opened over the panels, the last one on top.
	pages []*page
	// focus is a panel or the page on top, before the panel that had the focus when the first page opened.
	focus, before *panel
	// zoomed reports whether the panel of the focus has the screen for itself.
	zoomed bool
	// single reports whether the screen has room for one panel only, without a frame. gutter is the room at its left for
	// the sign of the cursor.
	single bool
	gutter int
}

// centre is the panel that shows the build.
func (b *board) centre() *panel { return b.panels[0] }

// open puts a page on top, in place of one of its kind.
func (b *board) open(p *page) {
	b.closePages(p.kind)
	if len(b.pages) == 0 {
		b.before = b.focus
	}
	b.pages = append(b.pages, p)
	b.focus = &p.panel
}

// toggle opens a page, or closes it if it is on top already.
func (b *board) toggle(p *page) {
	if top := b.front(); top != nil && top.kind == p.kind {
		b.closeTop()
		return
	}
	b.open(p)
}

// front is the page on top, nil where none is open.
func (b *board) front() *page {
	if len(b.pages) == 0 {
		return nil
	}
	return b.pages[len(b.pages)-1]
}

// onPage reports whether the page on top has the focus.
func (b *board) onPage() bool {
	p := b.front()
	return p != nil && b.focus == &p.panel
}

func (b *board) closeTop() {
	b.pages = b.pages[:len(b.pages)-1]
	b.refocus()
}

// closePages closes all pages of a kind.
func (b *board) closePages(kind string) {
	var kept []*page
	for _, p := range b.pages {
		if p.kind != kind {
			kept = append(kept, p)
		}
	}
	b.pages = kept
	b.refocus()
}

// refocus moves the focus away from a page that is closed.
func (b *board) refocus() {
	for _, p := range b.panels {
		if p == b.focus {
			return
		}
	}
	b.focus = b.before
	if p := b.front(); p != nil {
		b.focus = &p.panel
	}
}

// focusable returns the panels and the page on top.
func (b *board) focusable() []*panel {
	all := b.panels[:len(b.panels):len(b.panels)]
	if p := b.front(); p != nil {
		all = append(all, &p.panel)
	}
	return all
}

// next returns the panel that the focus goes to from here. A screen that shows one at a time goes through all of them.
func (b *board) next(by int) *panel {
	all := b.focusable()
	at := 0
	for i, p := range all {
		if p == b.focus {
			at = i
		}
	}
	one := (b.single || b.zoomed) && len(b.pages) == 0
	for i := 1; i <= len(all); i++ {
		p := all[((at+by*i)%len(all)+len(all))%len(all)]
		if p.inSight() || one {
			return p
		}
	}
	return b.focus
}

// zooms reports whether zooming changes what is on the screen.
func (b *board) zooms() bool { return !b.onPage() && !b.single }

// place gives each panel and page its part of the body of the screen.
func (b *board) place(body draw.Rect) {
	for _, p := range b.panels {
		p.rect = draw.Rect{}
	}
	for _, p := range b.pages {
		p.rect = draw.Rect{}
	}
	front := b.front()
	switch {
	case b.single, b.zoomed && !b.onPage():
		b.focus.rect = body
	case front != nil && (body.W < wideWidth || front.wide):
		front.rect = body
	default:
		b.grid(body)
	}
	for _, p := range b.focusable() {
		p.inside = b.inside(p.rect)
		p.body().place(p.inside)
	}
}

// inside is the part of a panel that its body has.
func (b *board) inside(r draw.Rect) draw.Rect {
	if b.single {
		return draw.Rect{X: r.X + b.gutter, Y: r.Y, W: max(0, r.W-b.gutter), H: r.H}
	}
	r = r.Inset()
	// A column of air at either side.
	r.X, r.W = r.X+1, max(0, r.W-2)
	return r
}

// grid puts the centre at the left, what explains it at the right, and the rest below both. A page takes the place of the
// panels at the right.
func (b *board) grid(body draw.Rect) {
	belowH := max(6, body.H*38/100)
	topH := body.H - belowH
	leftW := max(46, body.W*58/100)
	if body.W >= 100 {
		leftW = body.W * 62 / 100
	}
	right := draw.Rect{X: body.X + leftW, Y: body.Y, W: body.W - leftW, H: topH}
	b.stack(below, draw.Rect{X: body.X, Y: body.Y + topH, W: body.W, H: belowH})
	b.stack(centre, draw.Rect{X: body.X, Y: body.Y, W: leftW, H: topH})
	if p := b.front(); p != nil {
		p.rect = right
		return
	}
	b.stack(side, right)
}

// stack puts the panels of an area one below the other.
func (b *board) stack(a area, r draw.Rect) {
	for _, p := range b.panels {
		if p.area != a {
			continue
		}
		p.rect = r
		if p.height != nil {
			p.rect.H = min(p.height(r.H), r.H)
		}
		r.Y, r.H = r.Y+p.rect.H, r.H-p.rect.H
	}
}
