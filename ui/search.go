package ui

import (
	"fmt"
	"maps"
	"strings"
	"unicode"

	tea "github.com/charmbracelet/bubbletea"

	"github.com/stagewatch/stagewatch/ui/clean"
	"github.com/stagewatch/stagewatch/ui/draw"
	"github.com/stagewatch/stagewatch/ui/present"
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
		m.search = text
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
		prompt: "filter: ", text: m.log.filter, help: "!text leaves lines out · enter keeps · esc drops", note: m.log.passedNote,
		changed: m.log.setFilter,
		done:    func(s string, _ bool) { m.log.setFilter(s) },
	}
	return nil
}

func (m *Model) searching() bool { return m.search != "" }

func findNext(dir int) func(*Model) tea.Cmd {
	return func(m *Model) tea.Cmd { m.find(dir, false); return nil }
}

// find moves to a line of the focused panel that holds the search text.
func (m *Model) find(dir int, here bool) {
	if m.search != "" {
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

func (l *list) Find(dir int, here bool) {
	rows := l.rows()
	at, cursor := l.searched(rows), anySelectable(rows)
	if !here {
		at += dir
	}
	for range rows {
		at = (at + len(rows)) % len(rows)
		if l.matches(rows, at, cursor) {
			l.moved = true
			if cursor {
				l.cursor = at
			} else {
				l.searchAt, l.offset = at, at
			}
			return
		}
		at += dir
	}
}

func (l *list) Found() (at, of int) {
	rows := l.rows()
	cursor, here := anySelectable(rows), l.searched(rows)
	for i := range rows {
		if l.matches(rows, i, cursor) {
			if of++; i == here {
				at = of
			}
		}
	}
	return at, of
}

// matches reports whether the row that begins at i holds the search text and the cursor can be on it.
func (l *list) matches(rows []present.Row, i int, cursor bool) bool {
	return !rows[i].Tail && (!cursor || rows[i].Ref != nil) && contains(present.Whole(rows, i), l.m.search)
}

// searched returns the row that a search is at.
func (l *list) searched(rows []present.Row) int {
	if anySelectable(rows) {
		return l.cursor
	}
	return l.searchAt
}

// contains reports whether a line holds a text. Case counts only if the text has capitals.
func contains(line, text string) bool {
	if strings.IndexFunc(text, unicode.IsUpper) < 0 {
		line = strings.ToLower(line)
	}
	return strings.Contains(line, text)
}

// markMatches shows where the search text is on a painted line.
func (m *Model) markMatches(c *draw.Canvas, in draw.Rect, y int) {
	if m.search == "" {
		return
	}
	c.Mark(draw.Rect{X: in.X, Y: y, W: in.W, H: 1}, m.search, strings.IndexFunc(m.search, unicode.IsUpper) < 0)
}
