package ui

import (
	"fmt"

	"github.com/stagewatch/stagewatch/ui/board"
)

// newPanels is the list of all panels, in the order of their keys. The first one is the centre of the screen and shows the
// build that is looked at.
func newPanels(m *Model) []*board.Panel {
	list := []*board.Panel{stagesPanel(m), sizesPanel(m), changesPanel(m), logsPanel(m), buildsPanel(m)}
	for i, p := range list {
		number := fmt.Sprint(i + 1)
		p.Key = bind([]string{number}, number, p.Help)
	}
	return list
}
