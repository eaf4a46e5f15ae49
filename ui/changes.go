package ui

import (
	"fmt"

	"github.com/stagewatch/stagewatch/engine/human"
	"github.com/stagewatch/stagewatch/ui/draw"
	"github.com/stagewatch/stagewatch/ui/present"
)

// changesPanel shows what caused the build, the changes that led to none, and the warnings.
func changesPanel(m *Model) *panel {
	return &panel{
		help: "changes", area: side, height: func(left int) int { return max(4, left/2) },
		tabs: []tab{
			{"Changes", &list{m: m, content: present.Changes, zooms: true}},
			{"Skipped", &list{m: m, content: present.Skips, zooms: true}},
			{"Warnings", &list{m: m, content: present.Warnings, zooms: true}},
		},
		note: func(p *panel) draw.Line {
			if m.focus == p {
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
