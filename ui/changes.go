package ui

import (
	"fmt"

	"github.com/stagewatch/stagewatch/engine/human"
	"github.com/stagewatch/stagewatch/ui/board"
	"github.com/stagewatch/stagewatch/ui/draw"
	"github.com/stagewatch/stagewatch/ui/present"
)

// changesPanel shows what caused the build, the changes that led to none, and the warnings.
func changesPanel(m *Model) *board.Panel {
	return &board.Panel{
		Help: "changes", Area: board.Side, Height: func(left int) int { return max(4, left/2) },
		Tabs: []board.Tab{
			{Name: "Changes", Body: &list{m: m, content: present.Changes, zooms: true}},
			{Name: "Skipped", Body: &list{m: m, content: present.Skips, zooms: true}},
			{Name: "Warnings", Body: &list{m: m, content: present.Warnings, zooms: true}},
		},
		Note: func(p *board.Panel) draw.Line {
			if m.board.Focus == p {
				return nil
			}
			if n := m.story.Holding(); n > 0 {
				return draw.Line{}.Add(draw.Warn, human.Count(n, "warning"))
			}
			if n := len(m.story.Skips); n > 0 {
				return draw.Line{}.Add(draw.Dim, fmt.Sprintf("%d skipped", n))
			}
			return nil
		},
	}
}
