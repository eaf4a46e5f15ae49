package run

import (
	"io"
	"time"
)

const (
	// pace is the least time between two reads of a log that comes in small pieces.
	pace = 2 * time.Millisecond
	// smallRead is the length in bytes below which a read got less than there would have been to get: the engine
	// sends each message by itself, and whoever reads as fast is woken for each.
	smallRead = 8 << 10
)

// paced reads what comes seldom at once, and what comes fast together.
type paced struct {
	io.Reader
	last  time.Time
	small bool
}

func (p *paced) Read(b []byte) (int, error) {
	if p.small {
		time.Sleep(pace - time.Since(p.last))
	}
	n, err := p.Reader.Read(b)
	p.last, p.small = time.Now(), n < smallRead
	return n, err
}
