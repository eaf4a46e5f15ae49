package ui

import (
	"bytes"
	"encoding/json"
	"fmt"
	"strings"

	"github.com/charmbracelet/x/ansi"

	"github.com/stagewatch/stagewatch/engine/event"
	"github.com/stagewatch/stagewatch/engine/human"
	"github.com/stagewatch/stagewatch/ui/draw"
	"github.com/stagewatch/stagewatch/ui/story"
)

// detail is the page of a row that its list shows in short: a warning, a skip, a change of a file or of the Dockerfile.
type detail struct {
	title string
	rows  []row
	// of is what the page shows, as the copy key takes it.
	of any
}

// detailOf returns the page of a row, nil where it has none.
func detailOf(ref any) *detail {
	switch ref := ref.(type) {
	case *story.Warning:
		w := *ref
		return &detail{"Warning", warningDetail(&w), &w}
	case *story.Skip:
		s := *ref
		return &detail{"A change that led to no build", skipDetail(&s), &s}
	case *story.Entry:
		if ref == nil {
			return nil
		}
		e := *ref
		return &detail{"Log line", entryDetail(&e), &e}
	case event.Change:
		return &detail{"Changed file", changeDetail(ref), ref}
	case event.Edit:
		return &detail{fmt.Sprintf("Dockerfile line %d", ref.Line), editDetail(ref), ref}
	}
	return nil
}

func warningDetail(w *story.Warning) []row {
	of := "of the session"
	if w.Build > 0 {
		of = fmt.Sprintf("of build #%d", w.Build)
	}
	if w.Past {
		of += ", not said again by newer builds"
	}
	rows := []row{
		{left: draw.Line{}.Add(draw.Warn|draw.Bold, "▲ "+w.Message), hang: 2},
		{left: draw.Line{}.Add(draw.Dim, "  "+w.Code+", "+of), hang: 2},
	}
	if w.Hint != "" {
		rows = append(rows, row{}, row{left: draw.Line{}.Add(draw.Accent, "→ ").Add(draw.Plain, w.Hint), hang: 2})
	}
	return append(rows, pathRows(w.Paths)...)
}

func skipDetail(s *story.Skip) []row {
	rows := []row{
		{left: draw.Line{}.Add(draw.Good|draw.Bold, "nothing to build").Add(draw.Plain, ": "+skipReason(s.Skipped)), hang: 2},
		{left: draw.Line{}.Add(draw.Dim, "last changed at "+s.At.Format("15:04:05"))},
	}
	if s.Times > 1 {
		rows[1].left = rows[1].left.Add(draw.Dim, fmt.Sprintf(", %d times so far", s.Times))
	}
	return append(rows, pathRows(s.Paths)...)
}

// entryDetail is a line of the log, whole; one that is JSON is laid out field by field as well.
func entryDetail(e *story.Entry) []row {
	said, text := e.Time.Format("15:04:05.000"), ansi.Strip(e.Text)
	if e.Build > 0 {
		said += fmt.Sprintf(", build #%d", e.Build)
	}
	if e.Stderr {
		said += ", on stderr"
	}
	rows := []row{{left: draw.Line{}.Add(draw.Dim, said)}, {}, {left: draw.Line{}.Add(draw.Plain, text)}}
	var fields bytes.Buffer
	if readable(text) == nil || json.Indent(&fields, []byte(text), "", "  ") != nil {
		return rows
	}
	rows = append(rows, row{}, heading("Field by field"))
	for _, l := range strings.Split(fields.String(), "\n") {
		rows = append(rows, row{left: draw.Line{}.Add(draw.Plain, "  "+l), hang: 4})
	}
	return rows
}

func changeDetail(c event.Change) []row {
	rows := []row{{left: draw.Line{}.Add(draw.Plain|draw.Bold, c.Path), hang: 2}}
	if kind := changeKind(c); kind != "" {
		if c.From != "" {
			kind += ", it was " + c.From
		}
		rows = append(rows, row{left: draw.Line{}.Add(draw.Warn, kind), hang: 2})
	}
	return rows
}

func editDetail(e event.Edit) []row {
	rows := []row{}
	for _, side := range []struct{ sign, text string }{{"− ", e.Was}, {"+ ", e.Now}} {
		if side.text != "" {
			rows = append(rows, row{left: draw.Line{}.Add(draw.Dim, side.sign).Add(draw.Plain, side.text), hang: 2})
		}
	}
	return rows
}

// pathRows list paths one by one, below a heading.
func pathRows(paths []string) []row {
	if len(paths) == 0 {
		return nil
	}
	rows := []row{{}, heading(human.Count(len(paths), "path"))}
	for _, p := range paths {
		rows = append(rows, row{left: draw.Line{}.Add(draw.Plain, "  "+p), hang: 4})
	}
	return rows
}

// fullRows are the lines at the top of the screen, with nothing left out.
func (m *Model) fullRows() []row {
	st := m.status()
	status := draw.Line{}.Add(st.badge, " "+st.word+" ").Add(draw.Plain|draw.Bold, " "+st.text)
	rows := []row{{left: status, hang: 2}}
	if s := m.story.Serving; s != nil && s.URL != "" {
		rows = append(rows, row{left: draw.Line{}.Add(draw.Accent|draw.Underline, s.URL)})
	}
	rows = append(rows, row{}, row{left: m.summaryAt(roomy), hang: 2})
	if b := m.shown(); b != nil && len(b.Paths) > 1 {
		rows = append(rows, pathRows(b.Paths)...)
	}
	message, hint, sign := m.alarm()
	if message == "" {
		return rows
	}
	rows = append(rows, row{}, row{left: draw.Line{}.Add(sign, "▲ "+message), hang: 2})
	if hint != "" {
		rows = append(rows, row{left: draw.Line{}.Add(draw.Dim, "  "+hint), hang: 2})
	}
	if w := m.loudest(); w != nil {
		rows = append(rows, pathRows(w.Paths)...)
	}
	return rows
}

// shortened reports whether the lines at the top are cut, or leave out why what serves is old.
func (m *Model) shortened() bool {
	if st := m.status(); st.badge == draw.BadgeBad && m.statusLine().Width() > m.width {
		return true
	}
	for _, l := range append(m.summaryLines(), m.banner()...) {
		if l.Width() > m.width-2 {
			return true
		}
	}
	return false
}
