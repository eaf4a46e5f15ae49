package ui

import (
	"fmt"
	"maps"
	"strings"
	"unicode"

	tea "github.com/charmbracelet/bubbletea"

	"github.com/stagewatch/stagewatch/engine/human"
	"github.com/stagewatch/stagewatch/ui/clean"
	"github.com/stagewatch/stagewatch/ui/draw"
	"github.com/stagewatch/stagewatch/ui/present"
	"github.com/stagewatch/stagewatch/ui/story"
)

// input is a line being typed in place of the key line.
type input struct {
	prompt, text string
	// help follows what is typed, and note says what the text finds.
	help string
	note func() draw.Line
	// changed sees every change, done the end; ok is false where esc ended it.
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

func (m *Model) typed(msg tea.KeyMsg) {
	in := m.input
	switch msg.Type {
	case tea.KeyEnter:
		m.input = nil
		in.done(in.text, true)
		return
	case tea.KeyEsc:
		m.input = nil
		in.done("", false)
		return
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
		return
	}
	in.changed(in.text)
}

// startSearch begins a search at what is in sight. Each letter looks from there again, and esc goes back there.
func (m *Model) startSearch() tea.Cmd {
	p, was, log, folded := m.focus, m.panes[m.focus], m.logs, maps.Clone(m.folded)
	look := func(text string) {
		m.folded = maps.Clone(folded)
		m.panes[p], m.searchAt = was, was.offset
		m.logs.follow, m.logs.top, m.logs.cursor = log.follow, log.top, log.cursor
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
		prompt: "filter: ", text: m.logs.filter, help: "!text leaves lines out · enter keeps · esc drops", note: m.filterNote,
		changed: func(s string) { m.logs.setFilter(m, s) },
		done:    func(s string, _ bool) { m.logs.setFilter(m, s) },
	}
	return nil
}

func (m *Model) searching() bool { return m.search != "" }

func findNext(dir int) func(*Model) tea.Cmd {
	return func(m *Model) tea.Cmd { m.find(dir, false); return nil }
}

// find moves to a line that holds the search text, in direction dir; from the line itself where here is set.
func (m *Model) find(dir int, here bool) {
	if m.search == "" {
		return
	}
	files := m.filesInFront()
	switch {
	case m.inLog():
		m.logs.find(m, dir, here)
	case m.focus == page && files != nil:
		m.findFile(files, dir, here)
	default:
		m.findRow(dir, here)
	}
}

// found counts the matches of the search in the focused panel, and returns which of them the cursor is on, 0 for none.
func (m *Model) found() (at, of int) {
	files := m.filesInFront()
	switch {
	case m.inLog():
		i, exact := m.logs.hits.at(m.logs.cursor)
		if exact {
			at = i + 1
		}
		return at, len(m.logs.hits.seqs)
	case m.focus == page && files != nil:
		ref, _ := m.selected().(present.NodeRef)
		files.Tree.Walk(func(n *story.Node) {
			if contains(n.Name, m.search) {
				if of++; n == ref.Node {
					at = of
				}
			}
		})
		return at, of
	}
	rows := m.rows(m.focus, m.layout().content(m.focus).W)
	cursor, here := anySelectable(rows), m.place(rows)
	for i := range rows {
		if m.matches(rows, i, cursor) {
			if of++; i == here {
				at = of
			}
		}
	}
	return at, of
}

// matches reports whether the row that begins at i holds the search text, and the cursor can be on it.
func (m *Model) matches(rows []present.Row, i int, cursor bool) bool {
	return !rows[i].Tail && (!cursor || rows[i].Ref != nil) && contains(present.Whole(rows, i), m.search)
}

// place returns the row that a search in rows is at.
func (m *Model) place(rows []present.Row) int {
	if p := m.panes[m.focus]; anySelectable(rows) {
		return p.cursor
	}
	return m.searchAt
}

// foundNote says which match the search is at, and of how many.
func (m *Model) foundNote() draw.Line {
	switch at, of := m.found(); {
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

// filterNote says how many of the log's lines pass.
func (m *Model) filterNote() draw.Line {
	if m.logs.pattern() == "" {
		return nil
	}
	n := 0
	for _, seq := range m.logs.passed.seqs {
		if m.story.Logs.At(seq).Kind == story.LogLine {
			n++
		}
	}
	return draw.Line{}.Add(draw.Accent, human.Count(n, "line"))
}

func (m *Model) findRow(dir int, here bool) {
	rows := m.rows(m.focus, m.layout().content(m.focus).W)
	p := &m.panes[m.focus]
	at, cursor := m.place(rows), anySelectable(rows)
	if !here {
		at += dir
	}
	for range rows {
		at = (at + len(rows)) % len(rows)
		if m.matches(rows, at, cursor) {
			p.moved = true
			if cursor {
				p.cursor = at
			} else {
				m.searchAt, p.offset = at, at
			}
			return
		}
		at += dir
	}
}

// contains compares without case as long as the text looked for has no capitals.
func contains(line, text string) bool {
	if strings.IndexFunc(text, unicode.IsUpper) < 0 {
		line = strings.ToLower(line)
	}
	return strings.Contains(line, text)
}

// markMatches shows on a painted line where the search text is.
func (m *Model) markMatches(c *draw.Canvas, in draw.Rect, y int) {
	c.Mark(draw.Rect{X: in.X, Y: y, W: in.W, H: 1}, m.search, strings.IndexFunc(m.search, unicode.IsUpper) < 0)
}
