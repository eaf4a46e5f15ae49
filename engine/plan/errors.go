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

// Error is something wrong with a Dockerfile.
type Error struct {
	Filename string
	// Line and End are the instruction's first and last line, from 1; 0 where it belongs to none.
	Line, End int
	// Message says what is wrong, without the place.
	Message string
	// Hint is what to do, where that is known here.
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

// located makes an Error of what the parser or the converter said.
func located(err error, in Input) error {
	var known *Error
	if errors.As(err, &known) {
		return known
	}
	e := &Error{Filename: in.Filename, Err: err, Message: err.Error()}
	var at *parser.LocationError
	if n := badLine(in.Dockerfile); n > 0 && strings.Contains(e.Message, "UTF-8") {
		e.Line, e.End, e.Message = n, n, "no valid UTF-8"
		e.Excerpt = Excerpt(in.Dockerfile, n, n)
	} else if errors.As(err, &at) && len(at.Locations) > 0 && len(at.Locations[0]) > 0 {
		ranges := at.Locations[0]
		e.Line, e.End = ranges[0].Start.Line, ranges[len(ranges)-1].End.Line
		e.Excerpt = Excerpt(in.Dockerfile, e.Line, e.End)
	}
	// The parser says the line as well.
	e.Message = strings.TrimPrefix(e.Message, "dockerfile parse error on ")
	e.Message = strings.TrimPrefix(e.Message, fmt.Sprintf("line %d: ", e.Line))
	e.noIndex(in)
	e.absent(in)
	return e
}

// badLine returns the first line that is no valid UTF-8, 0 for none.
func badLine(file []byte) int {
	for n, line := range bytes.Split(file, []byte("\n")) {
		if !utf8.Valid(line) {
			return n + 1
		}
	}
	return 0
}

// Excerpt returns the lines from to to of a file, marked, with two lines around them.
func Excerpt(file []byte, from, to int) []event.ExcerptLine {
	const around = 2
	lines := bytes.Split(bytes.TrimSuffix(file, []byte("\n")), []byte("\n"))
	var out []event.ExcerptLine
	for n := max(from-around, 1); n <= min(to+around, len(lines)); n++ {
		out = append(out, event.ExcerptLine{Line: n, Text: string(bytes.TrimSuffix(lines[n-1], []byte("\r"))), Blamed: n >= from && n <= to})
	}
	return out
}

// Excerpt returns the lines from to to of the plan's Dockerfile, marked, with two lines around them.
func (p *Plan) Excerpt(from, to int) []event.ExcerptLine { return Excerpt(p.source, from, to) }
