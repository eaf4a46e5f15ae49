package replay

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"time"

	"github.com/stagewatch/stagewatch/engine/event"
)

// maxLine bounds a line of a recording.
const maxLine = 16 << 20

// tornCode is the code of the warnings that say what of a recording is lost.
const tornCode = "recording-torn"

// begins is what every line of a recording begins with.
var begins = []byte(`{"v":`)

// Read reads a recording, one event a line. Where lines are no events, as a full disk leaves them, a warning stands in
// their place and counts them. A recording of which nothing can be read is an error that names the first line.
func Read(r io.Reader) ([]event.Event, error) {
	in := &reading{lines: bufio.NewReaderSize(r, 64<<10)}
	for !in.over {
		in.line()
	}
	if in.read == 0 && in.first == nil {
		in.first = errors.New("it holds no events")
	}
	if in.read == 0 {
		return nil, fmt.Errorf("reading recording: %w", in.first)
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
	// first is why the first of all could not be read.
	first error
	over  bool
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
			in.lose(err)
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
		in.lose(err)
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

func (in *reading) lose(err error) {
	if in.first == nil {
		in.first = fmt.Errorf("line %d: %w", in.number, err)
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
	in.events = append(in.events, event.Event{Time: at, Body: event.Warning{Code: tornCode, Message: message}})
	in.lost = 0
}
