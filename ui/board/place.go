package board

import "github.com/stagewatch/stagewatch/ui/draw"

// The sizes at which the board changes its shape.
const (
	gridWidth = 72 // panels side by side from here
	// GridHeight is how many lines the board needs to show several panels.
	GridHeight = 17
	wideWidth  = 116
)

// Area is a part of the screen that panels share.
type Area int

const (
	// Centre is at the left. It is the only area that a narrow page leaves in sight.
	Centre Area = iota
	// Side is at the right, one panel below the other.
	Side
	// Below is as wide as the screen.
	Below
)

// Shape decides whether a part of the screen has room for several panels.
func (b *Board) Shape(r draw.Rect) { b.Single = r.W < gridWidth || r.H < GridHeight }

// Place gives each panel and page its part of r.
func (b *Board) Place(r draw.Rect) {
	for _, p := range b.Panels {
		p.Rect = draw.Rect{}
	}
	for _, p := range b.Pages {
		p.Rect = draw.Rect{}
	}
	front := b.Front()
	switch {
	case b.Single, b.Zoomed && !b.OnPage():
		b.Focus.Rect = r
	case front != nil && (r.W < wideWidth || front.Wide):
		front.Rect = r
	default:
		b.grid(r)
	}
	for _, p := range b.Focusable() {
		p.Inside = b.inside(p.Rect)
		p.Body().Place(p.Inside)
	}
}

// inside is the part of a panel that its body has.
func (b *Board) inside(r draw.Rect) draw.Rect {
	if b.Single {
		gutter := 0
		if b.bare {
			// The sign of the cursor stands there.
			gutter = 1
		}
		return draw.Rect{X: r.X + gutter, Y: r.Y, W: max(0, r.W-gutter), H: r.H}
	}
	r = r.Inset()
	// A column of air at either side.
	r.X, r.W = r.X+1, max(0, r.W-2)
	return r
}

// grid puts the centre at the left, what explains it at the right, and the rest below both. A page takes the place of the
// panels at the right.
func (b *Board) grid(r draw.Rect) {
	belowH := max(6, r.H*38/100)
	topH := r.H - belowH
	leftW := max(46, r.W*58/100)
	if r.W >= 100 {
		leftW = r.W * 62 / 100
	}
	right := draw.Rect{X: r.X + leftW, Y: r.Y, W: r.W - leftW, H: topH}
	b.stack(Below, draw.Rect{X: r.X, Y: r.Y + topH, W: r.W, H: belowH})
	b.stack(Centre, draw.Rect{X: r.X, Y: r.Y, W: leftW, H: topH})
	if p := b.Front(); p != nil {
		p.Rect = right
		return
	}
	b.stack(Side, right)
}

// stack puts the panels of an area one below the other.
func (b *Board) stack(a Area, r draw.Rect) {
	for _, p := range b.Panels {
		if p.Area != a {
			continue
		}
		p.Rect = r
		if p.Height != nil {
			p.Rect.H = min(p.Height(r.H), r.H)
		}
		r.Y, r.H = r.Y+p.Rect.H, r.H-p.Rect.H
	}
}
