package ui

import (
	tea "github.com/charmbracelet/bubbletea"

	"github.com/stagewatch/stagewatch/ui/draw"
	"github.com/stagewatch/stagewatch/ui/present"
)

// list is a body of rows with a cursor.
type list struct {
	m *Model
	// content lays out the rows at a width.
	content func(v present.View, width int) []present.Row
	// leads returns the row that the cursor is on until a person moves it; nil leaves the cursor where it is.
	leads func(rows []present.Row) int
	// stream has the list show its end, without a cursor, until a person moves it.
	stream bool
	// zooms has the open key zoom in where there is nothing to open.
	zooms bool
	// folds returns the name under which the row of a ref is folded; nil folds nothing.
	folds func(ref any) string
	// enter returns what the open key does wherever the cursor is, nil for nothing.
	enter func() func() tea.Cmd
	// all is what the copy key takes wherever the cursor is; nil takes a row.
	all func() present.Copied
	// lines are the text for a file; nil has none.
	lines func() []string

	in             draw.Rect
	cursor, offset int
	// moved reports whether a person moved the cursor. It then no longer follows what happens.
	moved bool
	// searchAt is the row that a search is at in a list without a cursor.
	searchAt int
}

func (l *list) Place(in draw.Rect) { l.in = in }
func (l *list) Reset()             { l.cursor, l.offset, l.moved = 0, 0, false }
func (l *list) Streams() bool      { return l.stream }
func (l *list) Follows() bool      { return !l.moved }
func (l *list) SetFollow(on bool)  { l.moved = !on }

func (l *list) Text() func() []string { return l.lines }

func (l *list) rows() []present.Row { return l.content(l.m.view(), l.in.W) }

// atEnd reports whether the list shows its end, without a cursor.
func (l *list) atEnd() bool { return l.stream && !l.moved }

func (l *list) Bookmark() func() {
	cursor, offset, moved := l.cursor, l.offset, l.moved
	return func() { l.cursor, l.offset, l.moved, l.searchAt = cursor, offset, moved, offset }
}

func (l *list) Settle() {
	rows := l.rows()
	if l.leads != nil && !l.moved {
		l.cursor, l.offset = l.leads(rows), 0
	}
	if l.atEnd() {
		l.cursor = len(rows) - 1
	}
	l.cursor = min(max(0, l.cursor), max(0, len(rows)-1))
	if anySelectable(rows) {
		for l.cursor < len(rows)-1 && rows[l.cursor].Ref == nil {
			l.cursor++
		}
		for l.cursor > 0 && rows[l.cursor].Ref == nil {
			l.cursor--
		}
		if l.cursor < l.offset {
			l.offset = l.cursor
		}
		if end := present.Last(rows, l.cursor); end >= l.offset+l.in.H {
			l.offset = min(l.cursor, end-l.in.H+1)
		}
	}
	last := max(0, len(rows)-l.in.H)
	l.offset = min(max(0, l.offset), last)
	if l.atEnd() {
		l.offset = last
	}
}

func (l *list) Draw(c *draw.Canvas, focused bool) {
	rows, in := l.rows(), l.in
	for i := range in.H {
		n := l.offset + i
		if n >= len(rows) {
			break
		}
		r, y := rows[n], in.Y+i
		used := c.Right(in.X, y, in.W, r.Right)
		if used > 0 {
			used++
		}
		c.Line(in.X, y, in.W-used, r.Left)
		if at := present.Head(rows, n); at == l.cursor && focused && rows[at].Ref != nil && !l.atEnd() {
			l.m.showSelected(c, in, y)
		}
		if focused {
			l.m.markMatches(c, in, y)
		}
	}
	if len(rows) > in.H && in.H > 1 {
		drawScroll(c, in, l.offset, len(rows))
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

// move moves the cursor, or scrolls where there is none.
func (l *list) Move(by int) {
	l.moved = true
	rows := l.rows()
	if !anySelectable(rows) {
		l.offset = min(max(0, l.offset+by), max(0, len(rows)-1))
		return
	}
	dir := 1
	if by < 0 {
		dir = -1
	}
	to := min(max(0, l.cursor+by), len(rows)-1)
	for i := to; i >= 0 && i < len(rows); i += dir {
		if rows[i].Ref != nil {
			l.cursor = i
			return
		}
	}
	for i := to; i >= 0 && i < len(rows); i -= dir {
		if rows[i].Ref != nil {
			l.cursor = i
			if dir < 0 {
				// The heading above the first row comes back into sight.
				l.offset = 0
			}
			return
		}
	}
}

func (l *list) Scroll(by int) {
	rows := l.rows()
	l.moved = true
	l.offset = min(max(0, l.offset+by), max(0, len(rows)-l.in.H))
	l.cursor = min(max(l.cursor, l.offset), l.offset+max(0, l.in.H-1))
}

// press selects the row of a line, or opens it where it is selected.
func (l *list) Press(y int, again bool) tea.Cmd {
	rows := l.rows()
	n := l.offset + y
	if n >= len(rows) {
		return nil
	}
	if n = present.Head(rows, n); rows[n].Ref == nil {
		return nil
	}
	again = again && l.cursor == n
	l.cursor, l.moved = n, true
	if open := l.Opens(); again && open != nil {
		return open()
	}
	return nil
}

func (l *list) selected() any {
	if rows := l.rows(); l.cursor >= 0 && l.cursor < len(rows) {
		return rows[l.cursor].Ref
	}
	return nil
}

func (l *list) Opens() func() tea.Cmd {
	if l.enter != nil {
		if open := l.enter(); open != nil {
			return open
		}
	}
	if open := l.m.opener(l.selected()); open != nil {
		return func() tea.Cmd {
			// What was opened stays under the cursor of a stream.
			l.moved = l.moved || l.stream
			return open()
		}
	}
	if l.zooms && !l.m.board.Zoomed && l.m.board.Zooms() {
		return func() tea.Cmd { return zoom(true)(l.m) }
	}
	return nil
}

func (l *list) FoldName() string {
	if l.folds == nil {
		return ""
	}
	return l.folds(l.selected())
}

// copy takes what the selected row stands for, else the row itself, else what is in sight. A page is taken whole.
func (l *list) Copy() present.Copied {
	ref := l.selected()
	if c := present.CopyRef(l.m.view(), ref); len(c.Lines) > 0 && !l.atEnd() {
		return c
	}
	if l.all != nil {
		return l.all()
	}
	rows := l.rows()
	if ref != nil && !l.atEnd() {
		return present.Copied{What: "the row", Lines: []string{rows[l.cursor].Plain()}}
	}
	var lines []string
	for _, r := range rows[min(l.offset, len(rows)):min(len(rows), l.offset+l.in.H)] {
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
