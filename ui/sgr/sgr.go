// Package sgr reads SGR sequences, with which terminals are sent the colours and attributes of text.
package sgr

import (
	"iter"
	"strconv"
	"strings"

	"github.com/charmbracelet/x/ansi"
	"github.com/muesli/termenv"
)

// Attribute is an attribute of text, by the number that sets it.
type Attribute int

// The attributes that are drawn in some way.
const (
	Bold      Attribute = 1
	Faint     Attribute = 2
	Underline Attribute = 4
	Blink     Attribute = 5
	FastBlink Attribute = 6
	Reverse   Attribute = 7
	Conceal   Attribute = 8

	attributes = 10
)

// Pen is what the sequences so far amount to. The zero value writes in the terminal's own colours.
type Pen struct {
	// FG and BG are nil for the terminal's own colours.
	FG, BG termenv.Color
	set    [attributes]bool
}

// Has reports whether the pen writes with an attribute.
func (p *Pen) Has(a Attribute) bool { return p.set[a] }

// Attributes are the attributes that are set, in order.
func (p *Pen) Attributes() iter.Seq[Attribute] {
	return func(yield func(Attribute) bool) {
		for a, on := range p.set {
			if on && !yield(Attribute(a)) {
				return
			}
		}
	}
}

// Texts returns the text of s piece by piece, and moves the pen on: while a piece is looked at, the pen is the one that
// writes it. Escape sequences that are no SGR are left out.
func (p *Pen) Texts(s string) iter.Seq[string] {
	return func(yield func(string) bool) {
		for s != "" {
			i := strings.IndexByte(s, 0x1b)
			if i < 0 {
				i = len(s)
			}
			if i > 0 {
				if !yield(s[:i]) {
					return
				}
				s = s[i:]
				continue
			}
			seq, _, n, _ := ansi.DecodeSequence(s, ansi.NormalState, nil)
			if strings.HasPrefix(seq, "\x1b[") && strings.HasSuffix(seq, "m") {
				p.apply(seq[2 : len(seq)-1])
			}
			s = s[max(1, n):]
		}
	}
}

func (p *Pen) apply(params string) {
	codes := strings.Split(params, ";")
	for i := 0; i < len(codes); i++ {
		code, subs, ofColons := strings.Cut(codes[i], ":")
		n, err := strconv.Atoi(code)
		switch {
		case codes[i] == "" || err == nil && n == 0:
			*p = Pen{}
		case err != nil:
		case n > 0 && n < attributes:
			p.set[n] = true
		case n == 22:
			p.set[Bold], p.set[Faint] = false, false
		case n >= 23 && n <= 29:
			p.set[n-20] = false
		case n >= 30 && n <= 37:
			p.FG = termenv.ANSIColor(n - 30)
		case n >= 90 && n <= 97:
			p.FG = termenv.ANSIColor(n - 90 + 8)
		case n >= 40 && n <= 47:
			p.BG = termenv.ANSIColor(n - 40)
		case n >= 100 && n <= 107:
			p.BG = termenv.ANSIColor(n - 100 + 8)
		case n == 39:
			p.FG = nil
		case n == 49:
			p.BG = nil
		case n == 38 || n == 48:
			var color termenv.Color
			if ofColons {
				color = colons(strings.Split(subs, ":"))
			} else {
				var used int
				color, used = extended(codes[i+1:])
				i += used
			}
			if n == 38 {
				p.FG = color
			} else {
				p.BG = color
			}
		}
	}
}

// colons reads the form with colons, in which a colour space may stand before red, green and blue: 2::1:2:3.
func colons(args []string) termenv.Color {
	if len(args) > 4 && args[0] == "2" {
		args = append([]string{"2"}, args[2:]...)
	}
	color, _ := extended(args)
	return color
}

// extended reads what follows 38 or 48, which is 5;n or 2;r;g;b, and returns the number of codes that it took. A
// number that is out of range makes the colour the terminal's own.
func extended(args []string) (termenv.Color, int) {
	if len(args) == 0 {
		return nil, 0
	}
	want := map[string]int{"5": 2, "2": 4}[args[0]]
	if want == 0 || len(args) < want {
		return nil, min(max(want, 1), len(args))
	}
	var parts [3]byte
	for i, a := range args[1:want] {
		if a == "" {
			a = "0"
		}
		n, err := strconv.ParseUint(a, 10, 8)
		if err != nil {
			return nil, want
		}
		parts[i] = byte(n)
	}
	switch {
	case want == 4:
		const digits = "0123456789abcdef"
		rgb := []byte{'#'}
		for _, b := range parts {
			rgb = append(rgb, digits[b>>4], digits[b&15])
		}
		return termenv.RGBColor(rgb), want
	case parts[0] < 16:
		return termenv.ANSIColor(parts[0]), want
	}
	return termenv.ANSI256Color(parts[0]), want
}
