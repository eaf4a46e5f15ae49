package present

import (
	"fmt"
	"strings"

	"github.com/stagewatch/stagewatch/engine/event"
	"github.com/stagewatch/stagewatch/engine/human"
	"github.com/stagewatch/stagewatch/ui/draw"
)

// savings says how much of the difference the base image makes, and how much the layers on top of it.
func savings(l *event.Ledger) draw.Line {
	part := func(line draw.Line, what string, bytes int64) draw.Line {
		st := draw.Good
		if bytes < 0 {
			st = draw.Warn
		}
		return line.Add(draw.Dim, what).Add(st, human.Delta(-bytes))
	}
	return part(part(draw.Line{}, "base ", l.SavedByBase), " · layers ", l.SavedByCopy)
}

// Wasted sums the bytes that are in layers and nobody sees.
func Wasted(wastes []event.Waste) int64 {
	var n int64
	for _, w := range wastes {
		n += w.Bytes
	}
	return n
}

// Ledger accounts for every byte: what the final stage is made of, what stayed behind and what is wasted. It goes by
// groups that unfold into their largest paths.
func Ledger(v View, width int) []Row {
	b := v.Sized()
	if b == nil {
		return v.unmeasured()
	}
	l := b.Ledger
	if l == nil {
		return []Row{dim("the files of this build are not counted yet")}
	}
	a := &account{View: v, width: width, bar: max(4, width/6)}
	for _, side := range [][]event.LedgerGroup{l.Carried, l.Own, l.Left, {l.BaseAfter}} {
		for _, g := range side {
			a.full = max(a.full, g.Bytes)
		}
	}
	a.side("carried into the final stage", draw.Accent, l.Carried)
	a.side("added by the final stage itself", draw.Accent, l.Own)
	if l.BaseAfter.Name != "" {
		a.side("its base image", draw.Dim, []event.LedgerGroup{l.BaseAfter})
	}
	a.side("left behind", draw.Dim, l.Left)
	a.useless(l.Wasted)
	if len(a.rows) == 0 {
		return []Row{dim("the final stage carries nothing, and nothing was left behind")}
	}
	return a.rows
}

// account lays the ledger out as rows.
type account struct {
	View
	rows       []Row
	width, bar int
	full       int64
}

func (a *account) heading(st draw.Style, title string, bytes int64) {
	if len(a.rows) > 0 {
		a.rows = append(a.rows, Row{})
	}
	r := Row{Left: draw.Line{}.Add(st|draw.Bold, title)}
	if bytes != 0 {
		r.Right = draw.Line{}.Add(draw.Plain|draw.Bold, human.Bytes(bytes))
	}
	a.rows = append(a.rows, r)
}

func (a *account) side(title string, st draw.Style, groups []event.LedgerGroup) {
	if len(groups) == 0 {
		return
	}
	a.heading(st, title, sum(groups))
	for i, g := range groups {
		line := draw.Line{}.Add(st, pad(draw.Bar(g.Bytes, a.full, a.bar), a.bar)).Add(draw.Plain, " "+g.Name)
		if g.From != "" {
			line = line.Add(draw.Dim, fmt.Sprintf("  ◂ %s, line %d", g.From, g.Line))
		}
		a.group(FoldRef(fmt.Sprintf("%s/%d/%s", title, i, g.Name)), g.Name, line, g.Bytes, g.Paths)
	}
}

// group adds a row that unfolds into its paths. name is its name when copied.
func (a *account) group(ref FoldRef, name string, line draw.Line, bytes int64, paths []event.LedgerPath) {
	sign := "  "
	if len(paths) > 0 {
		sign = "▸ "
		if a.Folded[string(ref)] {
			sign = "▾ "
		}
	}
	r := Row{Left: append(draw.Line{}.Add(draw.Dim, sign), line...), Right: draw.Line{}.Add(draw.Plain, human.Bytes(bytes)), Ref: ref, Copy: name + "  " + human.Bytes(bytes), Hang: 4}
	a.rows = append(a.rows, Flow([]Row{r}, a.width)...)
	if !a.Folded[string(ref)] {
		return
	}
	for _, p := range paths {
		a.rows = append(a.rows, Row{
			Left:  draw.Line{}.Add(draw.Dim, strings.Repeat(" ", a.bar+5)+draw.CutLeft(p.Path, max(4, a.width-a.bar-16))),
			Right: draw.Line{}.Add(draw.Dim, human.Bytes(p.Bytes)), Ref: ref, Copy: p.Path,
		})
	}
}

func (a *account) useless(wastes []event.Waste) {
	if len(wastes) == 0 {
		return
	}
	a.heading(draw.Warn, "wasted", Wasted(wastes))
	for i, w := range wastes {
		line := draw.Line{}.Add(draw.Warn, wasteWord(w)).Add(draw.Dim, "  "+w.Stage)
		if w.Line > 0 {
			line = line.Add(draw.Dim, fmt.Sprintf(" line %d", w.Line))
		}
		a.group(FoldRef(fmt.Sprintf("waste/%d", i)), wasteWord(w)+": "+w.Instruction, line.Add(draw.Plain, "  "+w.Instruction), w.Bytes, w.Paths)
	}
}

// wasteWord says why bytes are wasted.
func wasteWord(w event.Waste) string {
	by := ""
	if w.LostLine > 0 {
		by = fmt.Sprintf(" by line %d", w.LostLine)
	}
	switch w.Reason {
	case event.OverwrittenLater:
		return "overwritten" + by
	case event.DeletedLater:
		return "deleted" + by
	case event.Rewritten:
		return "rewritten unchanged" + by
	case event.InBase:
		return "lost in the base"
	case event.FreedNothing:
		return "frees nothing"
	}
	return w.Reason
}
