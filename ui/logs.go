package ui

import (
	"github.com/stagewatch/stagewatch/ui/board"
	"github.com/stagewatch/stagewatch/ui/draw"
	"github.com/stagewatch/stagewatch/ui/present"
	"github.com/stagewatch/stagewatch/ui/rows"
)

// logsPanel shows what the app logs and what the steps of the build print.
func logsPanel(m *Model) *board.Panel {
	output := &rows.List{
		Look: m.look, Stream: true,
		Content: func(v present.View, width int) []present.Row { return present.BuildOutput(v, width, m.log.Wrap) },
		Lines:   func() []string { return present.CopyBuildOutput(m.view()) },
	}
	return &board.Panel{
		Help: "logs", Area: board.Below, Tabs: []board.Tab{{Name: "Logs", Body: m.log}, {Name: "Build output", Body: output}},
		Note: func(p *board.Panel) draw.Line {
			if p.Body() != m.log {
				return nil
			}
			return m.log.Note()
		},
	}
}
