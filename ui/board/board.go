// Package board arranges the panels of the dashboard and the pages that are opened over them: where each stands on the
// screen, which of them has the focus, and how their frames look.
//
// A panel shows one of its tabs. What a tab shows is a [Body], which comes from outside: the package knows no story and no
// keys.
package board

import "slices"

// Board is the panels with the pages that are opened over them, and which of them has the focus.
type Board struct {
	Panels []*Panel
	// Pages are opened over the panels, the last one on top.
	Pages []*Page
	// Focus is a panel or the page on top.
	Focus *Panel
	// Zoomed reports whether the panel of the focus has the screen for itself.
	Zoomed bool
	// Single reports whether the screen has room for one panel only, without a frame.
	Single bool

	// before is the panel that had the focus when the first page opened.
	before *Panel
	// bare reports whether the terminal has no styles, so that the focus and the cursor need signs.
	bare bool
}

// New returns a board of panels, the first of which is the centre and has the focus. bare reports whether the terminal
// shows neither colours nor attributes.
func New(bare bool, panels ...*Panel) *Board {
	return &Board{Panels: panels, Focus: panels[0], before: panels[0], bare: bare}
}

// Centre is the panel that shows the build.
func (b *Board) Centre() *Panel { return b.Panels[0] }

// Body is what the panel of the focus shows.
func (b *Board) Body() Body { return b.Focus.Body() }

// Open puts a page on top, in place of one of its kind.
func (b *Board) Open(p *Page) {
	b.ClosePages(p.Kind)
	if len(b.Pages) == 0 {
		b.before = b.Focus
	}
	b.Pages = append(b.Pages, p)
	b.Focus = &p.Panel
}

// Toggle opens a page, or closes it if it is on top already.
func (b *Board) Toggle(p *Page) {
	if top := b.Front(); top != nil && top.Kind == p.Kind {
		b.CloseTop()
		return
	}
	b.Open(p)
}

// Front is the page on top, nil where none is open.
func (b *Board) Front() *Page {
	if len(b.Pages) == 0 {
		return nil
	}
	return b.Pages[len(b.Pages)-1]
}

// OnPage reports whether the page on top has the focus.
func (b *Board) OnPage() bool {
	p := b.Front()
	return p != nil && b.Focus == &p.Panel
}

// CloseTop closes the page on top.
func (b *Board) CloseTop() {
	b.Pages = b.Pages[:len(b.Pages)-1]
	b.refocus()
}

// ClosePages closes all pages of a kind.
func (b *Board) ClosePages(kind string) {
	var kept []*Page
	for _, p := range b.Pages {
		if p.Kind != kind {
			kept = append(kept, p)
		}
	}
	b.Pages = kept
	b.refocus()
}

// refocus moves the focus away from a page that is closed.
func (b *Board) refocus() {
	if slices.Contains(b.Panels, b.Focus) {
		return
	}
	b.Focus = b.before
	if p := b.Front(); p != nil {
		b.Focus = &p.Panel
	}
}

// Focusable returns the panels and the page on top.
func (b *Board) Focusable() []*Panel {
	all := b.Panels[:len(b.Panels):len(b.Panels)]
	if p := b.Front(); p != nil {
		all = append(all, &p.Panel)
	}
	return all
}

// Next returns the panel that the focus goes to from here. A screen that shows one at a time goes through all of them.
func (b *Board) Next(by int) *Panel {
	all := b.Focusable()
	at := max(0, slices.Index(all, b.Focus))
	one := (b.Single || b.Zoomed) && len(b.Pages) == 0
	for i := 1; i <= len(all); i++ {
		p := all[((at+by*i)%len(all)+len(all))%len(all)]
		if p.InSight() || one {
			return p
		}
	}
	return b.Focus
}

// Zooms reports whether zooming changes what is on the screen.
func (b *Board) Zooms() bool { return !b.OnPage() && !b.Single }
