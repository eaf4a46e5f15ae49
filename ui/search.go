package ui

import (
	"fmt"
	"maps"

	tea "github.com/charmbracelet/bubbletea"

	"github.com/stagewatch/stagewatch/ui/draw"
)

// startSearch begins a search at what is in sight. Each letter searches from there again, and esc goes back there.
func (m *Model) startSearch() tea.Cmd {
	back, folded := m.board.Body().Bookmark(), maps.Clone(m.folded)
	look := func(text string) {
		m.folded = maps.Clone(folded)
		back()
		m.look.Search = text
		m.find(1, true)
	}
	m.input = &input{
		prompt: "/", help: "enter keeps · esc drops", note: m.foundNote,
		changed: look,
		done: func(text string, ok bool) {
			if !ok {
				look("")
			}
		},
	}
	return nil
}

func (m *Model) startFilter() tea.Cmd {
	m.input = &input{
		prompt: "filter: ", text: m.log.Filter(), help: "!text leaves lines out · enter keeps · esc drops", note: m.log.PassedNote,
		changed: m.log.SetFilter,
		done:    func(s string, _ bool) { m.log.SetFilter(s) },
	}
	return nil
}

func (m *Model) searching() bool { return m.look.Search != "" }

func findNext(dir int) func(*Model) tea.Cmd {
	return func(m *Model) tea.Cmd { m.find(dir, false); return nil }
}

// find moves to a line of the focused panel that holds the search text.
func (m *Model) find(dir int, here bool) {
	if m.look.Search != "" {
		m.board.Body().Find(dir, here)
	}
}

// foundNote says at which of how many matches the search is.
func (m *Model) foundNote() draw.Line {
	switch at, of := m.board.Body().Found(); {
	case of == 0:
		return draw.Line{}.Add(draw.Warn|draw.Bold, "not found")
	case of == 1:
		return draw.Line{}.Add(draw.Accent, "1 match")
	case at == 0:
		return draw.Line{}.Add(draw.Accent, fmt.Sprintf("%d matches", of))
	default:
		return draw.Line{}.Add(draw.Accent, fmt.Sprintf("%d of %d", at, of))
	}
}
