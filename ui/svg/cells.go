package svg

import (
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/charmbracelet/x/ansi"
	"github.com/muesli/termenv"
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

// narrow tells whether every monospaced font gives the cell's text exactly one column.
func (c cell) narrow() bool { return len(c.text) == 1 && c.text[0] < utf8.RuneSelf }

// parse reads the lines of a frame. Colours and attributes run on from line to line, as terminals have it.
func parse(frame string) [][]cell {
	var (
		rows [][]cell
		p    pen
	)
	for line := range strings.SplitSeq(frame, "\n") {
		var row []cell
		for line != "" {
			if line[0] == 0x1b {
				seq, _, n, _ := ansi.DecodeSequence(line, ansi.NormalState, nil)
				if strings.HasPrefix(seq, "\x1b[") && strings.HasSuffix(seq, "m") {
					p.apply(seq[2 : len(seq)-1])
				}
				line = line[max(1, n):]
				continue
			}
			text, w := ansi.FirstGraphemeCluster(line, ansi.GraphemeWidth)
			if text == "" {
				break
			}
			line = line[len(text):]
			for i := range w {
				if i > 0 {
					text = ""
				}
				row = append(row, cell{text, p.look()})
			}
		}
		rows = append(rows, row)
	}
	return rows
}

// pen is what the SGR sequences so far amount to.
type pen struct {
	set     look
	reverse bool
}

// look is the pen's, with the colours of the terminal where reversing needs their names.
func (p *pen) look() look {
	l := p.set
	if p.reverse {
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

func (p *pen) apply(params string) {
	codes := strings.Split(params, ";")
	for i := 0; i < len(codes); i++ {
		n, err := strconv.Atoi(codes[i])
		if err != nil && codes[i] != "" {
			continue
		}
		switch {
		case n == 0:
			*p = pen{}
		case n == 1:
			p.set.bold = true
		case n == 2:
			p.set.faint = true
		case n == 4:
			p.set.underline = true
		case n == 7:
			p.reverse = true
		case n == 22:
			p.set.bold, p.set.faint = false, false
		case n == 24:
			p.set.underline = false
		case n == 27:
			p.reverse = false
		case n >= 30 && n <= 37:
			p.set.fg = indexed(n - 30)
		case n >= 90 && n <= 97:
			p.set.fg = indexed(n - 90 + 8)
		case n >= 40 && n <= 47:
			p.set.bg = indexed(n - 40)
		case n >= 100 && n <= 107:
			p.set.bg = indexed(n - 100 + 8)
		case n == 39:
			p.set.fg = ""
		case n == 49:
			p.set.bg = ""
		case n == 38 || n == 48:
			color, used := extended(codes[i+1:])
			i += used
			if n == 38 {
				p.set.fg = color
			} else {
				p.set.bg = color
			}
		}
	}
}

// ordinary are the sixteen colours that every terminal has its own of; these suit the theme.
var ordinary = [16]string{
	"#2a3140", "#f47c7c", "#7fc98b", "#e5b567", "#6cb6ff", "#c39af0", "#6fd0d6", "#c5cbd6",
	"#7f8796", "#ff9d9d", "#a0e0aa", "#f3cf8f", "#94ccff", "#d8b9fa", "#98e4e8", "#ffffff",
}

func indexed(n int) string {
	if n < len(ordinary) {
		return ordinary[n]
	}
	return termenv.ConvertToRGB(termenv.ANSI256Color(n)).Hex()
}

// extended reads what follows 38 or 48, and returns how many codes it took.
func extended(codes []string) (string, int) {
	part := func(i int) int {
		if i >= len(codes) {
			return 0
		}
		n, err := strconv.Atoi(codes[i])
		if err != nil {
			return 0
		}
		return min(max(n, 0), 255)
	}
	switch part(0) {
	case 5:
		return indexed(part(1)), 2
	case 2:
		const digits = "0123456789abcdef"
		hex := []byte{'#'}
		for i := 1; i <= 3; i++ {
			hex = append(hex, digits[part(i)>>4], digits[part(i)&15])
		}
		return string(hex), 4
	}
	return "", 0
}
