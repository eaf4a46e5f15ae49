package ui

import (
	"fmt"

	tea "github.com/charmbracelet/bubbletea"

	"github.com/stagewatch/stagewatch/ui/board"
	"github.com/stagewatch/stagewatch/ui/draw"
	"github.com/stagewatch/stagewatch/ui/present"
	"github.com/stagewatch/stagewatch/ui/story"
)

func move(by int) func(*Model) tea.Cmd {
	return func(m *Model) tea.Cmd { m.board.Body().Move(by); return nil }
}

func movePage(by int) func(*Model) tea.Cmd {
	return func(m *Model) tea.Cmd {
		m.board.Body().Move(by * max(1, m.board.Focus.Inside.H-1))
		return nil
	}
}

func moveEnd(to int) func(*Model) tea.Cmd {
	const far = 1 << 30
	return move(to * far)
}

func goTo(p *board.Panel) func(*Model) tea.Cmd {
	return func(m *Model) tea.Cmd { m.goTo(p); return nil }
}

// goTo moves the focus. A page that hides the panel closes.
func (m *Model) goTo(p *board.Panel) {
	m.board.Focus = p
	for m.arrange(); len(m.board.Pages) > 0 && !p.InSight(); m.arrange() {
		m.board.CloseTop()
		m.board.Focus = p
	}
}

// cycle moves the focus to the next panel on the screen.
func cycle(by int) func(*Model) tea.Cmd {
	return func(m *Model) tea.Cmd { m.board.Focus = m.board.Next(by); return nil }
}

func (m *Model) hasTabs() bool { return m.board.Focus.HasTabs() }

func turnTab(by int) func(*Model) tea.Cmd {
	return func(m *Model) tea.Cmd { m.board.Focus.Turn(by); return nil }
}

func zoom(on bool) func(*Model) tea.Cmd {
	return func(m *Model) tea.Cmd { m.board.Zoomed = on; return nil }
}

// zoomIn returns what zooms in, nil where that changes nothing.
func (m *Model) zoomIn() func() tea.Cmd {
	if m.board.Zoomed || !m.board.Zooms() {
		return nil
	}
	return func() tea.Cmd { return zoom(true)(m) }
}

func (m *Model) canGoBack() bool {
	return len(m.board.Pages) > 0 || m.board.Zoomed && m.board.Zooms() || m.pinned != 0 || m.look.Search != "" || m.log.Filter() != ""
}

// back undoes one thing, what was opened last first. It never quits.
func (m *Model) back() tea.Cmd {
	switch {
	case len(m.board.Pages) > 0:
		if top := m.board.Front(); top.Dismissed != nil {
			top.Dismissed()
		}
		m.board.CloseTop()
	case m.look.Search != "":
		m.look.Search = ""
	case m.log.Filter() != "":
		m.log.SetFilter("")
	case m.board.Zoomed && m.board.Zooms():
		m.board.Zoomed = false
	case m.pinned != 0:
		m.pinned = 0
	}
	return nil
}

func (m *Model) canOpen() bool { return m.board.Body().Opens() != nil }

func (m *Model) openSelected() tea.Cmd { return m.board.Body().Opens()() }

func (m *Model) canFold() bool { return m.board.Body().FoldName() != "" }

func (m *Model) fold() tea.Cmd {
	name := m.board.Body().FoldName()
	m.folded[name] = !m.folded[name]
	return nil
}

// opener returns what opens the thing that a row stands for, nil where there is nothing to open.
func (m *Model) opener(ref any) func() tea.Cmd {
	switch ref := ref.(type) {
	case *story.Step:
		return func() tea.Cmd { return m.openStepOrFailure(ref) }
	case present.OutputRef:
		return func() tea.Cmd { m.openStep(m.shown(), ref.Step); return nil }
	case *story.Stage:
		return m.fold
	case present.NodeRef:
		if ref.Nodes == nil {
			return nil
		}
		return m.fold
	case present.LayerRef:
		return func() tea.Cmd { return m.openFiles(m.view().Sized(), ref) }
	case present.FailureRef:
		return func() tea.Cmd { return m.openBuild(ref.Build) }
	case *story.Build:
		return func() tea.Cmd { return m.openBuild(ref) }
	}
	if d := present.DetailOf(ref); d != nil {
		return func() tea.Cmd { m.openDetail(d); return nil }
	}
	return nil
}

// openStepOrFailure opens a step of the build that is shown. The step that failed it says why.
func (m *Model) openStepOrFailure(s *story.Step) tea.Cmd {
	b := m.shown()
	if f := b.Failure; f != nil && f.Stage == s.Stage && f.Index == s.Index {
		m.openFailure(b.Number)
	} else {
		m.openStep(b, s)
	}
	return nil
}

// openBuild shows a build in place of the newest, and why it failed.
func (m *Model) openBuild(b *story.Build) tea.Cmd {
	m.pinned = b.Number
	if cur := m.story.Current(); cur != nil && cur.Number == b.Number {
		m.pinned = 0
		m.say(draw.Accent, fmt.Sprintf("build #%d is the newest", b.Number))
	}
	if b.Failure != nil {
		m.openFailure(b.Number)
		return nil
	}
	m.board.Centre().Body().Reset()
	m.goTo(m.board.Centre())
	return nil
}

// inLog reports whether the app's log has the focus.
func (m *Model) inLog() bool { return m.board.Body() == m.log }

// inStream reports whether lines that come one after the other have the focus.
func (m *Model) inStream() bool { return m.board.Body().Streams() }

func (m *Model) toggleFollow() tea.Cmd {
	b := m.board.Body()
	b.SetFollow(!b.Follows())
	return nil
}

func (m *Model) toggleWrap() tea.Cmd  { m.log.Wrap = !m.log.Wrap; return nil }
func (m *Model) toggleTimes() tea.Cmd { m.log.Times = !m.log.Times; return nil }
func (m *Model) toggleRaw() tea.Cmd   { m.log.Raw = !m.log.Raw; return nil }
