package ui

import tea "github.com/charmbracelet/bubbletea"

// wheel is how many lines one turn of the wheel scrolls.
const wheel = 3

// click takes the mouse. A click focuses and selects, a second one on the same row opens. A click on a tab in a title
// turns to it, one on the lines at the top opens them in full. The wheel scrolls what is under the pointer.
func (m *Model) click(msg tea.MouseMsg) tea.Cmd {
	if m.ask != nil || m.input != nil || msg.Action != tea.MouseActionPress {
		return nil
	}
	left, l := msg.Button == tea.MouseButtonLeft, m.lay
	if l.strip.Contains(msg.X, msg.Y) && left {
		if p := m.board.InStrip(l.strip, msg.X); p != nil {
			m.goTo(p)
		}
		return nil
	}
	if (l.summary.Contains(msg.X, msg.Y) || l.banner.Contains(msg.X, msg.Y)) && left {
		return m.inFull()
	}
	replay := scrub{m.opt.Tape}
	if at, ok := replay.at(l.scrub, msg.X, msg.Y); ok && left {
		m.seek(m.opt.Tape.IndexAt(at))
		return nil
	}
	p := m.board.At(msg.X, msg.Y)
	if p == nil {
		return nil
	}
	switch msg.Button {
	case tea.MouseButtonWheelUp:
		p.Body().Scroll(-wheel)
	case tea.MouseButtonWheelDown:
		p.Body().Scroll(wheel)
	case tea.MouseButtonLeft:
		return m.board.Press(p, msg.X, msg.Y)
	}
	return nil
}
