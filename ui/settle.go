package ui

import (
	"fmt"

	tea "github.com/charmbracelet/bubbletea"

	"github.com/stagewatch/stagewatch/engine/event"
	"github.com/stagewatch/stagewatch/engine/human"
	"github.com/stagewatch/stagewatch/ui/draw"
	"github.com/stagewatch/stagewatch/ui/present"
	"github.com/stagewatch/stagewatch/ui/story"
)

// rows are the rows of a panel, at a width.
func (m *Model) rows(p panel, width int) []present.Row {
	switch p {
	case stages:
		return present.Stages(m.view(), width)
	case sizes:
		return [...]func(present.View, int) []present.Row{present.Sizes, present.Layers, present.Ledger}[m.panes[p].tab](m.view(), width)
	case changes:
		return [...]func(present.View, int) []present.Row{present.Changes, present.Skips, present.Warnings}[m.panes[p].tab](m.view(), width)
	case logs:
		return present.BuildOutput(m.view(), width, m.logs.wrap)
	case builds:
		return present.Builds(m.view(), width)
	}
	return m.pageRows(width)
}

// settle brings cursors and offsets back into bounds after whatever happened, so that View need not.
func (m *Model) settle() {
	if m.width <= 0 || m.height <= 0 {
		return
	}
	if m.focus == page && len(m.pages) == 0 {
		m.focus = m.before
	}
	l := m.layout()
	if l.rects[m.focus].Empty() {
		// The page in front covers the panel that had the focus.
		if len(m.pages) > 0 {
			m.focus = page
		}
		l = m.layout()
	}
	for p := range panels {
		in := l.content(p)
		if in.Empty() || p == logs && m.panes[logs].tab == 0 {
			continue
		}
		m.settlePane(p, in)
	}
	m.logs.settle(m)
}

func (m *Model) settlePane(p panel, in draw.Rect) {
	rows := m.rows(p, in.W)
	pane := &m.panes[p]
	if p == stages && !pane.moved {
		m.followSteps(pane, rows)
	}
	if p == logs && !pane.moved {
		pane.cursor = len(rows) - 1
	}
	pane.cursor = min(max(0, pane.cursor), max(0, len(rows)-1))
	if anySelectable(rows) {
		for pane.cursor < len(rows)-1 && rows[pane.cursor].Ref == nil {
			pane.cursor++
		}
		for pane.cursor > 0 && rows[pane.cursor].Ref == nil {
			pane.cursor--
		}
		if pane.cursor < pane.offset {
			pane.offset = pane.cursor
		}
		if end := present.Last(rows, pane.cursor); end >= pane.offset+in.H {
			pane.offset = min(pane.cursor, end-in.H+1)
		}
	}
	pane.offset = min(max(0, pane.offset), max(0, len(rows)-in.H))
	if p == logs && !pane.moved {
		pane.offset = max(0, len(rows)-in.H)
	}
}

// followSteps puts the cursor on the step that a person would look at: the one that failed or runs, else
// the first that ran or is going to.
func (m *Model) followSteps(pane *pane, rows []present.Row) {
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
	pane.cursor = best
	pane.offset = 0
}

// panelNote is what stands at the right of a panel's title.
func (m *Model) panelNote(p panel) draw.Line {
	switch p {
	case stages:
		if m.pinned != 0 {
			return draw.Line{}.Add(draw.Accent, fmt.Sprintf("build #%d, esc: back to the newest", m.pinned))
		}
		if b := m.shown(); b != nil && b.State == story.Building {
			return draw.Line{}.Add(draw.Dim, "small letters are predictions")
		}
	case sizes:
		if b := m.view().Sized(); b != nil && b.Ledger != nil && m.focus != sizes && present.Wasted(b.Ledger.Wasted) > 0 {
			return draw.Line{}.Add(draw.Warn, human.Bytes(present.Wasted(b.Ledger.Wasted))+" wasted")
		}
	case changes:
		if m.focus == changes {
			return nil
		}
		if n := m.story.Holding(); n > 0 {
			return draw.Line{}.Add(draw.Warn, human.Count(n, "warning"))
		}
		if n := len(m.story.Skips); n > 0 {
			return draw.Line{}.Add(draw.Dim, fmt.Sprintf("%d skipped", n))
		}
	case logs:
		return m.logs.note(m)
	case builds:
		if m.story.Hits+m.story.Ran > 0 {
			line := draw.Line{}.Add(draw.Dim, fmt.Sprintf("%d %% of steps were hits", 100*m.story.Hits/(m.story.Hits+m.story.Ran)))
			if s := m.story.Score; s.Promised > 0 && m.layout().rects[p].W >= 72 {
				line = line.Add(draw.Dim, fmt.Sprintf(", %d of %d predicted hits came true", s.Held, s.Promised))
			}
			return line
		}
	}
	return nil
}

// panelFoot explains the selected step at the foot of the frame, where there is no column for it.
func (m *Model) panelFoot(p panel) draw.Line {
	if p != stages || m.layout().content(p).W >= present.ReasonsWidth {
		return nil
	}
	in := m.layout().content(p)
	rows := m.rows(p, in.W)
	if i := m.panes[p].cursor; i < len(rows) {
		if s, ok := rows[i].Ref.(*story.Step); ok {
			return present.Why(m.view(), s)
		}
	}
	return nil
}

var _ tea.Model = (*Model)(nil)
