package ui

import (
	"fmt"

	"github.com/stagewatch/stagewatch/ui/present"
)

// pageKind is what a page opened over the panels is about.
type pageKind int

const (
	stepPage pageKind = iota
	failurePage
	detailPage
	// From here on a page is as wide as the screen.
	helpPage
	filesPage
	fullPage
)

// opened is a page with what it is about.
type opened struct {
	kind  pageKind
	build int
	stage string
	// index is a step's, or a layer's of the stage.
	index int
	files present.Files
	// detail is what a page shows of a list's row.
	detail *present.Detail
	pane   pane // of the page below, kept while this one is open
}

// open puts a page on top, in place of one of its kind.
func (m *Model) open(p opened) {
	m.closePages(p.kind)
	if len(m.pages) == 0 {
		m.before = m.focus
	}
	p.pane = m.panes[page]
	m.panes[page] = pane{}
	m.pages = append(m.pages, p)
	m.focus = page
}

// front is the page on top, nil where none is open.
func (m *Model) front() *opened {
	if len(m.pages) == 0 {
		return nil
	}
	return &m.pages[len(m.pages)-1]
}

func (m *Model) closeTop() {
	top := m.pages[len(m.pages)-1]
	m.pages = m.pages[:len(m.pages)-1]
	m.panes[page] = top.pane
	if len(m.pages) == 0 && m.focus == page {
		m.focus = m.before
	}
}

// closePages closes all pages of a kind.
func (m *Model) closePages(kind pageKind) {
	kept := m.pages[:0]
	for _, p := range m.pages {
		if p.kind != kind {
			kept = append(kept, p)
		}
	}
	m.pages = kept
	if len(m.pages) == 0 && m.focus == page {
		m.focus = m.before
	}
}

func (m *Model) pageTitle() string {
	p := m.front()
	if p == nil {
		return ""
	}
	switch p.kind {
	case failurePage:
		return fmt.Sprintf("Build #%d failed", p.build)
	case stepPage:
		return fmt.Sprintf("Step %s of build #%d", m.stepName(p), p.build)
	case detailPage:
		return p.detail.Title
	case fullPage:
		return "In full"
	case filesPage:
		return p.files.Title()
	}
	return "Help"
}

// stepName is the name of the step that a page is about.
func (m *Model) stepName(p *opened) string {
	if b := m.story.Build(p.build); b != nil {
		return b.StepName(p.stage, p.index)
	}
	return p.stage
}

func (m *Model) pageRows(width int) []present.Row {
	p := m.front()
	if p == nil {
		return nil
	}
	b := m.story.Build(p.build)
	switch {
	case p.kind == helpPage:
		return m.helpRows(width)
	case p.kind == detailPage:
		return present.Flow(p.detail.Rows, width)
	case p.kind == fullPage:
		return present.Full(m.view(), width)
	case p.kind == filesPage:
		return p.files.Rows(m.view(), width)
	case b == nil:
		return []present.Row{present.Unkept()}
	case p.kind == failurePage && b.Failure != nil:
		return present.Failure(m.view(), b, width, m.layout().content(page).H)
	case p.kind == stepPage:
		if s := b.Step(p.stage, p.index); s != nil {
			return present.Step(m.view(), b, s, width)
		}
	}
	return nil
}
