package svg

import "strings"

// shape draws the character at column x if it is a line, a corner or a bar. It returns the number of columns that it
// drew, 0 for text.
func (p *painter) shape(cells []cell, x int, top float64) int {
	c := cells[x]
	fill := c.look.fg
	if fill == "" {
		fill = foreground
	}
	left, midX, midY := at(x), at(x)+cellW/2, top+cellH/2
	right, bottom := left+cellW, top+cellH
	switch c.text {
	case "─":
		n := same(cells, x)
		p.stroke(fill, 1, "M", left, midY, "H", at(x+n))
		return n
	case "│", "┃":
		width := 1.0
		if c.text == "┃" {
			width = 3
		}
		p.stroke(fill, width, "M", midX, top, "V", bottom)
	case "├":
		p.stroke(fill, 1, "M", midX, top, "V", bottom, "M", midX, midY, "H", right)
	case "└":
		p.stroke(fill, 1, "M", midX, top, "V", midY, "H", right)
	case "╭":
		p.stroke(fill, 1, "M", midX, bottom, "Q", midX, midY, right, midY)
	case "╮":
		p.stroke(fill, 1, "M", left, midY, "Q", midX, midY, midX, bottom)
	case "╰":
		p.stroke(fill, 1, "M", midX, top, "Q", midX, midY, right, midY)
	case "╯":
		p.stroke(fill, 1, "M", midX, top, "Q", midX, midY, left, midY)
	case "█":
		n := same(cells, x)
		p.bar(fill, left, top, at(x+n)-left, cellH)
		return n
	default:
		if i := strings.Index("▏▎▍▌▋▊▉", c.text); i >= 0 && len(c.text) == 3 {
			p.bar(fill, left, top, cellW*float64(i/3+1)/8, cellH)
			break
		}
		if i := strings.Index("▁▂▃▄▅▆▇", c.text); i >= 0 && len(c.text) == 3 {
			high := (cellH - 4) * float64(i/3+1) / 8
			p.printf(`<rect x="%s" y="%s" width="%s" height="%s" fill="%s"/>`+"\n", num(left), num(bottom-2-high), num(cellW-1), num(high), fill)
			break
		}
		return 0
	}
	return 1
}

// same counts the columns from x on with the same character in the same look.
func same(cells []cell, x int) int {
	n := 1
	for x+n < len(cells) && cells[x+n] == cells[x] {
		n++
	}
	return n
}

// bar draws a piece of a bar, less high than its line so that two bars do not touch.
func (p *painter) bar(fill string, x, y, w, h float64) {
	const air = 3
	p.printf(`<rect x="%s" y="%s" width="%s" height="%s" fill="%s"/>`+"\n", num(x), num(y+air), num(w), num(h-2*air), fill)
}

// stroke draws a path, given as commands and coordinates.
func (p *painter) stroke(color string, width float64, path ...any) {
	var d strings.Builder
	for i, part := range path {
		switch v := part.(type) {
		case string:
			d.WriteString(v)
		case float64:
			if _, after := path[i-1].(float64); after {
				d.WriteByte(' ')
			}
			d.WriteString(num(v))
		}
	}
	p.printf(`<path d="%s" stroke="%s" stroke-width="%s" fill="none"/>`+"\n", d.String(), color, num(width))
}
