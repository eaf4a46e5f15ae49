package present

import (
	"bytes"
	"encoding/json"
	"fmt"
	"strings"

	"github.com/stagewatch/stagewatch/engine/event"
	"github.com/stagewatch/stagewatch/engine/human"
	"github.com/stagewatch/stagewatch/ui/draw"
	"github.com/stagewatch/stagewatch/ui/story"
)

// Detail shows in full what a list shows in short: a warning, a skip, a change of a file or of the Dockerfile, a line of
// the log.
type Detail struct {
	Title string
	Rows  []Row
	// Of is a copy of what it shows, for the copy key.
	Of any
}

// DetailOf returns what there is to show of a row, nil where the row has all.
func DetailOf(ref any) *Detail {
	switch ref := ref.(type) {
	case *story.Warning:
		w := *ref
		return &Detail{"Warning", warningDetail(&w), &w}
	case *story.Skip:
		s := *ref
		return &Detail{"A change that led to no build", skipDetail(&s), &s}
	case *story.Entry:
		if ref == nil {
			return nil
		}
		e := *ref
		return &Detail{"Log line", entryDetail(&e), &e}
	case event.Change:
		return &Detail{"Changed file", changeDetail(ref), ref}
	case event.Edit:
		return &Detail{fmt.Sprintf("Dockerfile line %d", ref.Line), editDetail(ref), ref}
	}
	return nil
}

func warningDetail(w *story.Warning) []Row {
	of := "of the session"
	if w.Build > 0 {
		of = fmt.Sprintf("of build #%d", w.Build)
	}
	if w.Past {
		of += ", not repeated by newer builds"
	}
	rows := []Row{
		{Left: draw.Line{}.Add(draw.Warn|draw.Bold, "▲ "+w.Message), Hang: 2},
		{Left: draw.Line{}.Add(draw.Dim, "  "+w.Code+", "+of), Hang: 2},
	}
	if w.Hint != "" {
		rows = append(rows, Row{}, Row{Left: draw.Line{}.Add(draw.Accent, hintLabel).Add(draw.Plain, w.Hint), Hang: 2})
	}
	return append(rows, pathRows(w.Paths)...)
}

func skipDetail(s *story.Skip) []Row {
	rows := []Row{
		{Left: draw.Line{}.Add(draw.Good|draw.Bold, "nothing to build").Add(draw.Plain, ": "+s.Why()), Hang: 2},
		{Left: draw.Line{}.Add(draw.Dim, "last changed at "+s.At.Format("15:04:05"))},
	}
	if s.Times > 1 {
		rows[1].Left = rows[1].Left.Add(draw.Dim, fmt.Sprintf(", %d times so far", s.Times))
	}
	return append(rows, pathRows(s.Paths)...)
}

// entryDetail is a whole line of the log. JSON is laid out field by field as well.
func entryDetail(e *story.Entry) []Row {
	said, text := e.Time.Format("15:04:05.000"), draw.Strip(e.Text)
	if e.Build > 0 {
		said += fmt.Sprintf(", build #%d", e.Build)
	}
	if e.Stderr {
		said += ", on stderr"
	}
	rows := []Row{{Left: draw.Line{}.Add(draw.Dim, said)}, {}, {Left: draw.Line{}.Add(draw.Plain, text)}}
	var fields bytes.Buffer
	if ReadableLog(text) == nil || json.Indent(&fields, []byte(text), "", "  ") != nil {
		return rows
	}
	rows = append(rows, Row{}, Heading("Field by field"))
	for _, l := range strings.Split(fields.String(), "\n") {
		rows = append(rows, Row{Left: draw.Line{}.Add(draw.Plain, "  "+l), Hang: 4})
	}
	return rows
}

func changeDetail(c event.Change) []Row {
	rows := []Row{{Left: draw.Line{}.Add(draw.Plain|draw.Bold, c.Path), Hang: 2}}
	if kind := changeKind(c); kind != "" {
		if c.From != "" {
			kind += ", it was " + c.From
		}
		rows = append(rows, Row{Left: draw.Line{}.Add(draw.Warn, kind), Hang: 2})
	}
	return rows
}

func editDetail(e event.Edit) []Row {
	rows := []Row{}
	for _, side := range []struct{ sign, text string }{{"− ", e.Was}, {"+ ", e.Now}} {
		if side.text != "" {
			rows = append(rows, Row{Left: draw.Line{}.Add(draw.Dim, side.sign).Add(draw.Plain, side.text), Hang: 2})
		}
	}
	return rows
}

// pathRows lists paths below a heading.
func pathRows(paths []string) []Row {
	if len(paths) == 0 {
		return nil
	}
	rows := []Row{{}, Heading(human.Count(len(paths), "path"))}
	for _, p := range paths {
		rows = append(rows, Row{Left: draw.Line{}.Add(draw.Plain, "  "+p), Hang: 4})
	}
	return rows
}

// Full shows the lines at the top of the screen with nothing left out.
func Full(v View, width int) []Row {
	st := v.status()
	status := draw.Line{}.Add(st.badge, " "+st.word+" ").Add(draw.Plain|draw.Bold, " "+st.text)
	rows := []Row{{Left: status, Hang: 2}}
	if s := v.Story.Serving; s != nil && s.URL != "" {
		rows = append(rows, Row{Left: draw.Line{}.Add(draw.Accent|draw.Underline, s.URL)})
	}
	rows = append(rows, Row{}, Row{Left: v.summaryAt(roomy, expectedWidth), Hang: 2})
	if b := v.Shown(); b != nil && len(b.Paths) > 1 {
		rows = append(rows, pathRows(b.Paths)...)
	}
	message, hint, sign := v.alarm()
	if message == "" {
		return Flow(rows, width)
	}
	rows = append(rows, Row{}, Row{Left: draw.Line{}.Add(sign, "▲ "+message), Hang: 2})
	if hint != "" {
		rows = append(rows, Row{Left: hinted("  ", hint), Hang: 2})
	}
	if w := v.loudest(); w != nil {
		rows = append(rows, pathRows(w.Paths)...)
	}
	return Flow(rows, width)
}
