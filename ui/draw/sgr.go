package draw

import (
	"strconv"
	"strings"

	"github.com/muesli/termenv"
)

// Colored splits a line that clean.Colored kept the SGR sequences of into pieces in the app's own
// colours, brought down to what the terminal can show. Text without colours has the style plain.
func (c *Canvas) Colored(t *Theme, s string, plain Style) Line {
	if strings.IndexByte(s, 0x1b) < 0 {
		return Line{{s, plain}}
	}
	var (
		line Line
		p    pen
	)
	for s != "" {
		i := strings.IndexByte(s, 0x1b)
		if i < 0 {
			i = len(s)
		}
		if i > 0 {
			line = append(line, Seg{s[:i], c.style(t, &p, plain)})
			s = s[i:]
			continue
		}
		end := strings.IndexByte(s, 'm')
		if end < 2 {
			break
		}
		p.apply(s[2:end])
		s = s[end+1:]
	}
	return line
}

// style finds or adds the style that paints what the pen says.
func (c *Canvas) style(t *Theme, p *pen, plain Style) Style {
	seq := p.sequence(t.term)
	if seq == "" {
		return plain
	}
	for i, have := range c.extra {
		if have == seq {
			return extraBase + Style(i)
		}
	}
	if len(c.extra) >= extraMax {
		return plain
	}
	c.extra = append(c.extra, seq)
	return extraBase + Style(len(c.extra)-1)
}

// pen is what the SGR sequences so far amount to.
type pen struct {
	fg, bg termenv.Color
	attrs  [10]bool // by SGR number, 1 to 9
}

func (p *pen) apply(params string) {
	codes := strings.FieldsFunc(params, func(r rune) bool { return r == ';' })
	if len(codes) == 0 {
		*p = pen{}
	}
	for i := 0; i < len(codes); i++ {
		code, colons, _ := strings.Cut(codes[i], ":")
		n, err := strconv.Atoi(code)
		if err != nil {
			continue
		}
		switch {
		case n == 0:
			*p = pen{}
		case n < 10:
			p.attrs[n] = true
		case n == 22:
			p.attrs[1], p.attrs[2] = false, false
		case n >= 23 && n <= 29:
			p.attrs[n-20] = false
		case n >= 30 && n <= 37:
			p.fg = termenv.ANSIColor(n - 30)
		case n >= 90 && n <= 97:
			p.fg = termenv.ANSIColor(n - 90 + 8)
		case n >= 40 && n <= 47:
			p.bg = termenv.ANSIColor(n - 40)
		case n >= 100 && n <= 107:
			p.bg = termenv.ANSIColor(n - 100 + 8)
		case n == 39:
			p.fg = nil
		case n == 49:
			p.bg = nil
		case n == 38 || n == 48:
			args := codes[i+1:]
			if colons != "" {
				args = strings.FieldsFunc(colons, func(r rune) bool { return r == ':' })
			}
			col, used := extended(args)
			if colons == "" {
				i += used
			}
			if n == 38 {
				p.fg = col
			} else {
				p.bg = col
			}
		}
	}
}

// extended reads what follows 38 or 48: 5;n or 2;r;g;b. It returns how many codes it took.
func extended(args []string) (termenv.Color, int) {
	num := make([]int, 0, 4)
	for _, a := range args {
		n, err := strconv.Atoi(a)
		if err != nil || n < 0 || n > 255 || len(num) == 4 {
			break
		}
		num = append(num, n)
	}
	switch {
	case len(num) >= 2 && num[0] == 5:
		if num[1] < 16 {
			return termenv.ANSIColor(num[1]), 2
		}
		return termenv.ANSI256Color(num[1]), 2
	case len(num) >= 4 && num[0] == 2:
		return termenv.RGBColor("#" + hex(num[1]) + hex(num[2]) + hex(num[3])), 4
	}
	return nil, len(args)
}

func hex(n int) string {
	const digits = "0123456789abcdef"
	return string([]byte{digits[n>>4], digits[n&15]})
}

func (p *pen) sequence(term Terminal) string {
	if term.Profile == termenv.Ascii {
		return ""
	}
	var codes []string
	for n, on := range p.attrs {
		// Blinking and concealed text help nobody.
		if on && n != 5 && n != 6 && n != 8 {
			codes = append(codes, strconv.Itoa(n))
		}
	}
	if !term.NoColor {
		if p.fg != nil {
			codes = append(codes, term.Profile.Convert(p.fg).Sequence(false))
		}
		if p.bg != nil {
			codes = append(codes, term.Profile.Convert(p.bg).Sequence(true))
		}
	}
	if len(codes) == 0 {
		return ""
	}
	return "\x1b[" + strings.Join(codes, ";") + "m"
}
