package present

import (
	"fmt"

	"github.com/stagewatch/stagewatch/engine/event"
	"github.com/stagewatch/stagewatch/ui/draw"
	"github.com/stagewatch/stagewatch/ui/story"
)

// Changes shows what caused the build that is shown, and which steps that reached.
func Changes(v View, width int) []Row {
	var rows []Row
	if n := len(v.Story.Pending); n > 0 {
		rows = append(rows, Row{Left: draw.Line{}.Add(draw.Accent|draw.Bold, "not yet built")})
		for i := range n {
			rows = append(rows, changeRow(v.Story.Pending[i]))
		}
	}
	b := v.Shown()
	if b == nil {
		return append(rows, dim("nothing changed yet"))
	}
	if s := v.newSkip(b); s != nil {
		line := draw.Line{}.Add(draw.Plain|draw.Bold, changed(s.Paths, noWords))
		if s.Times > 1 {
			line = line.Add(draw.Dim, fmt.Sprintf(" ×%d", s.Times))
		}
		rows = append(rows, Row{Left: line, Right: draw.Line{}.Add(draw.Good, "nothing to build"), Ref: s})
	}
	for _, e := range b.Edits {
		rows = append(rows, editRows(e)...)
	}
	list := b.Changes
	if len(list) == 0 && len(b.Edits) == 0 {
		for _, p := range b.Paths {
			list = append(list, event.Change{Path: p})
		}
	}
	if len(list)+len(b.Edits) == 0 {
		rows = append(rows, Row{Left: draw.Line{}.Add(draw.Plain, cause(b, roomy)), Ref: CauseRef{}})
	}
	for _, c := range list {
		rows = append(rows, changeRow(c))
	}
	b.Steps(func(s *story.Step) {
		if b.Why(s) == "" || s.State == event.Hit {
			return
		}
		k := v.mark(b, s)
		rows = append(rows, Row{
			Left: draw.Line{}.Add(draw.Dim, "  → ").Add(draw.Plain, s.Name()+" ").
				Add(k.style, k.word).Add(draw.Dim, "  "+b.Why(s)), Ref: s,
		})
	})
	return rows
}

// CauseRef is a cause that is neither a file nor an instruction.
type CauseRef struct{}

func changeKind(c event.Change) string {
	return map[string]string{event.ContentChanged: "edited", event.ModeChanged: "mode", event.Added: "added", event.Deleted: "deleted", event.Renamed: "renamed"}[c.Kind]
}

func changeRow(c event.Change) Row {
	st := draw.Warn
	if c.Kind == event.Deleted {
		st = draw.Bad
	}
	line := draw.Line{}
	if c.From != "" {
		line = line.Add(draw.Dim, c.From+" → ")
	}
	return Row{Left: line.Add(draw.Plain|draw.Bold, c.Path), Right: draw.Line{}.Add(st, changeKind(c)), Ref: c}
}

// editRows shows an instruction of the Dockerfile as it was and as it is.
func editRows(e event.Edit) []Row {
	kind, st := "edited", draw.Warn
	switch {
	case e.Was == "":
		kind = "new"
	case e.Now == "":
		kind, st = "deleted", draw.Bad
	}
	rows := []Row{{Left: draw.Line{}.Add(draw.Plain|draw.Bold, fmt.Sprintf("Dockerfile line %d", e.Line)), Right: draw.Line{}.Add(st, kind), Ref: e}}
	if e.Was != "" {
		rows = append(rows, Row{Left: draw.Line{}.Add(draw.Dim, "  − "+e.Was), Tail: true})
	}
	if e.Now != "" {
		rows = append(rows, Row{Left: draw.Line{}.Add(draw.Dim, "  + ").Add(draw.Plain, e.Now), Tail: true})
	}
	return rows
}
