package ui

import (
	"fmt"

	"github.com/stagewatch/stagewatch/engine/event"
	"github.com/stagewatch/stagewatch/ui/board"
	"github.com/stagewatch/stagewatch/ui/draw"
	"github.com/stagewatch/stagewatch/ui/present"
	"github.com/stagewatch/stagewatch/ui/rows"
	"github.com/stagewatch/stagewatch/ui/story"
)

// stagesPanel is the centre of the screen: the stages with their steps.
func stagesPanel(m *Model) *board.Panel {
	steps := &rows.List{Look: m.look, Content: present.Stages, Leads: leadingStep, Folds: present.FoldName}
	return &board.Panel{
		Help: "stages and steps", Area: board.Centre, Tabs: []board.Tab{{Name: "Stages", Body: steps}},
		Note: func(*board.Panel) draw.Line {
			if m.pinned != 0 {
				return draw.Line{}.Add(draw.Accent, fmt.Sprintf("build #%d, esc: back to the newest", m.pinned))
			}
			if b := m.shown(); b != nil && b.State == story.Building {
				return draw.Line{}.Add(draw.Dim, "small letters are predictions")
			}
			return nil
		},
		Foot: func(p *board.Panel) draw.Line {
			if s, ok := steps.Selected().(*story.Step); ok && p.Inside.W < present.ReasonsWidth {
				return present.Why(m.view(), s)
			}
			return nil
		},
	}
}

// leadingStep returns the row of the step that a person would look at: the one that failed or runs, else the first that
// ran or is going to.
func leadingStep(rows []present.Row) int {
	best, rank := 0, 0
	for i, r := range rows {
		s, ok := r.Ref.(*story.Step)
		if !ok {
			continue
		}
		n := 0
		switch {
		case s.State == event.Fail:
			n = 5
		case s.State == event.Running:
			n = 4
		case s.State == event.Ran:
			n = 3
		case s.State == "" && s.Prediction == event.WillRerun:
			n = 2
		case best == 0:
			n = 1
		}
		if n > rank {
			best, rank = i, n
		}
	}
	return best
}
