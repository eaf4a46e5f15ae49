package ui

import "github.com/stagewatch/stagewatch/ui/present"

// page is a panel that is opened over the others.
type page struct {
	panel
	// kind tells pages apart: of each kind one is open at a time.
	kind string
	// wide reports whether the page needs the whole screen.
	wide bool
	// dismissed is called when a person closes the page. It can be nil.
	dismissed func()
}

// newPage returns a page with one tab.
func newPage(kind, title string, b body) *page {
	return &page{kind: kind, panel: panel{tabs: []tab{{title, b}}}}
}

// open puts a page on top, in place of one of its kind.
func (m *Model) open(p *page) {
	m.closePages(p.kind)
	if len(m.pages) == 0 {
		m.before = m.focus
	}
	m.pages = append(m.pages, p)
	m.focus = &p.panel
}

// toggle opens a page, or closes it where it is in front already.
func (m *Model) toggle(p *page) {
	if top := m.front(); top != nil && top.kind == p.kind {
		m.closeTop()
		return
	}
	m.open(p)
}

// front is the page on top, nil where none is open.
func (m *Model) front() *page {
	if len(m.pages) == 0 {
		return nil
	}
	return m.pages[len(m.pages)-1]
}

// onPage reports whether the page on top has the focus.
func (m *Model) onPage() bool {
	p := m.front()
	return p != nil && m.focus == &p.panel
}

func (m *Model) closeTop() {
	m.pages = m.pages[:len(m.pages)-1]
	m.refocus()
}

// closePages closes all pages of a kind.
func (m *Model) closePages(kind string) {
	var kept []*page
	for _, p := range m.pages {
		if p.kind != kind {
			kept = append(kept, p)
		}
	}
	m.pages = kept
	m.refocus()
}

// refocus moves the focus away from a page that is closed.
func (m *Model) refocus() {
	for _, p := range m.panels {
		if p == m.focus {
			return
		}
	}
	m.focus = m.before
	if p := m.front(); p != nil {
		m.focus = &p.panel
	}
}

// rowsOf returns the text of rows that are not wrapped.
func rowsOf(v present.View, content func(present.View, int) []present.Row) present.Copied {
	const unwrapped = 1 << 12
	var lines []string
	for _, r := range content(v, unwrapped) {
		lines = append(lines, r.Plain())
	}
	return present.Copied{What: "the page", Lines: lines}
}
