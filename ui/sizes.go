package ui

import (
	"github.com/stagewatch/stagewatch/engine/human"
	"github.com/stagewatch/stagewatch/ui/board"
	"github.com/stagewatch/stagewatch/ui/draw"
	"github.com/stagewatch/stagewatch/ui/present"
	"github.com/stagewatch/stagewatch/ui/rows"
)

// sizesPanel shows what the final stage made of the bytes of the stage before it.
func sizesPanel(m *Model) *board.Panel {
	return &board.Panel{
		Help: "sizes", Area: board.Side, Height: func(left int) int { return min(max(5, left*42/100), 14) },
		Tabs: []board.Tab{
			{Name: "Sizes", Body: &rows.List{Look: m.look, Content: present.Sizes, Else: m.zoomIn}},
			{Name: "Layers", Body: &rows.List{Look: m.look, Content: present.Layers, Else: m.zoomIn}},
			{Name: "Kept and left", Body: &rows.List{Look: m.look, Content: present.Ledger, Else: m.zoomIn, Folds: present.FoldName}},
		},
		Note: func(p *board.Panel) draw.Line {
			if b := m.view().Sized(); b != nil && b.Ledger != nil && m.board.Focus != p && present.Wasted(b.Ledger.Wasted) > 0 {
				return draw.Line{}.Add(draw.Warn, human.Bytes(present.Wasted(b.Ledger.Wasted))+" wasted")
			}
			return nil
		},
	}
}
