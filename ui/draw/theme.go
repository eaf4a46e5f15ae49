package draw

import (
	"io"
	"strings"
	"unicode/utf8"

	"github.com/charmbracelet/lipgloss"
	"github.com/muesli/termenv"
)

const reset = "\x1b[0m"

// Terminal says what a terminal can show.
type Terminal struct {
	// Profile is the depth of its colours. termenv.Ascii means no attributes at all, see [Theme.Bare].
	Profile termenv.Profile
	// NoColor is set by NO_COLOR: bold, reverse and underline but no colours.
	NoColor bool
	// Dark says that the background is dark.
	Dark bool
	// ASCII means to draw with ASCII only.
	ASCII bool
}

// Theme turns styles into the escape sequences of a terminal. It is immutable.
type Theme struct {
	term      Terminal
	sequences [flagsEnd]string
}

// color returns a colour for dark and light backgrounds, each in truecolor, 256 and 16 colours.
func color(dark, dark256, dark16, light, light256, light16 string) lipgloss.CompleteAdaptiveColor {
	return lipgloss.CompleteAdaptiveColor{
		Dark:  lipgloss.CompleteColor{TrueColor: dark, ANSI256: dark256, ANSI: dark16},
		Light: lipgloss.CompleteColor{TrueColor: light, ANSI256: light256, ANSI: light16},
	}
}

// NewTheme returns the theme for a terminal.
func NewTheme(term Terminal) *Theme {
	r := lipgloss.NewRenderer(io.Discard)
	r.SetColorProfile(term.Profile)
	r.SetHasDarkBackground(term.Dark)
	var (
		dim    = color("#7f8796", "245", "7", "#6b7280", "243", "0")
		accent = color("#6cb6ff", "75", "14", "#0b62c4", "26", "4")
		good   = color("#7fc98b", "114", "10", "#1a7f37", "28", "2")
		warn   = color("#e5b567", "179", "11", "#8a5a00", "94", "3")
		bad    = color("#f47c7c", "210", "9", "#c4262e", "160", "1")
		ink    = color("#10141a", "233", "0", "#ffffff", "231", "15")
		band   = color("#2a3140", "237", "0", "#dfe5ee", "254", "7")
		found  = color("#e5b567", "179", "11", "#f6d58a", "222", "11")
		onBand = color("#10141a", "233", "0", "#10141a", "233", "0")
	)
	base := [roles]lipgloss.Style{}
	for i := range base {
		base[i] = r.NewStyle()
	}
	if term.NoColor {
		for _, s := range []Style{BadgeGood, BadgeWarn, BadgeBad, BadgeAccent, Match, Focus} {
			base[s] = r.NewStyle().Reverse(true)
		}
		base[Bad] = r.NewStyle().Bold(true)
	} else {
		for s, c := range map[Style]lipgloss.TerminalColor{Dim: dim, Accent: accent, Focus: accent, Good: good, Warn: warn, Bad: bad} {
			base[s] = r.NewStyle().Foreground(c)
		}
		for s, c := range map[Style]lipgloss.TerminalColor{BadgeGood: good, BadgeWarn: warn, BadgeBad: bad, BadgeAccent: accent} {
			base[s] = r.NewStyle().Background(c).Foreground(ink).Bold(true)
		}
		base[Match] = r.NewStyle().Background(found).Foreground(onBand)
	}
	few := term.NoColor || term.Profile == termenv.ANSI
	if few {
		// In some palettes the grey of the 16 colours is the background.
		base[Dim] = r.NewStyle().Faint(true)
	}
	t := &Theme{term: term}
	for i := range t.sequences {
		st := Style(i)
		role := st & roleMask
		if role >= roles {
			continue
		}
		s := base[role]
		if st&Bold != 0 {
			s = s.Bold(true)
		}
		if st&Reverse != 0 {
			s = s.Reverse(true)
		}
		if st&Underline != 0 {
			s = s.Underline(true)
		}
		if st&Selected != 0 {
			if few {
				s = s.Reverse(true).Faint(false)
			} else if role < BadgeGood {
				s = s.Background(band)
			}
		}
		t.sequences[i] = prefix(s)
	}
	return t
}

// Bare reports whether the terminal shows neither colours nor attributes, so that the focus needs a sign.
func (t *Theme) Bare() bool { return t.term.Profile == termenv.Ascii }

// ASCII reports whether the terminal shows only ASCII.
func (t *Theme) ASCII() bool { return t.term.ASCII }

// prefix returns the escape sequence that lipgloss writes before a text in style s.
func prefix(s lipgloss.Style) string {
	const mark = "x"
	before, _, _ := strings.Cut(s.Render(mark), mark)
	return before
}

func (t *Theme) sequence(st Style, extra []string) string {
	if st >= extraBase {
		return extra[st-extraBase]
	}
	return t.sequences[st]
}

// write writes the text of a cell, in ASCII if the terminal shows nothing else.
func (t *Theme) write(out *strings.Builder, text string) {
	if !t.term.ASCII || len(text) <= 1 {
		out.WriteString(text)
		return
	}
	r, _ := utf8.DecodeRuneInString(text)
	if r < utf8.RuneSelf {
		// A letter with a combining mark becomes the letter.
		out.WriteByte(byte(r))
		return
	}
	out.WriteByte(ascii(r))
	if Width(text) > 1 {
		out.WriteByte('?')
	}
}

// ascii returns the replacement of a character that the screens use, and a question mark for all others.
func ascii(r rune) byte {
	const from, to = "┃─│╭╮╰╯├└┌┐┬┴┼━┏┓┗┛╌═▾▸◂▏▎▍▌▋▊▉█▁▂▃▄▅▆▇░·•…—–−→←↑↓✓✗↻●○◌▲■△◆⏸⏵≈±×⠋⠙⠹⠸⠼⠴⠦⠧⠇⠏",
		"|-|++++|`+++++=####-=v><.::|||##_.-=+*%.-*~---><^v+xr*o.!#!*=>~+x|/-\\|/-\\|/"
	i := 0
	for _, f := range from {
		if f == r {
			return to[i]
		}
		i++
	}
	return '?'
}
