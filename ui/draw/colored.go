package draw

import (
	"strconv"
	"strings"

	"github.com/muesli/termenv"

	"github.com/stagewatch/stagewatch/ui/sgr"
)

// Colored splits a line from clean.Colored into pieces in the app's own colours, reduced to those that the terminal can
// show. Text without colours gets the style plain.
func (c *Canvas) Colored(t *Theme, s string, plain Style) Line {
	if strings.IndexByte(s, 0x1b) < 0 {
		return Line{{s, plain}}
	}
	var (
		line Line
		p    sgr.Pen
	)
	for text := range p.Texts(s) {
		line = append(line, Seg{text, c.style(t, &p, plain)})
	}
	return line
}

// style returns the style of a pen, which it adds to the canvas if it is new.
func (c *Canvas) style(t *Theme, p *sgr.Pen, plain Style) Style {
	seq := t.foreign(p)
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

// foreign returns the escape sequence for an app's pen, reduced to what the terminal can show.
func (t *Theme) foreign(p *sgr.Pen) string {
	if t.term.Profile == termenv.Ascii {
		return ""
	}
	var codes []string
	for a := range p.Attributes() {
		// Blinking and concealed text help nobody.
		if a != sgr.Blink && a != sgr.FastBlink && a != sgr.Conceal {
			codes = append(codes, strconv.Itoa(int(a)))
		}
	}
	if !t.term.NoColor {
		if p.FG != nil {
			codes = append(codes, t.term.Profile.Convert(p.FG).Sequence(false))
		}
		if p.BG != nil {
			codes = append(codes, t.term.Profile.Convert(p.BG).Sequence(true))
		}
	}
	if len(codes) == 0 {
		return ""
	}
	return "\x1b[" + strings.Join(codes, ";") + "m"
}
