package ui

import (
	"fmt"

	"github.com/stagewatch/stagewatch/ui/board"
	"github.com/stagewatch/stagewatch/ui/draw"
	"github.com/stagewatch/stagewatch/ui/present"
	"github.com/stagewatch/stagewatch/ui/rows"
)

// buildsPanel lists the builds so far.
func buildsPanel(m *Model) *board.Panel {
	return &board.Panel{
		Help: "builds so far", Area: board.Side, Tabs: []board.Tab{{Name: "Builds", Body: &rows.List{Look: m.look, Content: present.Builds}}},
		Note: func(p *board.Panel) draw.Line {
			if m.story.Hits+m.story.Ran == 0 {
				return nil
			}
			line := draw.Line{}.Add(draw.Dim, fmt.Sprintf("%d %% of steps were hits", 100*m.story.Hits/(m.story.Hits+m.story.Ran)))
			if s := m.story.Score; s.Promised > 0 && p.Rect.W >= 72 {
				line = line.Add(draw.Dim, fmt.Sprintf(", %d of %d predicted hits came true", s.Held, s.Promised))
			}
			return line
		},
	}
}
