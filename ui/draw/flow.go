package draw

import (
	"math"
	"strings"

	"github.com/charmbracelet/x/ansi"
)

// Flow breaks the line at blanks into lines of at most width columns, and indents those after the first. It breaks a word
// only if that is wider than a line.
func (l Line) Flow(width, indent int) []Line { return l.Fit(width, indent, math.MaxInt) }

// Fit is [Line.Flow] into at most most lines. The last one is wider than width if the text does not fit.
func (l Line) Fit(width, indent, most int) []Line {
	// Narrower lines are not readable.
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

// breakAt returns the byte at which to break s so that width columns hold the beginning: at a blank in their second half
// if there is one.
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

// split splits the line at a byte of its text.
func (l Line) split(at int) (head, rest Line) {
	for i, s := range l {
		if at < len(s.Text) {
			return l[:i:i].Add(s.Style, s.Text[:at]), append(Line{{s.Text[at:], s.Style}}, l[i+1:]...)
		}
		at -= len(s.Text)
	}
	return l, nil
}

// behind returns the line with an indent in place of its leading blanks.
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
