package svg

import (
	"strings"
	"unicode/utf8"

	"github.com/charmbracelet/x/ansi"
	"github.com/muesli/termenv"

	"github.com/stagewatch/stagewatch/ui/sgr"
)

// look is how a cell is painted; colours are "#rrggbb", empty for the terminal's own.
type look struct {
	fg, bg                 string
	bold, faint, underline bool
}

// cell is one column. An empty text belongs to the wide character at the left.
type cell struct {
	text string
	look look
}

// narrow reports whether every monospaced font gives the cell's text exactly one column.
func (c cell) narrow() bool { return len(c.text) == 1 && c.text[0] < utf8.RuneSelf }

// parse reads the lines of a frame. Colours and attributes run on from line to line, as on a terminal.
func parse(frame string) [][]cell {
	var (
		rows [][]cell
		p    sgr.Pen
	)
	for line := range strings.SplitSeq(frame, "\n") {
		var row []cell
		for text := range p.Texts(line) {
			look := lookOf(&p)
			for text != "" {
				cluster, w := ansi.FirstGraphemeCluster(text, ansi.GraphemeWidth)
				if cluster == "" {
					break
				}
				text = text[len(cluster):]
				for range w {
					row = append(row, cell{cluster, look})
					cluster = ""
				}
			}
		}
		rows = append(rows, row)
	}
	return rows
}

// lookOf returns what the pen paints. A reversed pen swaps the terminal's own colours too, so they are named there.
func lookOf(p *sgr.Pen) look {
	l := look{hex(p.FG), hex(p.BG), p.Has(sgr.Bold), p.Has(sgr.Faint), p.Has(sgr.Underline)}
	if p.Has(sgr.Reverse) {
		l.fg, l.bg = l.bg, l.fg
		if l.fg == "" {
			l.fg = background
		}
		if l.bg == "" {
			l.bg = foreground
		}
	}
	return l
}

// ordinary are the sixteen colours that every terminal has its own of; these suit the theme.
var ordinary = [16]string{
	"#2a3140", "#f47c7c", "#7fc98b", "#e5b567", "#6cb6ff", "#c39af0", "#6fd0d6", "#c5cbd6",
	"#7f8796", "#ff9d9d", "#a0e0aa", "#f3cf8f", "#94ccff", "#d8b9fa", "#98e4e8", "#ffffff",
}

// hex returns a colour as "#rrggbb", empty for the terminal's own.
func hex(c termenv.Color) string {
	switch c := c.(type) {
	case nil:
		return ""
	case termenv.ANSIColor:
		return ordinary[c]
	}
	return termenv.ConvertToRGB(c).Hex()
}
