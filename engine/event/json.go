package event

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"time"
	"unicode/utf8"
)

// decoders decode the body of a line, by the line's type.
var decoders = map[string]func([]byte) (Body, error){
	"engine":    decodeAs[Engine],
	"changed":   decodeAs[Changed],
	"skipped":   decodeAs[Skipped],
	"planned":   decodeAs[Planned],
	"step":      decodeAs[Step],
	"output":    decodeAs[Output],
	"built":     decodeAs[Built],
	"failed":    decodeAs[Failed],
	"abandoned": decodeAs[Abandoned],
	"sized":     decodeAs[Sized],
	"ledger":    decodeAs[Ledger],
	"files":     decodeAs[Files],
	"compared":  decodeAs[Compared],
	"warning":   decodeAs[Warning],
	"serving":   decodeAs[Serving],
	"waiting":   decodeAs[Waiting],
	"draining":  decodeAs[Draining],
	"stale":     decodeAs[Stale],
	"log":       decodeAs[Log],
	"stopped":   decodeAs[Stopped],
	"watching":  decodeAs[Watching],
	"answer":    decodeAs[Answer],
	"check":     decodeAs[Check],
	"companion": decodeAs[Companion],
}

func decodeAs[B Body](line []byte) (Body, error) {
	var b B
	if err := json.Unmarshal(line, &b); err != nil {
		return nil, err
	}
	return b, nil
}

type envelope struct {
	V       int       `json:"v"`
	Time    time.Time `json:"time"`
	Type    string    `json:"type"`
	Service string    `json:"service,omitempty"`
	Build   int       `json:"build,omitempty"`
}

// Encode returns e as one line of the JSON stream, with its line end. Control characters, C1 included, are escaped, so
// that a terminal can show the line safely.
func Encode(e Event) ([]byte, error) {
	head, err := json.Marshal(envelope{V: Version, Time: e.Time, Type: e.Body.Kind(), Service: e.Service, Build: e.Build})
	if err != nil {
		return nil, fmt.Errorf("encoding event %q: %w", e.Body.Kind(), err)
	}
	body, err := json.Marshal(e.Body)
	if err != nil {
		return nil, fmt.Errorf("encoding event %q: %w", e.Body.Kind(), err)
	}
	line := head
	if len(body) > len("{}") {
		line = append(line[:len(line)-1], ',')
		line = append(line, body[1:]...)
	}
	return append(escapeC1(line), '\n'), nil
}

// escapeC1 escapes U+007F to U+009F. encoding/json leaves them as they are, and some terminals obey them.
func escapeC1(line []byte) []byte {
	if bytes.IndexByte(line, 0x7f) < 0 && bytes.IndexByte(line, 0xc2) < 0 {
		return line
	}
	out := make([]byte, 0, len(line)+16)
	for len(line) > 0 {
		r, n := utf8.DecodeRune(line)
		if r >= 0x7f && r <= 0x9f {
			out = fmt.Appendf(out, `\u%04x`, r)
		} else {
			out = append(out, line[:n]...)
		}
		line = line[n:]
	}
	return out
}

// NewerError reports a line that a newer version of this program wrote.
type NewerError struct{ message string }

func (e *NewerError) Error() string { return e.message }

// Decode decodes one line of the JSON stream. It fails on an unknown version or type, with a [*NewerError] where a newer
// program may have written the line.
func Decode(line []byte) (Event, error) {
	var env envelope
	if err := json.Unmarshal(line, &env); err != nil {
		return Event{}, fmt.Errorf("decoding event: %w", err)
	}
	if env.V > Version {
		return Event{}, &NewerError{fmt.Sprintf("it is of version %d of the format, and this stagewatch knows %d", env.V, Version)}
	}
	if env.V != Version {
		return Event{}, errors.New("decoding event: it has no version")
	}
	decode, ok := decoders[env.Type]
	if !ok {
		return Event{}, &NewerError{fmt.Sprintf("it is an event of the type %q, which this stagewatch does not know", env.Type)}
	}
	body, err := decode(line)
	if err != nil {
		return Event{}, fmt.Errorf("decoding event %q: %w", env.Type, err)
	}
	return Event{Time: env.Time, Service: env.Service, Build: env.Build, Body: body}, nil
}
