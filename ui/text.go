package ui

import (
	"fmt"
	"strings"

	"github.com/charmbracelet/x/ansi"

	"github.com/stagewatch/stagewatch/engine/event"
	"github.com/stagewatch/stagewatch/engine/human"
	"github.com/stagewatch/stagewatch/ui/draw"
	"github.com/stagewatch/stagewatch/ui/story"
)

// copied is the text that the copy key takes, and what it is. It has no decoration of ours: no marks, bars or wraps.
type copied struct {
	what  string
	lines []string
}

// copyable is what the copy key takes from the focused panel: of a page all that it is about, of the logs the line of
// the cursor, else what is in sight, of a list what the selected row stands for.
func (m *Model) copyable() copied {
	in, pane := m.layout().content(m.focus), m.panes[m.focus]
	if m.inLog() {
		return m.copyableLogs()
	}
	ref := m.selected()
	if file, ok := ref.(nodeRef); ok {
		return copied{"the path", []string{file.Path}}
	}
	if m.focus == page {
		return m.copyablePage()
	}
	if c := m.copyableRow(ref); len(c.lines) > 0 && !m.followsOutput() {
		return c
	}
	rows := m.rows(m.focus, in.W)
	if pane.cursor < len(rows) && rows[pane.cursor].ref != nil && !m.followsOutput() {
		return copied{"the row", []string{rows[pane.cursor].plain()}}
	}
	var lines []string
	for _, r := range rows[min(pane.offset, len(rows)):min(len(rows), pane.offset+in.H)] {
		lines = append(lines, r.plain())
	}
	return copied{"what is in sight", lines}
}

// copyableRow is what a selected row stands for.
func (m *Model) copyableRow(ref any) copied {
	switch ref := ref.(type) {
	case *story.Step:
		return copied{"the instruction", []string{ref.Instruction}}
	case *story.Stage:
		if len(ref.Steps) > 0 && isFrom(ref.Steps[0]) {
			return copied{"the instruction", []string{ref.Steps[0].Instruction}}
		}
		return copied{"the stage's name", []string{ref.Name}}
	case *story.Build:
		if m.focus == stages {
			return copied{"the failure", m.failureText(ref)}
		}
		return copied{"the build", []string{buildText(ref)}}
	case *story.Skip:
		return copied{human.Count(len(ref.Paths), "path"), ref.Paths}
	case *story.Warning:
		return copied{"the warning", warningText(ref)}
	case *story.Entry:
		return copied{"the log line", []string{ansi.Strip(ref.Text)}}
	case outputRef:
		return copied{"the line", []string{ref.text}}
	case event.Change:
		return copied{"the path", []string{ref.Path}}
	case event.Edit:
		if ref.Now == "" {
			return copied{"the old instruction", []string{ref.Was}}
		}
		return copied{"the instruction", []string{ref.Now}}
	}
	return copied{}
}

// copyablePage is all that the page in front is about.
func (m *Model) copyablePage() copied {
	p := m.front()
	b := m.story.Build(p.build)
	switch {
	case p.kind == failurePage && b != nil && b.Failure != nil:
		return copied{"the failure", m.failureText(b)}
	case p.kind == stepPage && b != nil:
		if s := b.Step(p.stage, p.index); s != nil {
			return copied{"the step and its output", m.stepText(b, s)}
		}
	case p.kind == detailPage:
		if c := m.copyableRow(p.detail.of); len(c.lines) > 0 {
			return c
		}
	}
	// Wide enough that nothing is wrapped.
	const unwrapped = 1 << 12
	var lines []string
	for _, r := range m.pageRows(unwrapped) {
		lines = append(lines, r.plain())
	}
	return copied{"the page", lines}
}

func (m *Model) copyableLogs() copied {
	if e := m.logs.current(m); e != nil {
		return copied{"the log line", []string{ansi.Strip(e.Text)}}
	}
	var lines []string
	for _, l := range m.logs.inSight(m) {
		lines = append(lines, ansi.Strip(m.story.Logs.At(l.seq).Text))
	}
	return copied{"the log lines in sight", lines}
}

func warningText(w *story.Warning) []string {
	lines := []string{w.Message}
	if w.Hint != "" {
		lines = append(lines, "hint: "+w.Hint)
	}
	return append(lines, w.Paths...)
}

// buildText tells of a build in one line.
func buildText(b *story.Build) string {
	line := fmt.Sprintf("build #%d: %s: ", b.Number, cause(b, roomy))
	switch b.State {
	case story.Building:
		return line + "still running"
	case story.Failed:
		return line + failedAt(b).Text()
	case story.Abandoned:
		return line + "given up after " + draw.Millis(b.MS) + ", " + b.Reason
	}
	line += outcome(b, roomy).Text()
	if b.Image != "" {
		line += " · " + b.Image
	}
	return line
}

// failureText is what a person would hand to another: what failed, where, why, and the output that says so.
func (m *Model) failureText(b *story.Build) []string {
	f := b.Failure
	var lines []string
	if f.Stage != "" {
		lines = append(lines, b.StepName(f.Stage, f.Index)+" "+f.Instruction)
	}
	lines = append(lines, f.Message)
	if said := b.Said(); said != "" {
		lines = append(lines, said)
	}
	if f.Hint != "" {
		lines = append(lines, "hint: "+f.Hint)
	}
	if len(f.Excerpt) > 0 {
		lines = append(lines, "", fmt.Sprintf("Dockerfile:%d", f.Line))
	}
	for _, l := range f.Excerpt {
		sign := " "
		if l.Blamed {
			sign = ">"
		}
		lines = append(lines, fmt.Sprintf("%s %3d | %s", sign, l.Line, l.Text))
	}
	if s := b.Step(f.Stage, f.Index); s != nil && len(s.Output.Lines) > 0 {
		lines = append(append(lines, ""), outputText(s)...)
	}
	return lines
}

// stepText is a step with what it printed, in this build or when it last ran.
func (m *Model) stepText(b *story.Build, s *story.Step) []string {
	lines := []string{s.Instruction}
	if s.State == event.Hit {
		if _, old := m.story.Printed(b, s); old != nil {
			s = old
		}
	}
	return append(lines, outputText(s)...)
}

func outputText(s *story.Step) []string {
	var lines []string
	for _, l := range s.Output.Lines {
		lines = append(lines, l.Text)
	}
	return lines
}

// savable is the whole text behind the focused panel, and a name for its file: what a step or the build printed, else
// the app's log.
func (m *Model) savable() (string, []string) {
	switch {
	case m.focus == page && m.front().kind <= failurePage:
		return "build.log", m.copyablePage().lines
	case m.focus == logs && m.panes[logs].tab != 0:
		var lines []string
		if b := m.shown(); b != nil {
			b.Steps(func(s *story.Step) {
				if len(s.Output.Lines) > 0 {
					lines = append(append(lines, s.Name()+" "+s.Instruction), outputText(s)...)
				}
			})
		}
		return "build.log", lines
	}
	r := m.story.Logs
	var lines []string
	for i := r.First(); i < r.Next(); i++ {
		e := r.At(i)
		text := ansi.Strip(e.Text)
		if e.Kind != story.LogLine {
			text = "— " + text + " —"
		}
		lines = append(lines, e.Time.Format("2006-01-02T15:04:05.000Z07:00 ")+text)
	}
	return "app.log", lines
}

// plain is a row's text as it is copied.
func (r row) plain() string {
	if r.copy != "" {
		return r.copy
	}
	return strings.TrimSpace(r.text())
}
