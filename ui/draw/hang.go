package draw

import (
	"bytes"
	"io"
	"strings"

	"github.com/charmbracelet/x/ansi"
)

// Hanging returns a writer that breaks lines wider than width at blanks. The rest of a line is indented to where its text
// begins: the last column of a table, the text after a mark. A word is broken only if it is wider than a line. Each Write
// must end in a newline. With a width of 0 or less nothing is broken.
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

// hang breaks a line, which may have colours.
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

// hangAt returns the column to which the rest of a line is indented, less than most: after the last gap of two blanks or
// more and a mark that follows it, else two columns after the beginning of the line.
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

// cutAt splits off what fits in width, at a blank unless the next word is wider than a line.
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
