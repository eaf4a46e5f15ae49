package ui

import (
	"github.com/stagewatch/stagewatch/ui/draw"
	"github.com/stagewatch/stagewatch/ui/present"
)

// copyable is what the copy key takes from the focused panel: of a page all that it is about, of the logs the line of
// the cursor, else what is in sight, of a list what the selected row stands for.
func (m *Model) copyable() present.Copied {
	in, pane := m.layout().content(m.focus), m.panes[m.focus]
	if m.inLog() {
		return m.copyableLogs()
	}
	ref := m.selected()
	if _, file := ref.(present.NodeRef); m.focus == page && !file {
		return m.copyablePage()
	}
	if c := present.CopyRef(m.view(), ref); len(c.Lines) > 0 && !m.followsOutput() {
		return c
	}
	rows := m.rows(m.focus, in.W)
	if pane.cursor < len(rows) && rows[pane.cursor].Ref != nil && !m.followsOutput() {
		return present.Copied{What: "the row", Lines: []string{rows[pane.cursor].Plain()}}
	}
	var lines []string
	for _, r := range rows[min(pane.offset, len(rows)):min(len(rows), pane.offset+in.H)] {
		lines = append(lines, r.Plain())
	}
	return present.Copied{What: "what is in sight", Lines: lines}
}

// copyablePage is all that the page in front is about.
func (m *Model) copyablePage() present.Copied {
	p := m.front()
	b := m.story.Build(p.build)
	switch {
	case p.kind == failurePage && b != nil && b.Failure != nil:
		return present.CopyFailure(b)
	case p.kind == stepPage && b != nil:
		if s := b.Step(p.stage, p.index); s != nil {
			return present.CopyStep(m.view(), b, s)
		}
	case p.kind == detailPage:
		if c := present.CopyRef(m.view(), p.detail.Of); len(c.Lines) > 0 {
			return c
		}
	}
	// Wide enough that nothing is wrapped.
	const unwrapped = 1 << 12
	var lines []string
	for _, r := range m.pageRows(unwrapped) {
		lines = append(lines, r.Plain())
	}
	return present.Copied{What: "the page", Lines: lines}
}

func (m *Model) copyableLogs() present.Copied {
	if e := m.logs.current(m); e != nil {
		return present.Copied{What: "the log line", Lines: []string{draw.Strip(e.Text)}}
	}
	var lines []string
	for _, l := range m.logs.inSight(m) {
		lines = append(lines, draw.Strip(m.story.Logs.At(l.seq).Text))
	}
	return present.Copied{What: "the log lines in sight", Lines: lines}
}

// savable is the whole text behind the focused panel, and a name for its file: what a step or the build printed, else
// the app's log.
func (m *Model) savable() (string, []string) {
	switch {
	case m.focus == page && m.front().kind <= failurePage:
		return "build.log", m.copyablePage().Lines
	case m.focus == logs && m.panes[logs].tab != 0:
		return "build.log", present.CopyBuildOutput(m.view())
	}
	return "app.log", present.CopyLog(m.story.Logs)
}
