package ui

import (
	"fmt"

	tea "github.com/charmbracelet/bubbletea"

	"github.com/stagewatch/stagewatch/ui/draw"
	"github.com/stagewatch/stagewatch/ui/present"
	"github.com/stagewatch/stagewatch/ui/story"
)

func move(by int) func(*Model) tea.Cmd {
	return func(m *Model) tea.Cmd { m.moveBy(by); return nil }
}

func movePage(by int) func(*Model) tea.Cmd {
	return func(m *Model) tea.Cmd {
		m.moveBy(by * max(1, m.layout().content(m.focus).H-1))
		return nil
	}
}

func moveEnd(to int) func(*Model) tea.Cmd {
	const far = 1 << 30
	return func(m *Model) tea.Cmd { m.moveBy(to * far); return nil }
}

// moveBy moves the cursor of the focused list, or scrolls where there is no cursor.
func (m *Model) moveBy(by int) {
	if m.inLog() {
		m.logs.move(m, by)
		return
	}
	p := &m.panes[m.focus]
	p.moved = true
	rows := m.rows(m.focus, m.layout().content(m.focus).W)
	if !anySelectable(rows) {
		p.offset = min(max(0, p.offset+by), max(0, len(rows)-1))
		return
	}
	dir := 1
	if by < 0 {
		dir = -1
	}
	to := min(max(0, p.cursor+by), len(rows)-1)
	for i := to; i >= 0 && i < len(rows); i += dir {
		if rows[i].Ref != nil {
			p.cursor = i
			return
		}
	}
	for i := to; i >= 0 && i < len(rows); i -= dir {
		if rows[i].Ref != nil {
			p.cursor = i
			if dir < 0 {
				// The heading above the first row comes back into sight.
				p.offset = 0
			}
			return
		}
	}
}

func anySelectable(rows []present.Row) bool {
	for _, r := range rows {
		if r.Ref != nil {
			return true
		}
	}
	return false
}

func goTo(p panel) func(*Model) tea.Cmd {
	return func(m *Model) tea.Cmd { m.goTo(p); return nil }
}

// goTo moves the focus; a page that hides the panel closes.
func (m *Model) goTo(p panel) {
	m.focus = p
	for len(m.pages) > 0 && m.layout().rects[p].Empty() {
		m.closeTop()
		m.focus = p
	}
}

// cycle moves the focus to the next panel on the screen.
func cycle(by int) func(*Model) tea.Cmd {
	return func(m *Model) tea.Cmd { m.focus = m.next(by); return nil }
}

// next is the panel that the focus goes to from here. Where the screen shows one at a time it is the next one.
func (m *Model) next(by int) panel {
	l := m.layout()
	n := int(page)
	if len(m.pages) > 0 {
		n = int(panels)
	}
	for i := 1; i <= n; i++ {
		p := panel(((int(m.focus)+by*i)%n + n) % n)
		if !l.rects[p].Empty() || (l.single || m.zoomed) && len(m.pages) == 0 {
			return p
		}
	}
	return m.focus
}

// zooms tells whether zooming changes what is on the screen.
func (m *Model) zooms() bool { return m.focus != page && !m.layout().single }

func (m *Model) hasTabs() bool {
	return len(tabsOf(m.focus)) > 1 || m.focus == page && m.filesInFront() != nil
}

func turnTab(by int) func(*Model) tea.Cmd {
	return func(m *Model) tea.Cmd {
		if m.focus == page {
			m.turnLayer(by)
			return nil
		}
		n := len(tabsOf(m.focus))
		p := &m.panes[m.focus]
		*p = pane{tab: ((p.tab+by)%n + n) % n}
		return nil
	}
}

func zoom(on bool) func(*Model) tea.Cmd {
	return func(m *Model) tea.Cmd { m.zoomed = on; return nil }
}

func (m *Model) help() tea.Cmd {
	if p := m.front(); p != nil && p.kind == helpPage {
		m.closeTop()
		return nil
	}
	m.open(opened{kind: helpPage})
	return nil
}

// inFull opens the lines at the top of the screen in full, and closes them again.
func (m *Model) inFull() tea.Cmd {
	if p := m.front(); p != nil && p.kind == fullPage {
		m.closeTop()
		return nil
	}
	m.open(opened{kind: fullPage})
	return nil
}

func (m *Model) canGoBack() bool {
	return len(m.pages) > 0 || m.zoomed && m.zooms() || m.pinned != 0 || m.search != "" || m.logs.filter != ""
}

// back undoes one thing: what was opened last goes first. It never quits.
func (m *Model) back() tea.Cmd {
	switch {
	case len(m.pages) > 0:
		if top := m.front(); top.kind == failurePage {
			m.dismissed = top.build
		}
		m.closeTop()
	case m.search != "":
		m.search = ""
	case m.logs.filter != "":
		m.logs.setFilter(m, "")
	case m.zoomed && m.zooms():
		m.zoomed = false
	case m.pinned != 0:
		m.pinned = 0
	}
	return nil
}

// selected is what the cursor of the focused list is on, nil where that is nothing.
func (m *Model) selected() any {
	rows := m.rows(m.focus, m.layout().content(m.focus).W)
	if i := m.panes[m.focus].cursor; i >= 0 && i < len(rows) {
		return rows[i].Ref
	}
	return nil
}

func (m *Model) canOpen() bool {
	switch m.focus {
	case logs:
		return m.inLog() && m.story.Logs.Len() > 0 || m.selected() != nil
	case sizes, changes:
		_, layer := m.selected().(present.LayerRef)
		_, step := m.selected().(*story.Step)
		return layer || step || present.DetailOf(m.selected()) != nil || !m.zoomed && m.zooms()
	case page:
		return m.failedStep() != nil || m.openedLayer() != nil || m.canFold()
	}
	return m.selected() != nil
}

// failedStep is the step that the failure in front is about, nil where there is none.
func (m *Model) failedStep() *story.Step {
	top := m.front()
	if top == nil {
		return nil
	}
	b := m.story.Build(top.build)
	if top.kind != failurePage || b == nil || b.Failure == nil {
		return nil
	}
	return b.Step(b.Failure.Stage, b.Failure.Index)
}

// inLog tells whether the app's log has the focus.
func (m *Model) inLog() bool { return m.focus == logs && m.panes[logs].tab == 0 }

// openLine opens a line of the log whole. While following that is the newest one, which the cursor is on from then on.
func (m *Model) openLine() tea.Cmd {
	m.logs.pause(m)
	if d := present.DetailOf(m.logs.current(m)); d != nil {
		m.open(opened{kind: detailPage, detail: d})
	}
	return nil
}

func (m *Model) openSelected() tea.Cmd {
	if m.inLog() {
		return m.openLine()
	}
	if s := m.failedStep(); s != nil && m.focus == page {
		m.open(opened{kind: stepPage, build: m.front().build, stage: s.Stage, index: s.Index})
		return nil
	}
	if l := m.openedLayer(); l != nil {
		return m.openFiles(l.Build, l.Ref)
	}
	switch ref := m.selected().(type) {
	case *story.Step:
		b := m.shown()
		kind := stepPage
		if b.Failure != nil && b.Failure.Stage == ref.Stage && b.Failure.Index == ref.Index {
			kind = failurePage
		}
		m.open(opened{kind: kind, build: b.Number, stage: ref.Stage, index: ref.Index})
	case present.OutputRef:
		m.panes[logs].moved = true
		m.open(opened{kind: stepPage, build: m.shown().Number, stage: ref.Step.Stage, index: ref.Step.Index})
	case *story.Stage, present.NodeRef:
		return m.fold()
	case present.LayerRef:
		return m.openFiles(m.view().Sized(), ref)
	case present.FailureRef:
		return m.openBuild(ref.Build)
	case *story.Build:
		return m.openBuild(ref)
	default:
		if d := present.DetailOf(ref); d != nil {
			m.open(opened{kind: detailPage, detail: d})
			return nil
		}
		m.zoomed = true
	}
	return nil
}

// openBuild shows a build in place of the newest, and why it failed.
func (m *Model) openBuild(ref *story.Build) tea.Cmd {
	m.pinned = ref.Number
	if cur := m.story.Current(); cur != nil && cur.Number == ref.Number {
		m.pinned = 0
		m.say(draw.Accent, fmt.Sprintf("build #%d is the newest", ref.Number))
	}
	if ref.Failure != nil {
		m.open(opened{kind: failurePage, build: ref.Number})
		return nil
	}
	m.panes[stages] = pane{}
	m.goTo(stages)
	return nil
}

// openedLayer is the layer of the step that is opened in front, nil where there is none.
func (m *Model) openedLayer() *present.MadeLayer {
	p := m.front()
	if m.focus != page || p == nil || p.kind != stepPage {
		return nil
	}
	if b := m.story.Build(p.build); b != nil {
		if s := b.Step(p.stage, p.index); s != nil {
			return present.LayerOf(m.view(), b, s)
		}
	}
	return nil
}

// followsOutput tells whether the build's output has the focus, and is shown as it comes: without a cursor.
func (m *Model) followsOutput() bool {
	return m.focus == logs && m.panes[logs].tab != 0 && !m.panes[logs].moved
}
