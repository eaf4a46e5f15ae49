package replay

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/stagewatch/stagewatch/engine/event"
)

// maxLine bounds a line of a recording.
const maxLine = 16 << 20

// begins is what every line of a recording begins with.
var begins = []byte(`{"v":`)

// Error says why nothing of a recording can be read, and what to do.
type Error struct {
	Message, Hint string
	Err           error
}

func (e *Error) Error() string { return e.Message }
func (e *Error) Unwrap() error { return e.Err }

// Read reads a recording, one event a line. Where lines are no events, as a full disk leaves them, a warning stands in
// their place and counts them. A recording of which nothing can be read is an [*Error] that names the first line.
func Read(r io.Reader) ([]event.Event, error) {
	in := &reading{lines: bufio.NewReaderSize(r, 64<<10)}
	if kind := in.packed(); kind != "" {
		return nil, &Error{Message: "it is " + kind, Hint: "Turn it into the lines of text that it was before."}
	}
	for !in.over {
		in.line()
	}
	if in.read == 0 {
		return nil, in.refused()
	}
	in.tear(in.events[len(in.events)-1].Time)
	return in.events, nil
}

// reading is a recording that is being read.
type reading struct {
	lines  *bufio.Reader
	events []event.Event
	// read counts the events of the recording among them, number is the line's.
	read, number int
	// from, to and lost are the lines, and how many of them, that could not be read since the last event.
	from, to, lost int
	// first is why the first of all could not be read, firstLine its line, and text what it says.
	first     error
	firstLine int
	text      []byte
	// broken is why there is no more to read.
	broken error
	over   bool
}

// packings are the first bytes of what is no text, or no text of bytes.
var packings = []struct{ begins, kind string }{
	{"\x1f\x8b", "packed (gzip)"}, {"\x28\xb5\x2f\xfd", "packed (zstd)"}, {"\xfd7zXZ\x00", "packed (xz)"}, {"BZh", "packed (bzip2)"}, {"PK\x03\x04", "packed (zip)"},
	{"\xff\xfe", "in UTF-16, as PowerShell writes what is redirected"}, {"\xfe\xff", "in UTF-16"},
}

// byteOrderMark is what some editors put before UTF-8.
const byteOrderMark = "\xef\xbb\xbf"

// packed says what a recording is that has no lines of text, empty where it may have. A mark before these it skips.
func (in *reading) packed() string {
	start, _ := in.lines.Peek(6)
	for _, p := range packings {
		if strings.HasPrefix(string(start), p.begins) {
			return p.kind
		}
	}
	if strings.HasPrefix(string(start), byteOrderMark) {
		_, _ = in.lines.Discard(len(byteOrderMark))
	}
	return ""
}

// refused says why nothing could be read.
func (in *reading) refused() *Error {
	const made = "A recording is what --record FILE writes, or --progress json."
	var newer *event.NewerError
	switch {
	case in.broken != nil:
		return &Error{Message: unwrapped(in.broken).Error(), Err: in.broken}
	case in.first == nil:
		return &Error{Message: "it is empty", Hint: made}
	case errors.As(in.first, &newer):
		return &Error{Message: fmt.Sprintf("line %d can't be read: %s", in.firstLine, newer), Hint: "Take the stagewatch that recorded it, or a newer one."}
	}
	said := in.text
	if utf8.RuneCount(said) > maxSaid {
		said = append([]byte(string([]rune(string(said))[:maxSaid])), "…"...)
	}
	return &Error{Message: fmt.Sprintf("line %d is no event, and neither is any other; it reads %q", in.firstLine, said), Hint: made}
}

// maxSaid is how much of a line is told, in characters.
const maxSaid = 60

// unwrapped is what the system said of a file.
func unwrapped(err error) error {
	var at *fs.PathError
	if errors.As(err, &at) {
		return at.Err
	}
	return err
}

// line reads the next line.
func (in *reading) line() {
	line, err := in.next()
	in.number++
	if len(bytes.TrimSpace(line)) > 0 {
		in.take(line)
	}
	if err != nil {
		in.over = true
		if err != io.EOF {
			in.broken = err
			in.lose(nil, err)
		}
	}
}

// next returns the next line up to maxLine, of a longer one the beginning.
func (in *reading) next() (line []byte, err error) {
	for {
		part, err := in.lines.ReadSlice('\n')
		if len(line) <= maxLine {
			line = append(line, part...)
		}
		if err != bufio.ErrBufferFull {
			return line, err
		}
	}
}

// take takes in a line. One that broke off has the next one behind it.
func (in *reading) take(line []byte) {
	e, err := event.Decode(line)
	if err != nil {
		in.lose(line, err)
		at := bytes.LastIndex(line, begins)
		if at <= 0 {
			return
		}
		if e, err = event.Decode(line[at:]); err != nil {
			return
		}
	}
	in.tear(e.Time)
	in.events = append(in.events, e)
	in.read++
}

func (in *reading) lose(line []byte, err error) {
	if in.first == nil {
		in.first, in.firstLine, in.text = err, in.number, bytes.TrimSpace(line)
	}
	if in.lost == 0 {
		in.from = in.number
	}
	in.to = in.number
	in.lost++
}

// tear says what was lost before that moment.
func (in *reading) tear(at time.Time) {
	if in.lost == 0 {
		return
	}
	message := fmt.Sprintf("line %d of the recording can't be read: what happened then is lost", in.from)
	if in.lost > 1 {
		message = fmt.Sprintf("%d lines of the recording (%d to %d) can't be read: what happened then is lost", in.lost, in.from, in.to)
	}
	in.events = append(in.events, event.Event{Time: at, Body: event.Warning{Code: event.CodeRecordingTorn, Message: message}})
	in.lost = 0
}
