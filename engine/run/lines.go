package run

import (
	"bytes"
	"unicode/utf8"
)

// maxLine is the length in bytes from which a line is split.
const maxLine = 64 << 10

// Continued ends each piece but the last of a line longer than 64 KiB.
const Continued = " …"

// lines assembles the lines of one stream from pieces. Its memory is bounded by maxLine and one piece.
type lines struct {
	emit func(text string)
	// rest is the beginning of an unfinished line.
	rest []byte
}

// write adds the next piece of the stream.
func (l *lines) write(piece []byte) {
	for len(piece) > 0 {
		line, after, ended := bytes.Cut(piece, []byte{'\n'})
		piece = after
		if ended && len(l.rest) == 0 && len(line) <= maxLine {
			l.emit(string(bytes.TrimSuffix(line, []byte{'\r'})))
			continue
		}
		l.rest = append(l.rest, line...)
		for len(l.rest) > maxLine {
			n := wholeRunes(l.rest[:maxLine])
			l.emit(string(l.rest[:n]) + Continued)
			l.rest = append(l.rest[:0], l.rest[n:]...)
		}
		if ended {
			l.end()
		}
	}
}

// flush emits a last line that has no line end.
func (l *lines) flush() {
	if len(l.rest) > 0 {
		l.end()
	}
}

func (l *lines) end() {
	l.emit(string(bytes.TrimSuffix(l.rest, []byte{'\r'})))
	l.rest = l.rest[:0]
}

// wholeRunes returns the length of text without a character that is cut off at its end.
func wholeRunes(text []byte) int {
	for back := 1; back < utf8.UTFMax && back < len(text); back++ {
		if start := len(text) - back; utf8.RuneStart(text[start]) {
			if !utf8.FullRune(text[start:]) {
				return start
			}
			break
		}
	}
	return len(text)
}
