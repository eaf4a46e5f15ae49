package ui

import (
	"fmt"

	"github.com/stagewatch/stagewatch/engine/event"
	"github.com/stagewatch/stagewatch/engine/human"
	"github.com/stagewatch/stagewatch/ui/draw"
	"github.com/stagewatch/stagewatch/ui/story"
)

// changeRows shows what caused the build and how that reached the steps; in its other tabs the changes
// that led to nothing, and the warnings.
func (m *Model) changeRows(width int) []row {
	switch m.panes[changes].tab {
	case 1:
		return m.skipRows(width)
	case 2:
		return m.warningRows(width)
	}
	var rows []row
	if n := len(m.story.Pending); n > 0 {
		rows = append(rows, row{left: draw.Line{}.Add(draw.Accent|draw.Bold, "not yet built")})
		for i := range n {
			rows = append(rows, changeRow(m.story.Pending[i]))
		}
	}
	b := m.shown()
	if b == nil {
		return append(rows, row{left: draw.Line{}.Add(draw.Dim, "nothing changed yet")})
	}
	if s := m.newSkip(b); s != nil {
		line := draw.Line{}.Add(draw.Plain|draw.Bold, changed(s.Paths, noWords))
		if s.Times > 1 {
			line = line.Add(draw.Dim, fmt.Sprintf(" ×%d", s.Times))
		}
		rows = append(rows, row{left: line, right: draw.Line{}.Add(draw.Good, "nothing to build"), ref: s})
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
		rows = append(rows, row{left: draw.Line{}.Add(draw.Plain, cause(b, roomy)), ref: causeRef{}})
	}
	for _, c := range list {
		rows = append(rows, changeRow(c))
	}
	b.Steps(func(s *story.Step) {
		if because(b, s) == "" || s.State == event.Hit {
			return
		}
		k := m.mark(b, s)
		rows = append(rows, row{
			left: draw.Line{}.Add(draw.Dim, "  → ").Add(draw.Plain, s.Name()+" ").
				Add(k.style, k.word).Add(draw.Dim, "  "+shortly(because(b, s))), ref: s,
		})
	})
	return rows
}

// causeRef is the row of a cause that is neither a file nor an instruction.
type causeRef struct{}

func changeKind(c event.Change) string {
	return map[string]string{event.ContentChanged: "edited", event.ModeChanged: "mode", event.Added: "added", event.Deleted: "deleted", event.Renamed: "renamed"}[c.Kind]
}

func changeRow(c event.Change) row {
	st := draw.Warn
	if c.Kind == event.Deleted {
		st = draw.Bad
	}
	line := draw.Line{}
	if c.From != "" {
		line = line.Add(draw.Dim, c.From+" → ")
	}
	return row{left: line.Add(draw.Plain|draw.Bold, c.Path), right: draw.Line{}.Add(st, changeKind(c)), ref: c}
}

// editRows show an instruction of the Dockerfile as it was and as it is.
func editRows(e event.Edit) []row {
	kind, st := "edited", draw.Warn
	switch {
	case e.Was == "":
		kind = "new"
	case e.Now == "":
		kind, st = "deleted", draw.Bad
	}
	rows := []row{{left: draw.Line{}.Add(draw.Plain|draw.Bold, fmt.Sprintf("Dockerfile line %d", e.Line)), right: draw.Line{}.Add(st, kind), ref: e}}
	if e.Was != "" {
		rows = append(rows, row{left: draw.Line{}.Add(draw.Dim, "  − "+e.Was), tail: true})
	}
	if e.Now != "" {
		rows = append(rows, row{left: draw.Line{}.Add(draw.Dim, "  + ").Add(draw.Plain, e.Now), tail: true})
	}
	return rows
}

// buildRows lists the builds so far, the newest first.
func (m *Model) buildRows(width int) []row {
	var rows []row
	for i := len(m.story.Builds) - 1; i >= 0; i-- {
		b := m.story.Builds[i]
		k := buildMark(b)
		if b.State == story.Building {
			k.sign = m.spinner()
		}
		serves := m.story.Serving != nil && m.story.Serving.Build == b.Number
		line := draw.Line{}.Add(draw.Plain|draw.Bold, fmt.Sprintf("%4s ", fmt.Sprintf("#%d", b.Number))).Add(k.style, k.sign+" ")
		if width >= 60 {
			line = line.Add(k.style, fmt.Sprintf("%-9s", k.word))
		}
		t := roomy
		if width < 60 {
			t = noFolder
		}
		line = line.Add(draw.Plain, cause(b, t))
		var right draw.Line
		if width >= 60 && b.State == story.Built {
			right = append(right, builtFacts(b, width)...)
		}
		if serves {
			right = right.Add(draw.Good|draw.Bold, "serves ")
		} else if width >= 60 {
			right = right.Add(draw.Plain, "       ")
		}
		if b.Over() {
			right = right.Add(draw.Plain, fmt.Sprintf("%5s", draw.Millis(b.MS)))
		}
		rows = append(rows, row{left: line, right: right, ref: b})
	}
	if rows == nil {
		rows = []row{{left: draw.Line{}.Add(draw.Dim, "no build yet")}}
	}
	return rows
}

// builtFacts are what a build was worth, as columns: the final image's size and how that changed, the steps that ran
// and those that did not, and the time saved.
func builtFacts(b *story.Build, width int) draw.Line {
	var line draw.Line
	if width >= sizeWidth {
		size, delta, st := "", "", draw.Dim
		if b.Sizes != nil {
			size = human.Bytes(b.Sizes.After.Bytes)
			if d := b.Sizes.Delta; d != 0 {
				delta = human.Delta(d)
				if st = draw.Good; d > 0 {
					st = draw.Warn
				}
			}
		}
		line = line.Add(draw.Plain, fmt.Sprintf("%8s ", size)).Add(st, fmt.Sprintf("%9s  ", delta))
	}
	line = line.Add(draw.Dim, fmt.Sprintf("%2d ran %2d hit  ", b.Ran, b.Hits))
	saved := ""
	if b.Saved > 0 {
		saved = "saved " + draw.Millis(b.Saved)
	}
	return line.Add(draw.Good, fmt.Sprintf("%-11s  ", saved))
}

func buildMark(b *story.Build) mark {
	switch b.State {
	case story.Built:
		if b.Mishap != "" {
			return mark{"✗", "crashed", draw.Bad}
		}
		return mark{"✓", "built", draw.Good}
	case story.Failed:
		return mark{"✗", "failed", draw.Bad}
	case story.Abandoned:
		return mark{"-", "given up", draw.Dim}
	}
	return mark{"○", "building", draw.Accent}
}
