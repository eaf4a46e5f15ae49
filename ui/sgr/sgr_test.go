package sgr

import (
	"slices"
	"testing"

	"github.com/muesli/termenv"
)

// TestPens reads sequences before an x, and compares the pen that writes it.
func TestPens(t *testing.T) {
	with := func(fg, bg termenv.Color, set ...Attribute) Pen {
		p := Pen{FG: fg, BG: bg}
		for _, a := range set {
			p.set[a] = true
		}
		return p
	}
	for in, want := range map[string]Pen{
		"":                                   {},
		"\x1b[1;2;4;7m":                      with(nil, nil, Bold, Faint, Underline, Reverse),
		"\x1b[1;2;4;7;22;24;27m":             {},
		"\x1b[31;104m":                       with(termenv.ANSIRed, termenv.ANSIBrightBlue),
		"\x1b[31;42;39;49m":                  {},
		"\x1b[1;31m\x1b[m":                   {},
		"\x1b[1;31;0;4m":                     with(nil, nil, Underline),
		"\x1b[1;;4m":                         with(nil, nil, Underline),
		"\x1b[38;5;9;1m":                     with(termenv.ANSIBrightRed, nil, Bold),
		"\x1b[48;5;200m":                     with(nil, termenv.ANSI256Color(200)),
		"\x1b[38;2;1;20;255;4m":              with(termenv.RGBColor("#0114ff"), nil, Underline),
		"\x1b[38:2:1:20:255;4m":              with(termenv.RGBColor("#0114ff"), nil, Underline),
		"\x1b[38:2::1:20:255m":               with(termenv.RGBColor("#0114ff"), nil),
		"\x1b[38:5:9m":                       with(termenv.ANSIBrightRed, nil),
		"\x1b[38;5;;4m":                      with(termenv.ANSIBlack, nil, Underline),
		"\x1b[31m\x1b[38;5;999;4m":           with(nil, nil, Underline),
		"\x1b[38;2;1m":                       {},
		"\x1b[38m":                           {},
		"\x1b[38;7;4m":                       with(nil, nil, Underline),
		"\x1b[99999999999999999999;4m":       with(nil, nil, Underline),
		"\x1b[31m\x1b[2J\x1b[?25l\x1b]0;t\a": with(termenv.ANSIRed, nil),
	} {
		var p, got Pen
		var texts []string
		for text := range p.Texts(in + "x\x1b[4;42m") {
			got, texts = p, append(texts, text)
		}
		if got != want || !slices.Equal(texts, []string{"x"}) {
			t.Errorf("%q: %+v writes %q, want %+v", in, got, texts, want)
		}
	}
}

func TestAttributesComeInOrder(t *testing.T) {
	var p Pen
	for range p.Texts("\x1b[7;1m") {
	}
	if got := slices.Collect(p.Attributes()); !slices.Equal(got, []Attribute{Bold, Reverse}) || !p.Has(Bold) || p.Has(Faint) {
		t.Errorf("%v", got)
	}
}
