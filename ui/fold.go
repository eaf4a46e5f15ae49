package ui

import (
	tea "github.com/charmbracelet/bubbletea"

	"github.com/stagewatch/stagewatch/ui/present"
	"github.com/stagewatch/stagewatch/ui/story"
)

func (m *Model) canFold() bool {
	switch ref := m.selected().(type) {
	case present.NodeRef:
		return ref.Nodes != nil
	case *story.Stage, *story.Step:
		return m.focus == stages
	case present.FoldRef:
		return true
	}
	return false
}

func (m *Model) fold() tea.Cmd {
	ref := m.selected()
	name := present.FoldName(ref)
	if node, ok := ref.(present.NodeRef); ok {
		if node.Nodes == nil {
			return nil
		}
		name = m.filesInFront().FoldName(node.Node)
	}
	m.folded[name] = !m.folded[name]
	return nil
}
