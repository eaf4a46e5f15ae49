package ui

import (
	"slices"

	tea "github.com/charmbracelet/bubbletea"

	"github.com/stagewatch/stagewatch/ui/draw"
	"github.com/stagewatch/stagewatch/ui/present"
)

// wheel is how many lines a turn of the wheel scrolls.
const wheel = 3

// click takes the mouse: a click focuses and selects, a second on the same row opens, one on a title's tab turns to
// it, one on the lines at the top opens them in full, the wheel scrolls what is under the pointer.
func (m *Model) click(msg tea.MouseMsg) tea.Cmd {
	if m.ask != nil || m.input != nil || msg.Action != tea.MouseActionPress {
		return nil
	}
	l := m.layout()
	if l.strip.Contains(msg.X, msg.Y) && msg.Button == tea.MouseButtonLeft && m.focus != page {
		if i := pieceAt(m.stripLine(l.strip.W), msg.X-l.strip.X-1); i >= 0 && i%2 == 0 {
			m.goTo(panel(i / 2))
		}
		return nil
	}
	if (l.summary.Contains(msg.X, msg.Y) || l.banner.Contains(msg.X, msg.Y)) && msg.Button == tea.MouseButtonLeft {
		return m.inFull()
	}
	if at, ok := m.scrubAt(l.scrub, msg.X, msg.Y); ok && msg.Button == tea.MouseButtonLeft {
		m.seek(m.opt.Tape.IndexAt(at))
		return nil
	}
	for p := range panels {
		if !l.rects[p].Contains(msg.X, msg.Y) {
			continue
		}
		switch msg.Button {
		case tea.MouseButtonWheelUp:
			m.scroll(p, -wheel)
		case tea.MouseButtonWheelDown:
			m.scroll(p, wheel)
		case tea.MouseButtonLeft:
			return m.press(l, p, msg.X, msg.Y)
		}
		return nil
	}
	return nil
}

func (m *Model) press(l layout, p panel, x, y int) tea.Cmd {
	again := m.focus == p
	m.focus = p
	if r := l.rects[p]; y == r.Y && !l.single && again {
		title := m.panelTitle(p, draw.Plain)
		if i := pieceAt(title, x-r.X-2); i >= 0 {
			if tab := slices.Index(tabsOf(p), title[i].Text); tab >= 0 {
				m.panes[p] = pane{tab: tab}
			}
		}
		return nil
	}
	in := l.content(p)
	if !in.Contains(x, y) {
		return nil
	}
	if m.inLog() {
		return m.pressLine(y-in.Y, again)
	}
	pane := &m.panes[p]
	rows := m.rows(p, in.W)
	n := pane.offset + y - in.Y
	if n >= len(rows) {
		return nil
	}
	if n = present.Head(rows, n); rows[n].Ref == nil {
		return nil
	}
	again = again && pane.cursor == n
	pane.cursor, pane.moved = n, true
	if again && m.canOpen() {
		return m.openSelected()
	}
	return nil
}

// pressLine puts the cursor on the log line at y of the panel, or opens it.
func (m *Model) pressLine(y int, again bool) tea.Cmd {
	for _, l := range m.logs.inSight(m) {
		if y < l.y || y >= l.y+l.h {
			continue
		}
		if again && m.logs.cursor == l.seq {
			return m.openLine()
		}
		m.logs.pause(m)
		m.logs.cursor = l.seq
	}
	return nil
}

// pieceAt is the piece of a line that a column is in, -1 where that is beyond it.
func pieceAt(l draw.Line, x int) int {
	for i, s := range l {
		w := draw.Width(s.Text)
		if x >= 0 && x < w {
			return i
		}
		x -= w
	}
	return -1
}

// scroll moves what a panel shows, without moving the focus there.
func (m *Model) scroll(p panel, by int) {
	if p == logs && m.panes[logs].tab == 0 {
		m.logs.scroll(m, by)
		return
	}
	in := m.layout().content(p)
	rows := m.rows(p, in.W)
	pane := &m.panes[p]
	pane.moved = true
	pane.offset = min(max(0, pane.offset+by), max(0, len(rows)-in.H))
	pane.cursor = min(max(pane.cursor, pane.offset), pane.offset+max(0, in.H-1))
}
