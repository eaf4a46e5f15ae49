package ui

import (
	"fmt"
	"maps"
	"strings"

	tea "github.com/charmbracelet/bubbletea"

	"github.com/stagewatch/stagewatch/ui/clean"
	"github.com/stagewatch/stagewatch/ui/draw"
)

// input is a line being typed in place of the key line.
type input struct {
	prompt, text string
	// help follows the text, and note says what the text finds.
	help string
	note func() draw.Line
	// changed gets every change of the text, done its end. ok is false if esc ended it.
	changed func(text string)
	done    func(text string, ok bool)
}

func (in *input) line(bare bool) draw.Line {
	caret := " "
	if bare {
		caret = "_"
	}
	line := draw.Line{}.Add(draw.Accent|draw.Bold, in.prompt).Add(draw.Plain, in.text).Add(draw.Plain|draw.Reverse, caret).Add(draw.Plain, "  ")
	if in.text != "" {
		line = append(line, in.note()...).Add(draw.Plain, "  ")
	}
	return line.Add(draw.Dim, in.help)
}

// typed takes a key, and reports whether the line is done.
func (in *input) typed(msg tea.KeyMsg) (done bool) {
	switch msg.Type {
	case tea.KeyEnter:
		in.done(in.text, true)
		return true
	case tea.KeyEsc:
		in.done("", false)
		return true
	case tea.KeyBackspace:
		if r := []rune(in.text); len(r) > 0 {
			in.text = string(r[:len(r)-1])
		}
	case tea.KeyCtrlU:
		in.text = ""
	case tea.KeyCtrlW:
		in.text = in.text[:strings.LastIndexByte(strings.TrimRight(in.text, " "), ' ')+1]
	case tea.KeyRunes, tea.KeySpace:
		in.text = clean.Line(in.text + string(msg.Runes))
	default:
		return false
	}
	in.changed(in.text)
	return false
}

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
