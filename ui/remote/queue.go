package remote

import (
	"io"
	"sync"
)

// maxQueued bounds what waits for a client that does not read, in bytes.
const maxQueued = 32 << 20

// queue holds lines for one client, and writes them on a goroutine of its own.
type queue struct {
	conn io.WriteCloser

	mu    sync.Mutex
	lines [][]byte
	bytes int
	// held: what stands before the lines is not known yet. Last: no line follows.
	held, last bool
	wake       chan struct{}
	written    chan struct{}
}

func newQueue(conn io.WriteCloser) *queue {
	q := &queue{conn: conn, wake: make(chan struct{}, 1), written: make(chan struct{})}
	go q.write()
	return q
}

// put adds a line, and cuts the client off where it does not read.
func (q *queue) put(line []byte) {
	q.mu.Lock()
	defer q.mu.Unlock()
	if q.last {
		return
	}
	q.bytes += len(line)
	q.lines = append(q.lines, line)
	if q.bytes > maxQueued {
		q.last, q.lines = true, nil
		q.conn.Close()
	}
	q.signal()
}

// hold keeps lines back until what stands before them is given to release.
func (q *queue) hold() {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.held = true
}

func (q *queue) release(before [][]byte) {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.held = false
	q.lines = append(before, q.lines...)
	q.signal()
}

// end has the connection closed once all is written.
func (q *queue) end() {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.last = true
	q.signal()
}

func (q *queue) signal() {
	select {
	case q.wake <- struct{}{}:
	default:
	}
}

func (q *queue) write() {
	defer close(q.written)
	defer q.conn.Close()
	for {
		q.mu.Lock()
		var lines [][]byte
		last := q.last && !q.held
		if !q.held {
			lines, q.lines, q.bytes = q.lines, nil, 0
		}
		q.mu.Unlock()
		for _, line := range lines {
			if _, err := q.conn.Write(line); err != nil {
				q.end()
				return
			}
		}
		if len(lines) > 0 {
			continue
		}
		if last {
			return
		}
		<-q.wake
	}
}
