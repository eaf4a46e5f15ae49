package plan

import (
	"bytes"
	"errors"
	"fmt"
	"strings"
	"unicode/utf8"

	"github.com/moby/buildkit/frontend/dockerfile/parser"

	"github.com/stagewatch/stagewatch/engine/event"
)

// Error is a fault in a Dockerfile, or in what belongs to it.
type Error struct {
	Filename string
	// Line and End are the instruction's first and last line, from 1; 0 for none.
	Line, End int
	// Message says what is wrong, without the file and the line.
	Message string
	// Hint says what to do, empty where that is not known.
	Hint string
	// Excerpt is the Dockerfile around the lines.
	Excerpt []event.ExcerptLine
	Err     error
}

func (e *Error) Error() string {
	if e.Line > 0 {
		return fmt.Sprintf("%s: line %d: %s", e.Filename, e.Line, e.Message)
	}
	return e.Filename + ": " + e.Message
}

func (e *Error) Unwrap() error { return e.Err }

// located returns an error of the parser or the converter as an [*Error].
func located(err error, in Input) error {
	var already *Error
	if errors.As(err, &already) {
		return already
	}
	e := &Error{Filename: in.Filename, Err: err, Message: err.Error()}
	var at *parser.LocationError
	if n := badLine(in.Dockerfile); n > 0 && strings.Contains(e.Message, "UTF-8") {
		e.Line, e.End, e.Message = n, n, "the line is not valid UTF-8"
		e.Excerpt = Excerpt(in.Dockerfile, n, n)
	} else if errors.As(err, &at) && len(at.Locations) > 0 && len(at.Locations[0]) > 0 {
		ranges := at.Locations[0]
		e.Line, e.End = ranges[0].Start.Line, ranges[len(ranges)-1].End.Line
		e.Excerpt = Excerpt(in.Dockerfile, e.Line, e.End)
	}
	// The message of the parser repeats the line.
	e.Message = strings.TrimPrefix(e.Message, "dockerfile parse error on ")
	e.Message = strings.TrimPrefix(e.Message, fmt.Sprintf("line %d: ", e.Line))
	e.explainIndex(in)
	e.explainImage(in)
	return e
}

// badLine returns the number of the first line that is not valid UTF-8, 0 for none.
func badLine(file []byte) int {
	for n, line := range bytes.Split(file, []byte("\n")) {
		if !utf8.Valid(line) {
			return n + 1
		}
	}
	return 0
}

// Excerpt returns the lines from to to of a file, marked as blamed, with two lines before and after them.
func Excerpt(file []byte, from, to int) []event.ExcerptLine {
	const around = 2
	lines := bytes.Split(bytes.TrimSuffix(file, []byte("\n")), []byte("\n"))
	var out []event.ExcerptLine
	for n := max(from-around, 1); n <= min(to+around, len(lines)); n++ {
		out = append(out, event.ExcerptLine{Line: n, Text: string(bytes.TrimSuffix(lines[n-1], []byte("\r"))), Blamed: n >= from && n <= to})
	}
	return out
}

// Excerpt is [Excerpt] of the plan's Dockerfile.
func (p *Plan) Excerpt(from, to int) []event.ExcerptLine { return Excerpt(p.source, from, to) }
