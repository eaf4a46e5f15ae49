package ui

import (
	"fmt"

	"github.com/stagewatch/stagewatch/engine/human"
	"github.com/stagewatch/stagewatch/ui/board"
	"github.com/stagewatch/stagewatch/ui/draw"
	"github.com/stagewatch/stagewatch/ui/present"
	"github.com/stagewatch/stagewatch/ui/rows"
)

// changesPanel shows what caused the build, the changes that led to none, and the warnings.
func changesPanel(m *Model) *board.Panel {
	return &board.Panel{
		Help: "changes", Area: board.Side, Height: func(left int) int { return max(4, left/2) },
		Tabs: []board.Tab{
			{Name: "Changes", Body: &rows.List{Look: m.look, Content: present.Changes, Else: m.zoomIn}},
			{Name: "Skipped", Body: &rows.List{Look: m.look, Content: present.Skips, Else: m.zoomIn}},
			{Name: "Warnings", Body: &rows.List{Look: m.look, Content: present.Warnings, Else: m.zoomIn}},
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
