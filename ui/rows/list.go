// Package rows is the bodies of panels that show rows: a list with a cursor, and the tree of a layer's files. They scroll,
// find, fold and copy; what the rows say is laid out by package present.
package rows

import (
	tea "github.com/charmbracelet/bubbletea"

	"github.com/stagewatch/stagewatch/ui/draw"
	"github.com/stagewatch/stagewatch/ui/look"
	"github.com/stagewatch/stagewatch/ui/present"
)

// List is rows with a cursor, a body of package board, which says what its methods do.
type List struct {
	Look *look.Shared
	// Content lays out the rows at a width.
	Content func(v present.View, width int) []present.Row
	// Leads returns the row that the cursor is on until a person moves it; nil leaves the cursor where it is.
	Leads func(rows []present.Row) int
	// Stream has the list show its end, without a cursor, until a person moves it.
	Stream bool
	// Folds returns the name under which the row of a ref is folded; nil folds nothing.
	Folds func(ref any) string
	// Enter returns what the open key does wherever the cursor is, and Else what it does where there is nothing to open.
	// Both can be nil and return nil, for nothing.
	Enter, Else func() func() tea.Cmd
	// All is what the copy key takes wherever the cursor is; nil takes a row.
	All func() present.Copied
	// Of is what the list as a whole is about; nil is nothing.
	Of func() any
	// Lines are the text for a file; nil has none.
	Lines func() []string

	// Cursor is the row of the cursor, Offset the first row in sight.
	Cursor, Offset int

	in draw.Rect
	// moved reports whether a person moved the cursor. It then no longer follows what happens.
	moved bool
	// searchAt is the row that a search is at in a list without a cursor.
	searchAt int
}

func (l *List) Place(in draw.Rect) { l.in = in }
func (l *List) Reset()             { l.Cursor, l.Offset, l.moved = 0, 0, false }
func (l *List) Streams() bool      { return l.Stream }
func (l *List) Follows() bool      { return !l.moved }
func (l *List) SetFollow(on bool)  { l.moved = !on }

func (l *List) Text() func() []string { return l.Lines }

// Rows returns all rows of the list.
func (l *List) Rows() []present.Row { return l.Content(l.Look.View(), l.in.W) }

// atEnd reports whether the list shows its end, without a cursor.
func (l *List) atEnd() bool { return l.Stream && !l.moved }

func (l *List) Bookmark() func() {
	cursor, offset, moved := l.Cursor, l.Offset, l.moved
	return func() { l.Cursor, l.Offset, l.moved, l.searchAt = cursor, offset, moved, offset }
}

func (l *List) Settle() {
	rows := l.Rows()
	if l.Leads != nil && !l.moved {
		l.Cursor, l.Offset = l.Leads(rows), 0
	}
	if l.atEnd() {
		l.Cursor = len(rows) - 1
	}
	l.Cursor = min(max(0, l.Cursor), max(0, len(rows)-1))
	if anySelectable(rows) {
		for l.Cursor < len(rows)-1 && rows[l.Cursor].Ref == nil {
			l.Cursor++
		}
		for l.Cursor > 0 && rows[l.Cursor].Ref == nil {
			l.Cursor--
		}
		if l.Cursor < l.Offset {
			l.Offset = l.Cursor
		}
		if end := present.Last(rows, l.Cursor); end >= l.Offset+l.in.H {
			l.Offset = min(l.Cursor, end-l.in.H+1)
		}
	}
	last := max(0, len(rows)-l.in.H)
	l.Offset = min(max(0, l.Offset), last)
	if l.atEnd() {
		l.Offset = last
	}
}

func (l *List) Draw(c *draw.Canvas, focused bool) {
	rows, in := l.Rows(), l.in
	for i := range in.H {
		n := l.Offset + i
		if n >= len(rows) {
			break
		}
		r, y := rows[n], in.Y+i
		used := c.Right(in.X, y, in.W, r.Right)
		if used > 0 {
			used++
		}
		c.Line(in.X, y, in.W-used, r.Left)
		if at := present.Head(rows, n); at == l.Cursor && focused && rows[at].Ref != nil && !l.atEnd() {
			l.Look.MarkCursor(c, in, y)
		}
		if focused {
			l.Look.MarkFound(c, in, y)
		}
	}
	if len(rows) > in.H && in.H > 1 {
		drawScroll(c, in, l.Offset, len(rows))
	}
}

// drawScroll shows at the right edge which part of a long list is in sight.
func drawScroll(c *draw.Canvas, in draw.Rect, offset, total int) {
	size := max(1, in.H*in.H/total)
	at := 0
	if total > in.H {
		at = offset * (in.H - size) / (total - in.H)
	}
	c.Fill(draw.Rect{X: in.X + in.W, Y: in.Y + min(at, in.H-size), W: 1, H: size}, draw.Dim, "┃")
}

// Move moves the cursor, or scrolls where there is none.
func (l *List) Move(by int) {
	l.moved = true
	rows := l.Rows()
	if !anySelectable(rows) {
		l.Offset = min(max(0, l.Offset+by), max(0, len(rows)-1))
		return
	}
	dir := 1
	if by < 0 {
		dir = -1
	}
	to := min(max(0, l.Cursor+by), len(rows)-1)
	for i := to; i >= 0 && i < len(rows); i += dir {
		if rows[i].Ref != nil {
			l.Cursor = i
			return
		}
	}
	for i := to; i >= 0 && i < len(rows); i -= dir {
		if rows[i].Ref != nil {
			l.Cursor = i
			if dir < 0 {
				// The heading above the first row comes back into sight.
				l.Offset = 0
			}
			return
		}
	}
}

func (l *List) Scroll(by int) {
	rows := l.Rows()
	l.moved = true
	l.Offset = min(max(0, l.Offset+by), max(0, len(rows)-l.in.H))
	l.Cursor = min(max(l.Cursor, l.Offset), l.Offset+max(0, l.in.H-1))
}

// Press selects the row of a line, or opens it where it is selected.
func (l *List) Press(y int, again bool) tea.Cmd {
	rows := l.Rows()
	n := l.Offset + y
	if n >= len(rows) {
		return nil
	}
	if n = present.Head(rows, n); rows[n].Ref == nil {
		return nil
	}
	again = again && l.Cursor == n
	l.Cursor, l.moved = n, true
	if open := l.Opens(); again && open != nil {
		return open()
	}
	return nil
}

// Height is how many rows the list has room for.
func (l *List) Height() int { return l.in.H }

// Selected returns what the row of the cursor stands for, nil for nothing.
func (l *List) Selected() any {
	if rows := l.Rows(); l.Cursor >= 0 && l.Cursor < len(rows) {
		return rows[l.Cursor].Ref
	}
	return nil
}

// Subject returns what the row of the cursor stands for or, where that is nothing, what the list is about.
func (l *List) Subject() any {
	if ref := l.Selected(); ref != nil || l.Of == nil {
		return ref
	}
	return l.Of()
}

func (l *List) Opens() func() tea.Cmd {
	if l.Enter != nil {
		if open := l.Enter(); open != nil {
			return open
		}
	}
	if open := l.Look.Open(l.Selected()); open != nil {
		return func() tea.Cmd {
			// What was opened stays under the cursor of a stream.
			l.moved = l.moved || l.Stream
			return open()
		}
	}
	if l.Else != nil {
		return l.Else()
	}
	return nil
}

func (l *List) FoldName() string {
	if l.Folds == nil {
		return ""
	}
	return l.Folds(l.Selected())
}

// Copy takes what the selected row stands for, else the row itself, else what is in sight. A page is taken whole.
func (l *List) Copy() present.Copied {
	ref := l.Selected()
	if c := present.CopyRef(l.Look.View(), ref); len(c.Lines) > 0 && !l.atEnd() {
		return c
	}
	if l.All != nil {
		return l.All()
	}
	rows := l.Rows()
	if ref != nil && !l.atEnd() {
		return present.Copied{What: "the row", Lines: []string{rows[l.Cursor].Plain()}}
	}
	var lines []string
	for _, r := range rows[min(l.Offset, len(rows)):min(len(rows), l.Offset+l.in.H)] {
		lines = append(lines, r.Plain())
	}
	return present.Copied{What: "what is in sight", Lines: lines}
}

func anySelectable(rows []present.Row) bool {
	for _, r := range rows {
		if r.Ref != nil {
			return true
		}
	}
	return false
}
