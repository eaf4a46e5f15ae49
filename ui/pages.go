package ui

import (
	"fmt"
	"strings"

	"github.com/stagewatch/stagewatch/engine/event"
	"github.com/stagewatch/stagewatch/ui/draw"
	"github.com/stagewatch/stagewatch/ui/story"
)

// pageKind is what a page opened over the panels is about.
type pageKind int

const (
	stepPage pageKind = iota
	failurePage
	helpPage
)

// opened is a page with what it is about.
type opened struct {
	kind  pageKind
	build int
	stage string
	index int
	pane  pane // of the page below, kept while this one is open
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
	if len(m.pages) == 0 {
		return ""
	}
	switch p := m.pages[len(m.pages)-1]; p.kind {
	case failurePage:
		return fmt.Sprintf("Build %d failed", p.build)
	case stepPage:
		return fmt.Sprintf("Step %s %d of build %d", p.stage, p.index, p.build)
	}
	return "Help"
}

func (m *Model) pageRows(width int) []row {
	if len(m.pages) == 0 {
		return nil
	}
	p := m.pages[len(m.pages)-1]
	b := m.story.Build(p.build)
	switch {
	case p.kind == helpPage:
		return m.helpRows(width)
	case b == nil:
		return []row{{left: draw.Line{}.Add(draw.Dim, "that build is no longer kept")}}
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

// stepRows opens a step: what it is, what happened and why, its output, its history.
func (m *Model) stepRows(b *story.Build, s *story.Step, width int) []row {
	k := m.mark(b, s)
	var rows []row
	for _, l := range wrapText(s.Instruction, width) {
		rows = append(rows, row{left: draw.Line{}.Add(draw.Plain|draw.Bold, l)})
	}
	state := draw.Line{}.Add(k.style|draw.Bold, k.sign+" "+k.word)
	if t := m.stepTime(b, s); len(t) > 0 {
		state = append(state.Add(draw.Plain, "  "), t...)
	}
	if s.Line > 0 {
		state = state.Add(draw.Dim, fmt.Sprintf("  Dockerfile line %d", s.Line))
	}
	rows = append(rows, row{left: state})
	if last := lastTime(s); last != "" {
		rows = append(rows, row{left: draw.Line{}.Add(draw.Dim, last)})
	}
	if s.Because != "" {
		rows = append(rows, row{left: draw.Line{}.Add(draw.Dim, "because ").Add(draw.Plain, s.Because)})
	}
	if s.Prediction != "" {
		line := draw.Line{}.Add(draw.Dim, "expected ").Add(draw.Plain, expectation(s.Prediction))
		if m.story.Score.Promised > 0 {
			line = line.Add(draw.Dim, "; so far "+m.story.Score.String())
		}
		rows = append(rows, row{left: line})
	}
	rows = append(rows, m.outputRows(b, s, width)...)
	runs := m.story.History(s)
	rows = append(rows, row{}, heading(fmt.Sprintf("What became of it in %s", draw.Count(len(runs), "build"))))
	for _, r := range runs {
		k := m.mark(b, &story.Step{State: r.State})
		line := draw.Line{}.Add(draw.Dim, fmt.Sprintf("  build %-4d ", r.Build)).Add(k.style, fmt.Sprintf("%s %-9s", k.sign, k.word))
		switch {
		case r.Saved > 0:
			line = line.Add(draw.Good, fmt.Sprintf("%-13s", "saved "+draw.Millis(r.Saved)))
		case r.State == event.Ran || r.State == event.Fail:
			line = line.Add(draw.Plain, fmt.Sprintf("%-13s", draw.Millis(r.MS)))
		}
		rows = append(rows, row{left: line.Add(draw.Dim, r.Reason)})
	}
	return rows
}

// lastTime says what the step took the time before, and which run a hit stands on.
func lastTime(s *story.Step) string {
	switch {
	case s.State == event.Hit && s.RanBuild > 0:
		return fmt.Sprintf("it ran in build %d, %s", s.RanBuild, s.RanAt.Local().Format("15:04:05"))
	case s.State == event.Hit && !s.RanAt.IsZero():
		return "it ran in an earlier session, " + s.RanAt.Local().Format("2 Jan 15:04")
	case s.State != event.Hit && s.Last > 0:
		return "the last time it took " + draw.Millis(s.Last)
	}
	return ""
}

func expectation(p event.Prediction) string {
	switch p {
	case event.WillHit:
		return "a hit"
	case event.WillRerun:
		return "to run"
	}
	return "to run if what it reads from other steps changed"
}

// wrapText breaks a line into pieces of at most width columns, at blanks where it can.
func wrapText(s string, width int) []string {
	width = max(width, 8)
	var out []string
	for draw.Width(s) > width {
		head := strings.TrimSuffix(draw.Cut(s, width+1), "…")
		if i := strings.LastIndexByte(head, ' '); i > width/2 {
			head = head[:i]
		}
		if head == "" {
			break
		}
		out = append(out, head)
		s = strings.TrimPrefix(s[len(head):], " ")
	}
	return append(out, s)
}
