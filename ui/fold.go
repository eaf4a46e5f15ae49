package ui

import (
	tea "github.com/charmbracelet/bubbletea"

	"github.com/stagewatch/stagewatch/ui/story"
)

func (m *Model) canFold() bool {
	switch ref := m.selected().(type) {
	case nodeRef:
		return ref.Nodes != nil
	case *story.Stage, *story.Step:
		return m.focus == stages
	case foldRef:
		return true
	}
	return false
}

func (m *Model) fold() tea.Cmd {
	name := ""
	switch ref := m.selected().(type) {
	case *story.Stage:
		name = "stage " + ref.Name
	case *story.Step:
		name = "stage " + ref.Stage
	case foldRef:
		name = string(ref)
	case nodeRef:
		if ref.Nodes == nil {
			return nil
		}
		name = m.filesInFront().foldName(ref.Node)
	}
	m.folded[name] = !m.folded[name]
	return nil
}
