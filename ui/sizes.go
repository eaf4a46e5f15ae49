package ui

import (
	"github.com/stagewatch/stagewatch/engine/human"
	"github.com/stagewatch/stagewatch/ui/draw"
	"github.com/stagewatch/stagewatch/ui/present"
)

// sizesPanel shows what the final stage made of the bytes of the stage before it.
func sizesPanel(m *Model) *panel {
	return &panel{
		help: "sizes", area: side, height: func(left int) int { return min(max(5, left*42/100), 14) },
		tabs: []tab{
			{"Sizes", &list{m: m, content: present.Sizes, zooms: true}},
			{"Layers", &list{m: m, content: present.Layers, zooms: true}},
			{"Kept and left", &list{m: m, content: present.Ledger, zooms: true, folds: present.FoldName}},
		},
		note: func(p *panel) draw.Line {
			if b := m.view().Sized(); b != nil && b.Ledger != nil && m.focus != p && present.Wasted(b.Ledger.Wasted) > 0 {
				return draw.Line{}.Add(draw.Warn, human.Bytes(present.Wasted(b.Ledger.Wasted))+" wasted")
			}
			return nil
		},
	}
}
