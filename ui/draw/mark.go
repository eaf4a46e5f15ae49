package draw

import (
	"unicode"
)

// Mark gives the style of a match to all occurrences of text on the first line of r; fold ignores case. It works on
// the drawn cells, so that a match can run across styles.
func (c *Canvas) Mark(r Rect, text string, fold bool) {
	if text == "" || r.Y < 0 || r.Y >= c.h {
		return
	}
	want := []rune(text)
	for x := max(0, r.X); x < min(c.w, r.X+r.W); x++ {
		if end, ok := c.reads(x, r.Y, min(c.w, r.X+r.W), want, fold); ok {
			c.Restyle(Rect{x, r.Y, end - x, 1}, func(Style) Style { return Match })
			x = end - 1
		}
	}
}

// reads reports whether the cells from x on read want, and where they end.
func (c *Canvas) reads(x, y, limit int, want []rune, fold bool) (int, bool) {
	for len(want) > 0 {
		if x >= limit {
			return 0, false
		}
		cell := c.cells[y*c.w+x].text
		x++
		for _, r := range cell {
			if fold {
				r = unicode.ToLower(r)
			}
			if len(want) == 0 || r != want[0] {
				return 0, false
			}
			want = want[1:]
		}
	}
	for x < limit && c.cells[y*c.w+x].text == "" {
		x++
	}
	return x, true
}
