package ui

import (
	"github.com/stagewatch/stagewatch/ui/draw"
	"github.com/stagewatch/stagewatch/ui/present"
)

// logsPanel shows what the app logs and what the steps of the build print.
func logsPanel(m *Model) *panel {
	output := &list{
		m: m, stream: true,
		content: func(v present.View, width int) []present.Row { return present.BuildOutput(v, width, m.log.wrap) },
		lines:   func() []string { return present.CopyBuildOutput(m.view()) },
	}
	return &panel{
		help: "logs", area: below, tabs: []tab{{"Logs", m.log}, {"Build output", output}},
		note: func(p *panel) draw.Line {
			if p.body() != m.log {
				return nil
			}
			return m.log.note()
		},
	}
}
