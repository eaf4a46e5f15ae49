package ui

import (
	"github.com/charmbracelet/x/ansi"

	"github.com/stagewatch/stagewatch/ui/story"
)

// copyable is the text that the copy key takes from the focused panel: of the logs what is in sight, of
// a page all of it, of a list the selected line, of a file its path.
func (m *Model) copyable() []string {
	in := m.layout().content(m.focus)
	if m.focus == logs && m.panes[logs].tab == 0 {
		return m.logsInSight()
	}
	if file, ok := m.selected().(nodeRef); ok {
		return []string{file.Path}
	}
	rows := m.rows(m.focus, in.W)
	var lines []string
	switch {
	case m.focus == page:
		for _, r := range rows {
			lines = append(lines, r.text())
		}
	case anySelectable(rows):
		switch ref := rows[m.panes[m.focus].cursor].ref.(type) {
		case *story.Step:
			lines = append(lines, ref.Instruction)
		default:
			lines = append(lines, rows[m.panes[m.focus].cursor].text())
		}
	default:
		for i := m.panes[m.focus].offset; i < min(len(rows), m.panes[m.focus].offset+in.H); i++ {
			lines = append(lines, rows[i].text())
		}
	}
	return lines
}

func (m *Model) logsInSight() []string {
	v, r, in := &m.logs, m.story.Logs, m.layout().content(logs)
	at := v.top
	if v.follow {
		at = v.bottomTop(m, in)
	}
	var lines []string
	for room := in.H; at < r.Next() && room > 0; at++ {
		if e := r.At(at); v.shows(e) {
			lines = append(lines, ansi.Strip(e.Text))
			room -= v.height(e, in.W)
		}
	}
	return lines
}

// savable is the whole text behind the focused panel, and a name for its file: what a page or the build
// output shows, else the app's log.
func (m *Model) savable() (string, []string) {
	if m.focus == page || m.focus == logs && m.panes[logs].tab != 0 {
		var lines []string
		for _, r := range m.rows(m.focus, 200) {
			lines = append(lines, r.text())
		}
		return "build", lines
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
	return "app", lines
}
