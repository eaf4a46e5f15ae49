package ui

import tea "github.com/charmbracelet/bubbletea"

// wheel is how many lines a turn of the wheel scrolls.
const wheel = 3

// click takes the mouse: a click focuses and selects, a second on the same row opens, the wheel scrolls
// what is under the pointer.
func (m *Model) click(msg tea.MouseMsg) tea.Cmd {
	if m.ask != nil || m.input != nil || msg.Action != tea.MouseActionPress {
		return nil
	}
	l := m.layout()
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
	in := l.content(p)
	if !in.Contains(x, y) || p == logs && m.panes[logs].tab == 0 {
		return nil
	}
	pane := &m.panes[p]
	rows := m.rows(p, in.W)
	n := pane.offset + y - in.Y
	if n >= len(rows) || rows[n].ref == nil {
		return nil
	}
	again = again && pane.cursor == n
	pane.cursor, pane.moved = n, true
	if again && m.canOpen() {
		return m.openSelected()
	}
	return nil
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
