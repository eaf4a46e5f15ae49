package front

import (
	"errors"
	"io"
	"sync"
)

// replayLimit is how much of a body is remembered to be sent a second time.
const replayLimit = 64 << 10

var errSpent = errors.New("the request's body was sent already")

// replay is a request's body that can be read anew as long as no more than replayLimit of it was read.
type replay struct {
	source io.Reader
	// reading lets one attempt at a time read the source: the last one may still be at it when the next begins.
	reading sync.Mutex

	mu   sync.Mutex
	kept []byte
	// lost: more was read than is kept.
	lost bool
	err  error
	turn *attempt
}

// attempt begins the body anew; the attempt before reads no more.
func (r *replay) attempt() io.ReadCloser {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.turn = &attempt{of: r}
	return r.turn
}

// spent tells that the body cannot be sent again.
func (r *replay) spent() bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.lost
}

// attempt is one reading of a replay.
type attempt struct {
	of *replay
	at int
}

// Read reads what is kept, then on from the source.
func (a *attempt) Read(p []byte) (int, error) {
	if n, err, ok := a.fromKept(p); ok {
		return n, err
	}
	a.of.reading.Lock()
	defer a.of.reading.Unlock()
	// The attempt before may have read on meanwhile.
	if n, err, ok := a.fromKept(p); ok {
		return n, err
	}
	n, err := a.of.source.Read(p)
	return a.of.note(a, p[:n], err)
}

// fromKept reads without the source, if there is anything to say.
func (a *attempt) fromKept(p []byte) (int, error, bool) {
	r := a.of
	r.mu.Lock()
	defer r.mu.Unlock()
	switch {
	case r.turn != a:
		return 0, errSpent, true
	case !r.lost && a.at < len(r.kept):
		n := copy(p, r.kept[a.at:])
		a.at += n
		return n, nil, true
	case r.err != nil:
		return 0, r.err, true
	case r.lost && a.at == 0:
		return 0, errSpent, true
	}
	return 0, nil, false
}

// note remembers what was read from the source.
func (r *replay) note(a *attempt, read []byte, err error) (int, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.err = err
	if !r.lost && len(r.kept)+len(read) > replayLimit {
		r.lost, r.kept = true, nil
	}
	if !r.lost {
		r.kept = append(r.kept, read...)
	}
	if r.turn != a {
		return 0, errSpent
	}
	a.at += len(read)
	return len(read), err
}

// Close does not close the source: that is the server's.
func (a *attempt) Close() error { return nil }
