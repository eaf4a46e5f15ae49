// Package clean makes untrusted text safe for a terminal. It removes control characters, escape sequences, bidirectional
// overrides and invalid UTF-8. What is left has the same width on a terminal that knows grapheme clusters and on one that
// counts code points.
//
// It does not truncate or wrap, and knows no styles except the SGR sequences that [Colored] keeps.
package clean

import (
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/charmbracelet/x/ansi"
	"github.com/mattn/go-runewidth"
)

// tabStop is the default distance between tab stops.
const tabStop = 8

// sgrReset ends each line that kept SGR sequences.
const sgrReset = "\x1b[m"

// maxMarks bounds the combining marks of one character, because more would cover the lines above.
const maxMarks = 4

// Line returns s as one line of plain text. Line ends become spaces, tabs are expanded, and everything else that a terminal
// would obey is removed.
func Line(s string) string {
	if printable(s) {
		return s
	}
	return scrubbed(s, false)
}

// Colored is [Line], but keeps SGR sequences, so that an app's own colours stay. A line with such a sequence ends in a
// reset.
func Colored(s string) string {
	if printable(s) {
		return s
	}
	return scrubbed(s, true)
}

// Lines splits s at its line ends and cleans each line as [Line] does. If carriage returns overwrote a line, it keeps the
// last part, which stayed visible.
func Lines(s string) []string {
	s = strings.TrimSuffix(strings.ReplaceAll(s, "\r\n", "\n"), "\n")
	lines := strings.Split(s, "\n")
	for i, l := range lines {
		lines[i] = Line(Overwritten(l))
	}
	return lines
}

// Overwritten returns the part of a line after its last carriage return. Progress bars overwrite a line in this way, and a
// terminal shows the last part.
func Overwritten(line string) string {
	line = strings.TrimRight(line, "\r")
	if i := strings.LastIndexByte(line, '\r'); i >= 0 {
		return line[i+1:]
	}
	return line
}

// Width returns the number of columns that a cleaned line takes, without its SGR sequences.
func Width(s string) int {
	n := ascii(s)
	if n == len(s) {
		return n
	}
	// The last character may have a combining mark after it.
	n = max(0, n-1)
	return n + ansi.StringWidth(s[n:])
}

func printable(s string) bool { return ascii(s) == len(s) }

// ascii returns the length of the printable ASCII that s begins with.
func ascii(s string) int {
	for i := 0; i < len(s); i++ {
		if s[i] < ' ' || s[i] > '~' {
			return i
		}
	}
	return len(s)
}

// scrubbed calls scrub until nothing changes: characters that a tab or a colour separated can combine on the next pass.
func scrubbed(s string, colors bool) string {
	for range 4 {
		next := scrub(s, colors)
		if next == s || printable(next) {
			return next
		}
		s = next
	}
	return s
}

// scrub first removes what is not text and then settles widths, because the neighbours of a removed character may form
// one cluster.
func scrub(s string, colors bool) string {
	var out strings.Builder
	out.Grow(len(s))
	col, colored := 0, false
	text := make([]byte, 0, len(s))
	flush := func() {
		t := settle(string(text))
		col += Width(t)
		out.WriteString(t)
		text = text[:0]
	}
	for len(s) > 0 {
		if n := ascii(s); n > 0 {
			text = append(text, s[:n]...)
			s = s[n:]
			continue
		}
		if n, sgr := sequence(s); n > 0 {
			if colors && sgr {
				flush()
				out.WriteString(csi(s[:n]))
				colored = true
			}
			s = s[n:]
			continue
		}
		r, n := utf8.DecodeRuneInString(s)
		s = s[n:]
		switch {
		case r == '\t':
			flush()
			pad := tabStop - col%tabStop
			out.WriteString("        "[:pad])
			col += pad
		case r == '\n' || r == '\u2028' || r == '\u2029' || r == '\u0085':
			text = append(text, ' ')
		case r == utf8.RuneError || prepends(r):
			text = utf8.AppendRune(text, unicode.ReplacementChar)
		case hidden(r):
		default:
			text = utf8.AppendRune(text, r)
		}
	}
	flush()
	if colored && !strings.HasSuffix(out.String(), sgrReset) {
		out.WriteString(sgrReset)
	}
	return out.String()
}

// hidden reports whether r has no shape of its own: controls, bidirectional marks, joiners, variation selectors, tags. It
// is also true for private-use characters, on whose width terminals disagree.
func hidden(r rune) bool {
	if r < 0x20 || r >= 0x7f && r < 0xa0 {
		return true
	}
	if r < 0x300 {
		return r == 0xad
	}
	// Skin tones take two columns alone, and none after a hand.
	if r >= 0x1f3fb && r <= 0x1f3ff {
		return true
	}
	return unicode.In(r, unicode.Cf, unicode.Co, unicode.Cs, unicode.Variation_Selector, unicode.Other_Default_Ignorable_Code_Point)
}

// prepends reports whether r joins any character after it, even a border or a blank of the dashboard.
func prepends(r rune) bool {
	switch {
	case r == 0xd4e, r == 0x111c2, r == 0x111c3, r == 0x113d1, r == 0x1193f, r == 0x11941, r == 0x11a3a, r >= 0x11a84 && r <= 0x11a89, r == 0x11f02:
		return true
	}
	return false
}

// settle replaces clusters on whose width terminals disagree, and removes combining marks without a base character.
func settle(s string) string {
	if printable(s) {
		return s
	}
	for range 3 {
		next, same := settleOnce(s)
		if same {
			return s
		}
		s = next
	}
	return strings.Map(func(r rune) rune {
		if r > '~' {
			return '?'
		}
		return r
	}, s)
}

func settleOnce(s string) (string, bool) {
	var out strings.Builder
	same := true
	for len(s) > 0 {
		if n := ascii(s) - 1; n > 0 {
			// Each is a cluster of its own. Only the last may have a combining mark after it.
			out.WriteString(s[:n])
			s = s[n:]
			continue
		}
		cluster, width := ansi.FirstGraphemeCluster(s, ansi.GraphemeWidth)
		if cluster == "" {
			break
		}
		s = s[len(cluster):]
		sum, runes := runesWidth(cluster)
		switch {
		case width == 0 || sum == 0:
			same = false
		case sum != width || ansi.StringWidth(cluster) != width || runes > 1+maxMarks:
			same = false
			out.WriteString(firstRune(cluster))
		default:
			out.WriteString(cluster)
		}
	}
	return out.String(), same
}

// firstRune returns the first code point of a cluster if both ways to measure agree on its width, else the replacement
// character.
func firstRune(cluster string) string {
	_, n := utf8.DecodeRuneInString(cluster)
	first := cluster[:n]
	if sum, _ := runesWidth(first); sum != ansi.StringWidth(first) || len(first) == len(cluster) {
		return string(unicode.ReplacementChar)
	}
	return first
}

func runesWidth(s string) (width, runes int) {
	cond := runewidth.Condition{}
	for _, r := range s {
		width += cond.RuneWidth(r)
		runes++
	}
	return width, runes
}
