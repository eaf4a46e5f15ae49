package present

import (
	"strings"

	"github.com/stagewatch/stagewatch/ui/draw"
)

// Row is one line of a list. The cursor stops only at rows with a Ref.
type Row struct {
	Left, Right draw.Line
	// Ref is what the row stands for: a step, a warning, a layer. Enter opens it and the copy key copies it.
	Ref any
	// Tail reports whether the row continues the one above: the cursor is on both.
	Tail bool
	// Copy is what the copy key takes in place of the row's text, where that has more than words.
	Copy string
	// Hang is the indent of the lines after the first where the row is wrapped.
	Hang int
}

// Text is the row without its styles.
func (r Row) Text() string {
	if len(r.Right) == 0 {
		return r.Left.Text()
	}
	return r.Left.Text() + " " + r.Right.Text()
}

// Plain is the row's text as it is copied.
func (r Row) Plain() string {
	if r.Copy != "" {
		return r.Copy
	}
	return strings.TrimSpace(r.Text())
}

// Flow wraps the rows that do not fit. The right side of a row stays on its first line.
func Flow(rows []Row, width int) []Row {
	var out []Row
	for _, r := range rows {
		room := width
		if n := r.Right.Width(); n > 0 {
			room -= n + 1
		}
		if r.Left.Width() <= room {
			out = append(out, r)
			continue
		}
		for i, l := range r.Left.Flow(room, r.Hang) {
			if i == 0 {
				r.Left = l
				out = append(out, r)
				continue
			}
			out = append(out, Row{Left: l, Tail: true})
		}
	}
	return out
}

// Head returns the row that row i continues, which is i itself where it is no tail.
func Head(rows []Row, i int) int {
	for i > 0 && rows[i].Tail {
		i--
	}
	return i
}

// Last returns the last of the rows that continue row i.
func Last(rows []Row, i int) int {
	for i+1 < len(rows) && rows[i+1].Tail {
		i++
	}
	return i
}

// Whole returns the text of row i and of the rows that continue it.
func Whole(rows []Row, i int) string {
	text := rows[i].Text()
	for j := i + 1; j <= Last(rows, i); j++ {
		text += " " + strings.TrimLeft(rows[j].Text(), " ")
	}
	return text
}

// tails makes the rows continue the row before them.
func tails(rows []Row) []Row {
	for i := range rows {
		rows[i].Tail = true
	}
	return rows
}

// Heading is the row above a group of rows.
func Heading(text string) Row { return Row{Left: draw.Line{}.Add(draw.Accent|draw.Bold, text)} }

// Unkept stands where a build was dropped to make room for newer ones.
func Unkept() Row { return dim("that build is no longer kept") }

// paragraph wraps text after a sign, and indents it by the width of the sign.
func paragraph(sign string, signStyle draw.Style, text string, st draw.Style, width int) []Row {
	var rows []Row
	for _, l := range wrapText(text, width-draw.Width(sign)) {
		rows = append(rows, Row{Left: draw.Line{}.Add(signStyle, sign).Add(st, l)})
		sign = strings.Repeat(" ", draw.Width(sign))
	}
	return rows
}

// wrapText breaks a line into pieces of at most width columns, at blanks where it can.
func wrapText(s string, width int) []string {
	var out []string
	for _, l := range (draw.Line{}.Add(draw.Plain, s)).Flow(width, 0) {
		out = append(out, l.Text())
	}
	return out
}

// pad cuts or fills s to exactly width columns.
func pad(s string, width int) string {
	s = draw.Cut(s, width)
	return s + strings.Repeat(" ", max(0, width-draw.Width(s)))
}
