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

// begins is the beginning of every line of a recording.
var begins = []byte(`{"v":`)

// Error says why a recording can't be read at all, and what to do.
type Error struct {
	Message, Hint string
	Err           error
}

func (e *Error) Error() string { return e.Message }
func (e *Error) Unwrap() error { return e.Err }

// Read reads a recording, which has one event per line. A warning takes the place of lines that are not events, such as
// those that a full disk cut off. If no line is an event, Read returns an [*Error] that quotes the first one.
func Read(r io.Reader) ([]event.Event, error) {
	in := &reading{lines: bufio.NewReaderSize(r, 64<<10)}
	if kind := in.packed(); kind != "" {
		return nil, &Error{Message: "it is " + kind, Hint: "Convert it back into lines of UTF-8 text."}
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
	// read counts the events without the warnings of tear, and number the lines.
	read, number int
	// from and to are the first and last of the lines that could not be read since the last event, and lost counts them.
	from, to, lost int
	// first is the error of the first line that could not be read, firstLine its number, and text what it reads.
	first     error
	firstLine int
	text      []byte
	// broken is the error that ended the reading, nil at the end of the file.
	broken error
	over   bool
}

// packings are the first bytes of files that are not UTF-8 text.
var packings = []struct{ begins, kind string }{
	{"\x1f\x8b", "compressed with gzip"}, {"\x28\xb5\x2f\xfd", "compressed with zstd"}, {"\xfd7zXZ\x00", "compressed with xz"}, {"BZh", "compressed with bzip2"}, {"PK\x03\x04", "a zip archive"},
	{"\xff\xfe", "UTF-16 text, which PowerShell writes when it redirects"}, {"\xfe\xff", "UTF-16 text"},
}

// byteOrderMark is what some editors put before UTF-8.
const byteOrderMark = "\xef\xbb\xbf"

// packed names the format of a file that is not UTF-8 text. It is empty for text, whose byte order mark it skips.
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

// refused returns the error of a recording without an event.
func (in *reading) refused() *Error {
	const made = "Recordings are written by --record FILE and by --progress json."
	var newer *event.NewerError
	switch {
	case in.broken != nil:
		return &Error{Message: unwrapped(in.broken).Error(), Err: in.broken}
	case in.first == nil:
		return &Error{Message: "it is empty", Hint: made}
	case errors.As(in.first, &newer):
		return &Error{Message: fmt.Sprintf("line %d can't be read: %s", in.firstLine, newer), Hint: "Use the version of stagewatch that recorded it, or a newer one."}
	}
	said := in.text
	if utf8.RuneCount(said) > maxSaid {
		said = append([]byte(string([]rune(string(said))[:maxSaid])), "…"...)
	}
	return &Error{Message: fmt.Sprintf("none of its lines is an event; line %d reads %q", in.firstLine, said), Hint: made}
}

// maxSaid is how much of a line an error quotes, in characters.
const maxSaid = 60

// unwrapped returns the system's error without the path.
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

// next returns the next line, or the beginning of one that is longer than maxLine.
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

// take decodes a line. If a line was cut off, the next one follows it without a line end.
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

// tear adds a warning about the lines that were lost before at.
func (in *reading) tear(at time.Time) {
	if in.lost == 0 {
		return
	}
	message := fmt.Sprintf("line %d of the recording can't be read, so its event is lost", in.from)
	if in.lost > 1 {
		message = fmt.Sprintf("%d lines of the recording (%d to %d) can't be read, so their events are lost", in.lost, in.from, in.to)
	}
	in.events = append(in.events, event.Event{Time: at, Body: event.Warning{Code: event.CodeRecordingTorn, Message: message}})
	in.lost = 0
}
