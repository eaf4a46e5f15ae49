package ui

import (
	"fmt"

	"github.com/stagewatch/stagewatch/ui/draw"
	"github.com/stagewatch/stagewatch/ui/present"
)

// buildsPanel lists the builds so far.
func buildsPanel(m *Model) *panel {
	return &panel{
		help: "builds so far", area: side, tabs: []tab{{"Builds", &list{m: m, content: present.Builds}}},
		note: func(p *panel) draw.Line {
			if m.story.Hits+m.story.Ran == 0 {
				return nil
			}
			line := draw.Line{}.Add(draw.Dim, fmt.Sprintf("%d %% of steps were hits", 100*m.story.Hits/(m.story.Hits+m.story.Ran)))
			if s := m.story.Score; s.Promised > 0 && p.rect.W >= 72 {
				line = line.Add(draw.Dim, fmt.Sprintf(", %d of %d predicted hits came true", s.Held, s.Promised))
			}
			return line
		},
	}
}
