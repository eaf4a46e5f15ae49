package draw

import (
	"bytes"
	"io"
	"strings"

	"github.com/charmbracelet/x/ansi"
)

// Hanging returns a writer that breaks lines which are wider than a terminal at blanks, and goes on below what they
// begin with: the last column of a table, the text behind a mark. A word that is wider is broken where the line ends.
// What is written in one piece has to end in a newline. A width of 0 and less breaks nothing.
func Hanging(w io.Writer, width int) io.Writer {
	if width <= 0 {
		return w
	}
	return hanging{w, width}
}

type hanging struct {
	w     io.Writer
	width int
}

func (h hanging) Write(p []byte) (int, error) {
	var out bytes.Buffer
	for line := range strings.Lines(string(p)) {
		text, newline := strings.CutSuffix(line, "\n")
		out.WriteString(strings.Join(hang(text, h.width), "\n"))
		if newline {
			out.WriteByte('\n')
		}
	}
	if _, err := h.w.Write(out.Bytes()); err != nil {
		return 0, err
	}
	return len(p), nil
}

// hang breaks a line, which may hold colours.
func hang(line string, width int) []string {
	if Width(ansi.Strip(line)) <= width {
		return []string{line}
	}
	indent := hangAt(ansi.Strip(line), max(width*2/3, width-40))
	first, rest := cutAt(line, width)
	out := []string{first}
	for rest != "" {
		first, rest = cutAt(rest, width-indent)
		out = append(out, strings.Repeat(" ", indent)+first)
	}
	return out
}

// hangAt is the column that a line goes on at, which is less than most: behind the last gap of two blanks and more, and
// the mark that follows; else a little behind where the line begins.
func hangAt(line string, most int) int {
	begins := len(line) - len(strings.TrimLeft(line, " "))
	at := begins + 2
	for i := begins; i+2 < len(line); i++ {
		if line[i] == ' ' && line[i+1] == ' ' && line[i+2] != ' ' && Width(line[:i+2]) < most {
			at = Width(line[:i+2])
		}
	}
	for _, mark := range []string{"│ ", "-> ", "* ", "- "} {
		if strings.HasPrefix(line[begins:], mark) && at == begins+2 {
			return begins + Width(mark)
		}
		if _, behind, ok := strings.Cut(line, "  "+mark); ok && Width(line)-Width(behind)-Width(mark) == at {
			return at + Width(mark)
		}
	}
	return at
}

// cutAt cuts what fits in width off a line, at a blank unless what follows is wider than a line itself.
func cutAt(line string, width int) (head, rest string) {
	width = max(width, 8)
	text := ansi.Strip(line)
	if Width(text) <= width {
		return line, ""
	}
	at := breakAt(text, width)
	if i := strings.LastIndexByte(text[:at], ' '); i > 0 && text[at] != ' ' {
		if word, _, _ := strings.Cut(text[i+1:], " "); Width(word) <= width {
			at = i
		}
	}
	blanks := len(text[at:]) - len(strings.TrimLeft(text[at:], " "))
	at = Width(text[:at])
	return ansi.Truncate(line, at, ""), ansi.TruncateLeft(line, at+blanks, "")
}
