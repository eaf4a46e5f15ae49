package report

import (
	"fmt"
	"regexp"
	"strings"
)

// code returns an untrusted text as a code span, in which there is no markup and no mention. Text that could end the span
// or a table's cell is escaped.
func code(s string) string {
	switch {
	case strings.TrimSpace(s) == "":
		return none
	case strings.ContainsAny(s, "`|\\\r\n"):
		return "<code>" + entities(s) + "</code>"
	}
	return "`" + s + "`"
}

// numbered matches the beginning of an item of a numbered list.
var numbered = regexp.MustCompile(`^[0-9]+[.)]`)

// entities returns an untrusted text as running text. It escapes all characters that could be markup in Markdown or HTML,
// and those that a forge makes links and mentions of.
func entities(s string) string {
	var out strings.Builder
	for i, r := range s {
		switch {
		case r == '\r' || r == '\n':
			out.WriteByte(' ')
		case r == '@' || r == '#' && i+1 < len(s) && s[i+1] >= '0' && s[i+1] <= '9':
			// Without an invisible joiner the forge would find the mention behind the entity.
			fmt.Fprintf(&out, "&#%d;&#8288;", r)
		case r == ':' && strings.HasPrefix(s[i:], "://"), strings.ContainsRune("\\`*_{}[]<>#|&~^$@", r):
			fmt.Fprintf(&out, "&#%d;", r)
		case r == 'w' && strings.HasPrefix(s[i:], "www."), i == 0 && (r == '-' || r == '+' || r == '=' || numbered.MatchString(s)):
			// The beginning of a link, or of a list or heading at the beginning of a line.
			fmt.Fprintf(&out, "&#%d;", r)
		default:
			out.WriteRune(r)
		}
	}
	return out.String()
}
