package report

import (
	"fmt"
	"regexp"
	"strings"
)

// code is a text that someone else wrote as a code span, in which Markdown knows no markup and a forge no
// mentions and references. What could end the span, or a table's cell, is written in entities.
func code(s string) string {
	switch {
	case strings.TrimSpace(s) == "":
		return none
	case strings.ContainsAny(s, "`|\\\r\n"):
		return "<code>" + entities(s) + "</code>"
	}
	return "`" + s + "`"
}

// numbered finds what begins an item of a numbered list.
var numbered = regexp.MustCompile(`^[0-9]+[.)]`)

// entities is a text that someone else wrote as running text: every character that Markdown or HTML could
// take for markup, and what forges make links and mentions of, is written as an entity.
func entities(s string) string {
	var out strings.Builder
	for i, r := range s {
		switch {
		case r == '\r' || r == '\n':
			out.WriteByte(' ')
		case r == '@' || r == '#' && i+1 < len(s) && s[i+1] >= '0' && s[i+1] <= '9':
			// An invisible joiner, or the forge would find the mention behind the entity.
			fmt.Fprintf(&out, "&#%d;&#8288;", r)
		case r == ':' && strings.HasPrefix(s[i:], "://"), strings.ContainsRune("\\`*_{}[]<>#|&~^$@", r):
			fmt.Fprintf(&out, "&#%d;", r)
		case r == 'w' && strings.HasPrefix(s[i:], "www."), i == 0 && (r == '-' || r == '+' || r == '=' || numbered.MatchString(s)):
			// A link's beginning, and at a line's beginning what makes lists and headings.
			fmt.Fprintf(&out, "&#%d;", r)
		default:
			out.WriteRune(r)
		}
	}
	return out.String()
}
