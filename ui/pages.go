package ui

import (
	"fmt"

	tea "github.com/charmbracelet/bubbletea"

	"github.com/stagewatch/stagewatch/ui/board"
	"github.com/stagewatch/stagewatch/ui/present"
	"github.com/stagewatch/stagewatch/ui/rows"
	"github.com/stagewatch/stagewatch/ui/story"
)

// failureKind is the kind of the page that opens by itself.
const failureKind = "failure"

// stepOf finds a step again by its names: a replay tells the story anew.
func (m *Model) stepOf(build int, stage string, index int) (*story.Build, *story.Step) {
	b := m.story.Build(build)
	if b == nil {
		return nil, nil
	}
	return b, b.Step(stage, index)
}

// openStep opens a step of a build.
func (m *Model) openStep(b *story.Build, s *story.Step) {
	number, stage, index := b.Number, s.Stage, s.Index
	l := &rows.List{Look: m.look}
	l.Content = func(v present.View, width int) []present.Row {
		switch b, s := m.stepOf(number, stage, index); {
		case b == nil:
			return []present.Row{present.Unkept()}
		case s != nil:
			return present.Step(v, b, s, width)
		}
		return nil
	}
	l.Enter = func() func() tea.Cmd {
		if b, s := m.stepOf(number, stage, index); s != nil {
			if made := present.LayerOf(m.view(), b, s); made != nil {
				return func() tea.Cmd { return m.openFiles(made.Build, made.Ref) }
			}
		}
		return nil
	}
	l.All = func() present.Copied {
		if b, s := m.stepOf(number, stage, index); s != nil {
			return present.CopyStep(m.view(), b, s)
		}
		return rows.Text(m.view(), l.Content)
	}
	l.Lines = func() []string { return l.All().Lines }
	l.Of = func() any {
		_, s := m.stepOf(number, stage, index)
		return s
	}
	m.board.Open(board.NewPage("step", fmt.Sprintf("Step %s of build #%d", b.StepName(stage, index), number), l))
}

// openFailure opens why a build failed.
func (m *Model) openFailure(number int) {
	l := &rows.List{Look: m.look}
	failed := func() *story.Build {
		if b := m.story.Build(number); b != nil && b.Failure != nil {
			return b
		}
		return nil
	}
	l.Content = func(v present.View, width int) []present.Row {
		if b := failed(); b != nil {
			return present.Failure(v, b, width, l.Height())
		}
		return []present.Row{present.Unkept()}
	}
	l.Enter = func() func() tea.Cmd {
		if b := failed(); b != nil {
			if s := b.Step(b.Failure.Stage, b.Failure.Index); s != nil {
				return func() tea.Cmd { m.openStep(b, s); return nil }
			}
		}
		return nil
	}
	l.All = func() present.Copied {
		if b := failed(); b != nil {
			return present.CopyFailure(b)
		}
		return rows.Text(m.view(), l.Content)
	}
	l.Lines = func() []string { return l.All().Lines }
	l.Of = func() any {
		if b := failed(); b != nil {
			return b.Step(b.Failure.Stage, b.Failure.Index)
		}
		return nil
	}
	p := board.NewPage(failureKind, fmt.Sprintf("Build #%d failed", number), l)
	p.Dismissed = func() { m.dismissed = number }
	m.board.Open(p)
}

// openDetail opens what a list shows in short.
func (m *Model) openDetail(d *present.Detail) {
	l := &rows.List{Look: m.look, Content: func(_ present.View, width int) []present.Row { return present.Flow(d.Rows, width) }}
	l.All = func() present.Copied {
		if c := present.CopyRef(m.view(), d.Of); len(c.Lines) > 0 {
			return c
		}
		return rows.Text(m.view(), l.Content)
	}
	m.board.Open(board.NewPage("detail", d.Title, l))
}

// inFull opens the lines at the top of the screen in full, and closes them again.
func (m *Model) inFull() tea.Cmd {
	m.board.Toggle(m.textPage("full", "In full", present.Full))
	return nil
}

// checks opens how the checks stand, with what they printed, and closes it again.
func (m *Model) checks() tea.Cmd {
	m.board.Toggle(m.textPage("checks", "Checks", present.Checks))
	return nil
}

// help opens the list of keys and words, and closes it again.
func (m *Model) help() tea.Cmd {
	m.board.Toggle(m.textPage("help", "Help", func(_ present.View, width int) []present.Row { return m.helpRows(width) }))
	return nil
}

// textPage is a wide page that is there to be read.
func (m *Model) textPage(kind, title string, content func(present.View, int) []present.Row) *board.Page {
	l := &rows.List{Look: m.look, Content: content}
	l.All = func() present.Copied { return rows.Text(m.view(), content) }
	p := board.NewPage(kind, title, l)
	p.Wide = true
	return p
}
