package ui

import (
	tea "github.com/charmbracelet/bubbletea"

	"github.com/stagewatch/stagewatch/engine/event"
	"github.com/stagewatch/stagewatch/ui/board"
	"github.com/stagewatch/stagewatch/ui/present"
	"github.com/stagewatch/stagewatch/ui/rows"
	"github.com/stagewatch/stagewatch/ui/story"
)

// openFiles opens a layer's files, and asks for them where they are not known.
func (m *Model) openFiles(b *story.Build, ref present.LayerRef) tea.Cmd {
	p := board.NewPage("files", "", rows.NewTree(m.look, present.FilesOf(b, ref)))
	p.Wide = true
	m.board.Open(p)
	if b.Files != nil || m.opt.Tape != nil || m.opt.Send == nil {
		return nil
	}
	send := m.opt.Send
	return func() tea.Msg {
		send(event.Inspect{})
		return nil
	}
}

// filesCame shows a build's files in the page of files that is open, unless an older build is looked at.
func (m *Model) filesCame(number int) {
	b := m.story.Build(number)
	if b == nil {
		return
	}
	for _, p := range m.board.Pages {
		if t, ok := p.Body().(*rows.Tree); ok && (m.pinned == 0 || t.Files.Tree == nil) {
			t.Update(b)
		}
	}
}
