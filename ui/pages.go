package ui

import (
	"fmt"

	"github.com/stagewatch/stagewatch/ui/draw"
	"github.com/stagewatch/stagewatch/ui/story"
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
	// tree are the files of a layer or stage, nil until they are known.
	tree *story.Node
	// detail is what a page shows of a list's row.
	detail *detail
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
		return p.detail.title
	case fullPage:
		return "In full"
	case filesPage:
		if p.index == wholeStage {
			return fmt.Sprintf("Files of stage %s (build #%d)", p.stage, p.build)
		}
		return fmt.Sprintf("Files of stage %s, layer %d (build #%d)", p.stage, p.index, p.build)
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

func (m *Model) pageRows(width int) []row {
	p := m.front()
	if p == nil {
		return nil
	}
	b := m.story.Build(p.build)
	switch {
	case p.kind == helpPage:
		return m.helpRows(width)
	case p.kind == detailPage:
		return flow(p.detail.rows, width)
	case p.kind == fullPage:
		return flow(m.fullRows(), width)
	case b == nil:
		return []row{{left: draw.Line{}.Add(draw.Dim, "that build is no longer kept")}}
	case p.kind == filesPage:
		return m.fileRows(p, b, width)
	case p.kind == failurePage && b.Failure != nil:
		return m.failureRows(b, width)
	case p.kind == stepPage:
		if s := b.Step(p.stage, p.index); s != nil {
			return m.stepRows(b, s, width)
		}
	}
	return nil
}

// paragraph wraps text behind a sign of two columns.
func paragraph(sign string, signStyle draw.Style, text string, st draw.Style, width int) []row {
	var rows []row
	for _, l := range wrapText(text, width-2) {
		rows = append(rows, row{left: draw.Line{}.Add(signStyle, sign).Add(st, l)})
		sign = "  "
	}
	return rows
}

func heading(text string) row { return row{left: draw.Line{}.Add(draw.Accent|draw.Bold, text)} }

// wrapText breaks a line into pieces of at most width columns, at blanks where it can.
func wrapText(s string, width int) []string {
	var out []string
	for _, l := range (draw.Line{}.Add(draw.Plain, s)).Flow(width, 0) {
		out = append(out, l.Text())
	}
	return out
}
