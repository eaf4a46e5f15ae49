package draw

import "github.com/charmbracelet/x/ansi"

// Seg is a piece of a line in one style.
type Seg struct {
	Text  string
	Style Style
}

// Line is a line of text in pieces, from left to right.
type Line []Seg

// Add returns the line with text appended in a style.
func (l Line) Add(st Style, text string) Line { return append(l, Seg{text, st}) }

// Width returns the number of columns that the line takes.
func (l Line) Width() int {
	n := 0
	for _, s := range l {
		n += Width(s.Text)
	}
	return n
}

// Text returns the line without its styles.
func (l Line) Text() string {
	switch len(l) {
	case 0:
		return ""
	case 1:
		return l[0].Text
	}
	n := 0
	for _, s := range l {
		n += len(s.Text)
	}
	out := make([]byte, 0, n)
	for _, s := range l {
		out = append(out, s.Text...)
	}
	return string(out)
}

// Line writes l at x, y in at most width columns, and returns the columns used. A line that does not fit ends in an
// ellipsis.
func (c *Canvas) Line(x, y, width int, l Line) int {
	width = min(width, c.w-x)
	if width <= 0 {
		return 0
	}
	used, cut := 0, false
	var last Style
	for _, s := range l {
		if s.Text == "" {
			continue
		}
		if used >= width {
			cut = true
			break
		}
		n := c.Text(x+used, y, width-used, s.Style, s.Text)
		used += n
		last = s.Style
		// Only text that reaches the last column is measured, to find out whether all of it fit.
		if used >= width-1 && Width(s.Text) > n {
			cut = true
			break
		}
	}
	if cut {
		c.Fill(Rect{x + used, y, width - used, 1}, last, " ")
		c.Text(x+width-1, y, 1, last, "…")
		used = width
	}
	return used
}

// Right writes l so that it ends at column x+width, and returns the columns used. It writes nothing if l does not fit.
func (c *Canvas) Right(x, y, width int, l Line) int {
	n := l.Width()
	if n > width {
		return 0
	}
	c.Line(x+width-n, y, n, l)
	return n
}

// Strip returns s without its control sequences.
func Strip(s string) string { return ansi.Strip(s) }

// Cut returns s shortened to width columns, ending in an ellipsis if something is missing.
func Cut(s string, width int) string {
	if Width(s) <= width {
		return s
	}
	if width <= 0 {
		return ""
	}
	return ansi.Truncate(s, width, "…")
}

// CutLeft is [Cut] at the other end, for paths.
func CutLeft(s string, width int) string {
	n := Width(s)
	if n <= width {
		return s
	}
	if width <= 1 {
		return Cut(s, width)
	}
	return "…" + ansi.TruncateLeft(s, n-width+1, "")
}

// Wrap breaks the line into lines of at most width columns.
func (l Line) Wrap(width int) []Line {
	if width <= 0 || l.Width() <= width {
		return []Line{l}
	}
	var (
		out  []Line
		line Line
		used int
	)
	for _, s := range l {
		for s.Text != "" {
			head := ansi.Truncate(s.Text, width-used, "")
			if head == "" && used == 0 {
				// Not even one character fits.
				return append(out, l)
			}
			if head != "" {
				line = append(line, Seg{head, s.Style})
				used += Width(head)
				s.Text = s.Text[len(head):]
			}
			if s.Text != "" {
				out = append(out, line)
				line, used = nil, 0
			}
		}
	}
	return append(out, line)
}
