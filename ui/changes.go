package ui

import (
	"fmt"
	"strings"

	"github.com/stagewatch/stagewatch/engine/event"
	"github.com/stagewatch/stagewatch/ui/draw"
	"github.com/stagewatch/stagewatch/ui/story"
)

// changeRows shows what caused the build and how that reached the steps; in its other tabs the changes
// that led to nothing, and the warnings.
func (m *Model) changeRows(int) []row {
	switch m.panes[changes].tab {
	case 1:
		return m.skipRows()
	case 2:
		return m.warningRows()
	}
	var rows []row
	if n := len(m.story.Pending); n > 0 {
		rows = append(rows, row{left: draw.Line{}.Add(draw.Accent|draw.Bold, "not yet built")})
		for i := range n {
			rows = append(rows, changeRow(m.story.Pending[i], i))
		}
	}
	b := m.shown()
	if b == nil {
		return append(rows, row{left: draw.Line{}.Add(draw.Dim, "nothing changed yet")})
	}
	for i, e := range b.Edits {
		rows = append(rows, editRows(e, i)...)
	}
	list := b.Changes
	if len(list) == 0 && len(b.Edits) == 0 {
		for _, p := range b.Paths {
			list = append(list, event.Change{Path: p})
		}
	}
	if len(list)+len(b.Edits) == 0 {
		rows = append(rows, row{left: draw.Line{}.Add(draw.Plain, cause(b, roomy)), ref: changeRef(0)})
	}
	for i, c := range list {
		rows = append(rows, changeRow(c, i))
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

// changeRef makes a row of the changes one that the cursor can be on.
type changeRef int

func changeRow(c event.Change, i int) row {
	kind := map[string]string{event.ContentChanged: "edited", event.ModeChanged: "mode", event.Added: "added", event.Deleted: "deleted", event.Renamed: "renamed"}[c.Kind]
	st := draw.Warn
	if c.Kind == event.Deleted {
		st = draw.Bad
	}
	line := draw.Line{}
	if c.From != "" {
		line = line.Add(draw.Dim, c.From+" → ")
	}
	return row{left: line.Add(draw.Plain|draw.Bold, c.Path), right: draw.Line{}.Add(st, kind), ref: changeRef(i)}
}

// editRows show an instruction of the Dockerfile as it was and as it is.
func editRows(e event.Edit, i int) []row {
	kind, st := "edited", draw.Warn
	switch {
	case e.Was == "":
		kind = "new"
	case e.Now == "":
		kind, st = "gone", draw.Bad
	}
	rows := []row{{left: draw.Line{}.Add(draw.Plain|draw.Bold, fmt.Sprintf("Dockerfile line %d", e.Line)), right: draw.Line{}.Add(st, kind), ref: changeRef(i)}}
	if e.Was != "" {
		rows = append(rows, row{left: draw.Line{}.Add(draw.Dim, "  − "+e.Was)})
	}
	if e.Now != "" {
		rows = append(rows, row{left: draw.Line{}.Add(draw.Dim, "  + ").Add(draw.Plain, e.Now)})
	}
	return rows
}

func (m *Model) skipRows() []row {
	var rows []row
	for i := len(m.story.Skips) - 1; i >= 0; i-- {
		s := m.story.Skips[i]
		rows = append(rows, row{
			left:  draw.Line{}.Add(draw.Dim, s.At.Format("15:04:05 ")).Add(draw.Plain, strings.Join(s.Paths, ", ")),
			right: draw.Line{}.Add(draw.Dim, skipReason(s.Skipped)), ref: changeRef(i),
		})
	}
	if rows == nil {
		rows = []row{{left: draw.Line{}.Add(draw.Dim, "no change was without effect so far")}}
	}
	return rows
}

func (m *Model) warningRows() []row {
	var rows []row
	for i := len(m.story.Warnings) - 1; i >= 0; i-- {
		w := m.story.Warnings[i]
		line := draw.Line{}.Add(draw.Warn, "▲ "+w.Message)
		if w.Past {
			line = draw.Line{}.Add(draw.Dim, fmt.Sprintf("build #%d: ", w.Build)+w.Message)
		}
		rows = append(rows, row{left: line.Add(draw.Dim, "  "+w.Code), ref: changeRef(i)})
		if w.Hint != "" {
			rows = append(rows, row{left: draw.Line{}.Add(draw.Dim, "  "+w.Hint)})
		}
		for _, p := range w.Paths {
			rows = append(rows, row{left: draw.Line{}.Add(draw.Dim, "  "+p)})
		}
	}
	if rows == nil {
		rows = []row{{left: draw.Line{}.Add(draw.Dim, "no warnings")}}
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
			size = draw.Bytes(b.Sizes.After.Bytes)
			if d := b.Sizes.Delta; d != 0 {
				delta = draw.Delta(d)
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
