package draw

import (
	"math"
	"strings"

	"github.com/charmbracelet/x/ansi"
)

// Flow breaks the line at blanks into lines of at most width columns, those after the first indented. A word that is
// wider is broken where the line ends.
func (l Line) Flow(width, indent int) []Line { return l.Fit(width, indent, math.MaxInt) }

// Fit is [Line.Flow] to at most most lines, of which the last is too wide where something is missing.
func (l Line) Fit(width, indent, most int) []Line {
	// Less than this is no line of text.
	width = max(width, 8)
	if indent > width/2 {
		indent = 2
	}
	var out []Line
	room := width
	for l.Width() > room && len(out) < most-1 {
		at := breakAt(l.Text(), room)
		if at == 0 {
			break
		}
		head, rest := l.split(at)
		out = append(out, head)
		l, room = rest.behind(indent), width
	}
	return append(out, l)
}

// breakAt is the byte at which the first width columns of s end, at a blank in their second half where there is one.
func breakAt(s string, width int) int {
	head := ansi.Truncate(s, width, "")
	if len(head) == len(s) || s[len(head)] == ' ' {
		return len(head)
	}
	if i := strings.LastIndexByte(head, ' '); Width(head[:max(i, 0)]) > width/2 {
		return i
	}
	return len(head)
}

// split cuts the line at a byte of its text.
func (l Line) split(at int) (head, rest Line) {
	for i, s := range l {
		if at < len(s.Text) {
			return l[:i:i].Add(s.Style, s.Text[:at]), append(Line{{s.Text[at:], s.Style}}, l[i+1:]...)
		}
		at -= len(s.Text)
	}
	return l, nil
}

// behind is the line behind an indent in place of the blanks that it begins with.
func (l Line) behind(indent int) Line {
	out := Line{}
	if indent > 0 {
		out = out.Add(Plain, strings.Repeat(" ", indent))
	}
	for i, s := range l {
		if s.Text = strings.TrimLeft(s.Text, " "); s.Text != "" {
			return append(out.Add(s.Style, s.Text), l[i+1:]...)
		}
	}
	return out
}
