package ui

import (
	"strings"
	"unicode"

	tea "github.com/charmbracelet/bubbletea"

	"github.com/stagewatch/stagewatch/ui/clean"
	"github.com/stagewatch/stagewatch/ui/draw"
)

// input is a line being typed in place of the key line.
type input struct {
	prompt, text string
	// changed sees every change, done the end; ok is false where esc ended it.
	changed func(text string)
	done    func(text string, ok bool)
}

func (in *input) line(bare bool) draw.Line {
	caret := " "
	if bare {
		caret = "_"
	}
	return draw.Line{}.Add(draw.Accent|draw.Bold, in.prompt).Add(draw.Plain, in.text).Add(draw.Plain|draw.Reverse, caret).
		Add(draw.Dim, "  enter keeps · esc drops")
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

func (m *Model) startSearch() tea.Cmd {
	m.logs.match = -1
	m.input = &input{
		prompt:  "/",
		changed: func(s string) { m.search = s; m.find(1, true) },
		done:    func(s string, _ bool) { m.search = s; m.find(1, true) },
	}
	return nil
}

func (m *Model) startFilter() tea.Cmd {
	m.input = &input{
		prompt: "only lines with: ", text: m.logs.filter,
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
	found := false
	files := m.filesInFront()
	switch {
	case m.focus == logs && m.panes[logs].tab == 0:
		found = m.logs.find(m, dir, here)
	case m.focus == page && files != nil:
		found = m.findFile(files, dir, here)
	default:
		found = m.findRow(dir, here)
	}
	if !found && m.input == nil {
		m.say(draw.Warn, "“"+m.search+"” is not here")
	}
}

func (m *Model) findRow(dir int, here bool) bool {
	in := m.layout().content(m.focus)
	rows := m.rows(m.focus, in.W)
	p := &m.panes[m.focus]
	at, cursor := p.offset, anySelectable(rows)
	if cursor {
		at = p.cursor
	}
	if !here {
		at += dir
	}
	for range rows {
		at = (at + len(rows)) % len(rows)
		if contains(rows[at].text(), m.search) && (!cursor || rows[at].ref != nil) {
			p.moved = true
			if cursor {
				p.cursor = at
			} else {
				p.offset = at
			}
			return true
		}
		at += dir
	}
	return false
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
