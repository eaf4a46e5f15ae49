package run

import (
	"io"
	"time"
)

const (
	// pace is the least time between two reads of a log that comes in small pieces.
	pace = 2 * time.Millisecond
	// smallRead is the length in bytes of a short read. The engine sends each message by itself, so a reader without a
	// pause wakes up for every one of them.
	smallRead = 8 << 10
)

// paced reads at once what comes rarely, and in batches what comes fast.
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
