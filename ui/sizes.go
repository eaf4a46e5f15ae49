package ui

import (
	"fmt"
	"strings"

	"github.com/stagewatch/stagewatch/engine/event"
	"github.com/stagewatch/stagewatch/engine/human"
	"github.com/stagewatch/stagewatch/ui/draw"
	"github.com/stagewatch/stagewatch/ui/story"
)

// sizeRows shows what the final stage made of the bytes of the stage before it.
func (m *Model) sizeRows(width int) []row {
	b := m.sizedBuild()
	if b == nil {
		if m.pinned != 0 {
			return []row{{left: draw.Line{}.Add(draw.Dim, fmt.Sprintf("build #%d was not measured", m.pinned))}}
		}
		return []row{{left: draw.Line{}.Add(draw.Dim, "not measured yet")}}
	}
	switch m.panes[sizes].tab {
	case 1:
		return m.layerRows(b, width)
	case 2:
		return m.ledgerRows(b, width)
	}
	s := b.Sizes
	full := max(s.Before.Bytes, s.After.Bytes)
	name := min(max(draw.Width(s.Before.Stage), draw.Width(s.After.Stage), 6), 16)
	var rows []row
	if s.Before.Stage != "" {
		rows = append(rows, sizeBar("before", s.Before, full, name, width, draw.Dim))
	}
	rows = append(rows, sizeBar("after", s.After, full, name, width, draw.Accent))
	if s.Before.Bytes > 0 {
		rows = append(rows, row{left: gain(s, b.Ledger, width)})
	}
	if b.Ledger != nil {
		rows = append(rows, bar("carried", "", sum(b.Ledger.Carried), "", full, name, width, draw.Accent), bar("left behind", "", sum(b.Ledger.Left), "", full, name, width, draw.Dim))
	}
	rows = append(rows, m.trend(s, width))
	basis := draw.Line{}
	if s.Before.StandIn != "" || s.After.StandIn != "" {
		basis = basis.Add(draw.Warn, "* ").Add(draw.Dim, "stand-in base · ")
	} else if s.Basis != "" {
		basis = basis.Add(draw.Dim, "counted: ")
	}
	basis = basis.Add(draw.Dim, s.Basis)
	return append(rows, flow([]row{{left: basis, hang: 2}}, width)...)
}

// sizedBuild is the build whose sizes are shown: the one looked at, else the newest that has any.
func (m *Model) sizedBuild() *story.Build {
	if b := m.shown(); b != nil && (b.Sizes != nil || m.pinned != 0) {
		if b.Sizes == nil {
			return nil
		}
		return b
	}
	return m.story.Sizes()
}

// sizeBar draws a stage on the scale of the larger of both, so that the eye compares right.
func sizeBar(when string, s event.StageSize, full int64, name, width int, st draw.Style) row {
	star := ""
	if s.StandIn != "" {
		star = "*"
	}
	return bar(when, s.Stage, s.Bytes, star, full, name, width, st)
}

// labelWidth is what the names of bars get; a narrow panel has "left behind" without its second word.
func labelWidth(width int) int {
	if width < 36 {
		return len("carried ")
	}
	return len("left behind ")
}

// bar is a label, a name where there is room for it, a bar and the bytes.
func bar(label, what string, bytes int64, star string, full int64, name, width int, st draw.Style) row {
	if draw.Width(label) > labelWidth(width) {
		label, _, _ = strings.Cut(label, " ")
	}
	left := draw.Line{}.Add(draw.Dim, pad(label, labelWidth(width)))
	if width >= 48 {
		left = left.Add(draw.Plain, pad(what, name)+" ")
	}
	right := draw.Line{}.Add(draw.Plain|draw.Bold, fmt.Sprintf("%7s", human.Bytes(bytes))).Add(draw.Warn, fmt.Sprintf("%-1s", star))
	room := width - left.Width() - right.Width() - 1
	return row{left: left.Add(st, draw.Bar(bytes, full, room)), right: right, copy: strings.Join(strings.Fields(label+" "+what+" "+human.Bytes(bytes)), " ")}
}

// gain says the ratio, and where it is known and fits what made it: "−53 %  base −81.1 MB · layers +10.2 MB".
func gain(s *event.Sized, l *event.Ledger, width int) draw.Line {
	st := draw.Good
	if s.After.Bytes > s.Before.Bytes {
		st = draw.Warn
	}
	word := draw.Percent(s.Before.Bytes, s.After.Bytes)
	line := draw.Line{}.Add(st|draw.Bold, word)
	if l != nil && (l.SavedByBase != 0 || l.SavedByCopy != 0) {
		if why := append(line.Add(draw.Dim, "  "), savings(l)...); why.Width() <= width {
			return why
		}
	}
	return line.Add(draw.Dim, fmt.Sprintf("  (%s → %s)", human.Bytes(s.Before.Bytes), human.Bytes(s.After.Bytes)))
}

func (m *Model) trend(s *event.Sized, width int) row {
	values := m.story.Trend()
	left := draw.Line{}.Add(draw.Dim, pad("trend", labelWidth(width))).Add(draw.Accent, draw.Spark(values, max(1, width-30)))
	st := draw.Dim
	if s.Delta > 0 {
		st = draw.Warn
	} else if s.Delta < 0 {
		st = draw.Good
	}
	if len(values) < 2 {
		return row{left: left.Add(draw.Dim, "  first build")}
	}
	return row{left: left.Add(st, "  "+human.Delta(s.Delta)).Add(draw.Dim, " by this build")}
}

func sum(groups []event.LedgerGroup) int64 {
	var n int64
	for _, g := range groups {
		n += g.Bytes
	}
	return n
}

// foldRef is what can be unfolded in the sizes.
type foldRef string
