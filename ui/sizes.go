package ui

import (
	"github.com/stagewatch/stagewatch/engine/human"
	"github.com/stagewatch/stagewatch/ui/board"
	"github.com/stagewatch/stagewatch/ui/draw"
	"github.com/stagewatch/stagewatch/ui/present"
)

// sizesPanel shows what the final stage made of the bytes of the stage before it.
func sizesPanel(m *Model) *board.Panel {
	return &board.Panel{
		Help: "sizes", Area: board.Side, Height: func(left int) int { return min(max(5, left*42/100), 14) },
		Tabs: []board.Tab{
			{Name: "Sizes", Body: &list{m: m, content: present.Sizes, zooms: true}},
			{Name: "Layers", Body: &list{m: m, content: present.Layers, zooms: true}},
			{Name: "Kept and left", Body: &list{m: m, content: present.Ledger, zooms: true, folds: present.FoldName}},
		},
		Note: func(p *board.Panel) draw.Line {
			if b := m.view().Sized(); b != nil && b.Ledger != nil && m.board.Focus != p && present.Wasted(b.Ledger.Wasted) > 0 {
				return draw.Line{}.Add(draw.Warn, human.Bytes(present.Wasted(b.Ledger.Wasted))+" wasted")
			}
			return nil
		},
	}
}
