package ui

import (
	tea "github.com/charmbracelet/bubbletea"

	"github.com/stagewatch/stagewatch/ui/draw"
)

// wheel is how many lines one turn of the wheel scrolls.
const wheel = 3

// click takes the mouse. A click focuses and selects, a second one on the same row opens. A click on a tab in a title
// turns to it, one on the lines at the top opens them in full. The wheel scrolls what is under the pointer.
func (m *Model) click(msg tea.MouseMsg) tea.Cmd {
	if m.ask != nil || m.input != nil || msg.Action != tea.MouseActionPress {
		return nil
	}
	left, l := msg.Button == tea.MouseButtonLeft, m.lay
	if l.strip.Contains(msg.X, msg.Y) && left && !m.onPage() {
		if i := pieceAt(m.stripLine(l.strip.W), msg.X-l.strip.X-1); i >= 0 && i%2 == 0 {
			m.goTo(m.panels[i/2])
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
	for _, p := range m.focusable() {
		if !p.rect.Contains(msg.X, msg.Y) {
			continue
		}
		switch msg.Button {
		case tea.MouseButtonWheelUp:
			p.body().scroll(-wheel)
		case tea.MouseButtonWheelDown:
			p.body().scroll(wheel)
		case tea.MouseButtonLeft:
			return m.press(p, msg.X, msg.Y)
		}
		return nil
	}
	return nil
}

// press focuses a panel, and passes a click in it on.
func (m *Model) press(p *panel, x, y int) tea.Cmd {
	again := m.focus == p
	m.focus = p
	if y == p.rect.Y && !m.single && again {
		title := m.title(p, draw.Plain)
		if i := pieceAt(title, x-p.rect.X-2); i >= 0 {
			if tab := p.tabNamed(title[i].Text); tab >= 0 {
				p.turnTo(tab)
			}
		}
		return nil
	}
	if !p.inside.Contains(x, y) {
		return nil
	}
	return p.body().press(y-p.inside.Y, again)
}

// pieceAt returns the piece of a line that holds a column, -1 where the line is shorter.
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
