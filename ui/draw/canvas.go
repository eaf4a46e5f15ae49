// Package draw has the surface that frames are drawn on, a grid of cells with a style each, and the themes that turn
// styles into the escape sequences of a terminal. A frame is never larger than the terminal, whatever is written on it.
//
// It knows nothing of what is shown. It expects text that package clean has cleaned.
package draw

import (
	"strings"
	"unicode/utf8"

	"github.com/charmbracelet/x/ansi"

	"github.com/stagewatch/stagewatch/ui/clean"
)

// Rect is a part of a canvas.
type Rect struct{ X, Y, W, H int }

// Empty reports whether r has no cells.
func (r Rect) Empty() bool { return r.W <= 0 || r.H <= 0 }

// Inset returns r without a border of one cell.
func (r Rect) Inset() Rect {
	return Rect{r.X + 1, r.Y + 1, max(0, r.W-2), max(0, r.H-2)}
}

// Contains reports whether the cell x, y is in r.
func (r Rect) Contains(x, y int) bool {
	return x >= r.X && x < r.X+r.W && y >= r.Y && y < r.Y+r.H
}

// cell holds one grapheme cluster. An empty text is the right half of a wide one to the left.
type cell struct {
	text  string
	style Style
}

// Canvas is a grid of cells.
type Canvas struct {
	w, h  int
	cells []cell
	// extra holds the SGR sequences of the apps' own colours; see [Style].
	extra []string
}

// NewCanvas returns an empty canvas of w columns and h lines.
func NewCanvas(w, h int) *Canvas {
	c := &Canvas{w: max(0, w), h: max(0, h)}
	c.cells = make([]cell, c.w*c.h)
	for i := range c.cells {
		c.cells[i].text = " "
	}
	return c
}

// Bounds returns the whole canvas.
func (c *Canvas) Bounds() Rect { return Rect{0, 0, c.w, c.h} }

// Text writes s at x, y in at most width columns, and returns the columns used. It cuts s without a mark.
func (c *Canvas) Text(x, y, width int, st Style, s string) int {
	width = min(width, c.w-x)
	if y < 0 || y >= c.h || x < 0 || width <= 0 {
		return 0
	}
	used := 0
	row := c.cells[y*c.w : (y+1)*c.w]
	for len(s) > 0 && used < width {
		if s[0] < utf8.RuneSelf && (len(s) == 1 || s[1] < utf8.RuneSelf) {
			c.set(row, x+used, s[:1], 1, st)
			s = s[1:]
			used++
			continue
		}
		cluster, w := ansi.FirstGraphemeCluster(s, ansi.GraphemeWidth)
		if cluster == "" || used+w > width {
			break
		}
		s = s[len(cluster):]
		if w == 0 {
			continue
		}
		c.set(row, x+used, cluster, w, st)
		used += w
	}
	return used
}

// set writes a cluster of w columns, and blanks the other half of a wide one that it cuts in two.
func (c *Canvas) set(row []cell, x int, text string, w int, st Style) {
	if row[x].text == "" && x > 0 {
		row[x-1].text = " "
	}
	if end := x + w; end < len(row) && row[end].text == "" {
		row[end].text = " "
	}
	row[x] = cell{text, st}
	for i := 1; i < w; i++ {
		row[x+i] = cell{"", st}
	}
}

// Fill gives every cell of r the text and style; text is one column wide.
func (c *Canvas) Fill(r Rect, st Style, text string) {
	for y := max(0, r.Y); y < min(c.h, r.Y+r.H); y++ {
		row := c.cells[y*c.w : (y+1)*c.w]
		for x := max(0, r.X); x < min(c.w, r.X+r.W); x++ {
			c.set(row, x, text, 1, st)
		}
	}
}

// Restyle changes the style of every cell of r.
func (c *Canvas) Restyle(r Rect, f func(Style) Style) {
	for y := max(0, r.Y); y < min(c.h, r.Y+r.H); y++ {
		for x := max(0, r.X); x < min(c.w, r.X+r.W); x++ {
			cell := &c.cells[y*c.w+x]
			cell.style = f(cell.style)
		}
	}
}

// Frame holds the characters of a box: its sides, then its corners clockwise from the top left.
type Frame [6]string

// The frames.
var (
	Thin  = Frame{"─", "│", "╭", "╮", "╯", "╰"}
	Heavy = Frame{"━", "┃", "┏", "┓", "┛", "┗"}
)

// Border draws a box just inside r.
func (c *Canvas) Border(r Rect, st Style, f Frame) {
	if r.W < 2 || r.H < 2 {
		return
	}
	right, bottom := r.X+r.W-1, r.Y+r.H-1
	c.Fill(Rect{r.X + 1, r.Y, r.W - 2, 1}, st, f[0])
	c.Fill(Rect{r.X + 1, bottom, r.W - 2, 1}, st, f[0])
	c.Fill(Rect{r.X, r.Y + 1, 1, r.H - 2}, st, f[1])
	c.Fill(Rect{right, r.Y + 1, 1, r.H - 2}, st, f[1])
	c.Text(r.X, r.Y, 1, st, f[2])
	c.Text(right, r.Y, 1, st, f[3])
	c.Text(right, bottom, 1, st, f[4])
	c.Text(r.X, bottom, 1, st, f[5])
}

// String returns the frame for a terminal: the lines of the canvas, joined by newlines. Each ends in the default style,
// without trailing blanks unless they have a style that shows.
func (c *Canvas) String(t *Theme) string {
	var out strings.Builder
	out.Grow(c.w*c.h + 16*c.h)
	for y := range c.h {
		if y > 0 {
			out.WriteByte('\n')
		}
		row := c.cells[y*c.w : (y+1)*c.w]
		end := len(row)
		for end > 0 && row[end-1].text == " " && !row[end-1].style.paintsBlanks() {
			end--
		}
		current := ""
		for _, cell := range row[:end] {
			if want := t.sequence(cell.style, c.extra); want != current {
				if current != "" {
					out.WriteString(reset)
				}
				out.WriteString(want)
				current = want
			}
			t.write(&out, cell.text)
		}
		if current != "" {
			out.WriteString(reset)
		}
	}
	return out.String()
}

// Width returns the number of columns that s takes.
func Width(s string) int { return clean.Width(s) }
