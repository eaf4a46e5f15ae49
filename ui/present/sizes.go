package present

import (
	"fmt"
	"strings"

	"github.com/stagewatch/stagewatch/engine/event"
	"github.com/stagewatch/stagewatch/engine/human"
	"github.com/stagewatch/stagewatch/ui/draw"
)

// Sizes shows what the final stage made of the bytes of the stage before it.
func Sizes(v View, width int) []Row {
	b := v.Sized()
	if b == nil {
		return v.unmeasured()
	}
	s := b.Sizes
	full := max(s.Before.Bytes, s.After.Bytes)
	name := min(max(draw.Width(s.Before.Stage), draw.Width(s.After.Stage), 6), 16)
	var rows []Row
	if s.Before.Stage != "" {
		rows = append(rows, sizeBar("before", s.Before, full, name, width, draw.Dim))
	}
	rows = append(rows, sizeBar("after", s.After, full, name, width, draw.Accent))
	if s.Before.Bytes > 0 {
		rows = append(rows, Row{Left: gain(s, b.Ledger, width)})
	}
	if b.Ledger != nil {
		rows = append(rows, bar("carried", "", sum(b.Ledger.Carried), "", full, name, width, draw.Accent), bar("left behind", "", sum(b.Ledger.Left), "", full, name, width, draw.Dim))
	}
	rows = append(rows, v.trend(s, width))
	basis := draw.Line{}
	if s.Before.StandIn != "" || s.After.StandIn != "" {
		basis = basis.Add(draw.Warn, "* ").Add(draw.Dim, "stand-in base · ")
	} else if s.Basis != "" {
		basis = basis.Add(draw.Dim, "counted: ")
	}
	basis = basis.Add(draw.Dim, s.Counted())
	return append(rows, Flow([]Row{{Left: basis, Hang: 2}}, width)...)
}

// unmeasured stands where a build's sizes are not known.
func (v View) unmeasured() []Row {
	if v.Pinned != 0 {
		return []Row{dim(fmt.Sprintf("build #%d was not measured", v.Pinned))}
	}
	return []Row{dim("not measured yet")}
}

// sizeBar draws a stage on the scale of the larger one, so that bars can be compared.
func sizeBar(when string, s event.StageSize, full int64, name, width int, st draw.Style) Row {
	star := ""
	if s.StandIn != "" {
		star = "*"
	}
	return bar(when, s.Stage, s.Bytes, star, full, name, width, st)
}

// labelWidth returns the width of the labels of bars. A narrow panel cuts "left behind" to its first word.
func labelWidth(width int) int {
	if width < 36 {
		return len("carried ")
	}
	return len("left behind ")
}

// bar is a label, a name if there is room for it, a bar and the bytes.
func bar(label, what string, bytes int64, star string, full int64, name, width int, st draw.Style) Row {
	if draw.Width(label) > labelWidth(width) {
		label, _, _ = strings.Cut(label, " ")
	}
	left := draw.Line{}.Add(draw.Dim, pad(label, labelWidth(width)))
	if width >= 48 {
		left = left.Add(draw.Plain, pad(what, name)+" ")
	}
	right := draw.Line{}.Add(draw.Plain|draw.Bold, fmt.Sprintf("%7s", human.Bytes(bytes))).Add(draw.Warn, fmt.Sprintf("%-1s", star))
	room := width - left.Width() - right.Width() - 1
	return Row{Left: left.Add(st, draw.Bar(bytes, full, room)), Right: right, Copy: strings.Join(strings.Fields(label+" "+what+" "+human.Bytes(bytes)), " ")}
}

// gain says the ratio, and what made it where that is known and fits: "−53 %  base −81.1 MB · layers +10.2 MB".
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

func (v View) trend(s *event.Sized, width int) Row {
	values := v.Story.Trend()
	left := draw.Line{}.Add(draw.Dim, pad("trend", labelWidth(width))).Add(draw.Accent, draw.Spark(values, max(1, width-30)))
	st := draw.Dim
	if s.Delta > 0 {
		st = draw.Warn
	} else if s.Delta < 0 {
		st = draw.Good
	}
	if len(values) < 2 {
		return Row{Left: left.Add(draw.Dim, "  first build")}
	}
	return Row{Left: left.Add(st, "  "+human.Delta(s.Delta)).Add(draw.Dim, " by this build")}
}

func sum(groups []event.LedgerGroup) int64 {
	var n int64
	for _, g := range groups {
		n += g.Bytes
	}
	return n
}

// FoldRef names a group of the ledger that can be unfolded.
type FoldRef string
