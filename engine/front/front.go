// Package front owns the port that people use and hands it from one backend to the next without dropping a
// request: new requests go to the new backend, those in flight finish on the old one, connections that
// clients keep alive move over. Before there is a backend, requests wait, and browsers see a page that tells
// how the build is doing.
//
// It reads HTTP/1 only for where messages begin and end, and passes them on byte for byte; all that it adds is the
// number of the build to answers. What is not HTTP, or what servers read differently, is passed through as plain TCP
// and stays on the backend that it began with. It ends no TLS and knows nothing of containers: a backend is an address.
package front

import (
	"context"
	"errors"
	"html/template"
	"net"
	"sync"
	"syscall"
	"time"
)

// Limits of a front that nobody set otherwise.
const (
	// waitWithin is how long a request waits for a backend.
	waitWithin = 30 * time.Second
	// pageAfter is how long a browser waits during a hand-over before it gets the waiting page.
	pageAfter = 3 * time.Second
	// headerWithin is how long the end of a request's head is waited for. Then the app is given what came, to judge.
	headerWithin = 30 * time.Second
	// idleWithin is how long a client may keep a connection without using it.
	idleWithin = 10 * time.Minute
	// quietWithin is how long an upgraded or raw connection, or a stream of events, may be silent after a hand-over
	// before it is cut, so that its client comes back to the new backend.
	quietWithin = 5 * time.Second
)

// Front is the listener. Its methods may be called from any goroutine.
type Front struct {
	listener net.Listener
	page     *template.Template
	// wait is how long requests wait for a backend.
	wait time.Duration
	// quiet is how long connections without an end of their own stay on a retired backend while nothing is said.
	quiet time.Duration

	// closing ends when the front begins to close: who waits for a backend waits no longer.
	closing context.Context
	close   context.CancelFunc
	// closed ends when the front has no more patience: what is in flight is cut.
	closed context.Context
	cut    context.CancelFunc
	// conns counts the goroutines of connections, requests the requests in flight.
	conns    sync.WaitGroup
	requests tally

	mu      sync.Mutex
	current *backend
	held    bool
	// changed is closed and replaced whenever a waiting request should look again.
	changed chan struct{}
	status  Status
}

// InUseError tells that something else listens on the address.
type InUseError struct {
	Addr string
	Err  error
}

func (e *InUseError) Error() string { return "listening on " + e.Addr + ": the port is in use" }

// Unwrap is the system's error.
func (e *InUseError) Unwrap() error { return e.Err }

// Listen opens the address, e.g. "127.0.0.1:8080". Requests wait until the first [Front.Switch]. Where something
// else listens there, the error is an [*InUseError].
func Listen(addr string) (*Front, error) { return listen(addr, waitWithin) }

func listen(addr string, wait time.Duration) (*Front, error) {
	listener, err := net.Listen("tcp", addr)
	if errors.Is(err, syscall.EADDRINUSE) {
		return nil, &InUseError{Addr: addr, Err: err}
	}
	if err != nil {
		return nil, err
	}
	f := &Front{
		listener: listener,
		page:     parsePage(),
		wait:     wait,
		quiet:    quietWithin,
		changed:  make(chan struct{}),
		status:   Status{Title: "Starting"},
	}
	f.closing, f.close = context.WithCancel(context.Background())
	f.closed, f.cut = context.WithCancel(context.Background())
	go f.accept()
	return f, nil
}

// Addr is the address that the front listens on.
func (f *Front) Addr() net.Addr { return f.listener.Addr() }

// accept takes connections until the listener closes.
func (f *Front) accept() {
	for delay := time.Duration(0); ; {
		conn, err := f.listener.Accept()
		if f.closing.Err() != nil || errors.Is(err, net.ErrClosed) {
			if conn != nil {
				conn.Close()
			}
			return
		}
		if err != nil {
			// Out of file descriptors, most likely: that passes.
			delay = min(max(2*delay, 5*time.Millisecond), time.Second)
			pause(f.closing, delay)
			continue
		}
		delay = 0
		f.conns.Go(func() { f.greet(conn) })
	}
}

// Close stops listening, lets requests in flight finish until the context ends, then cuts what is left.
// Requests that wait for a backend are answered at once.
func (f *Front) Close(ctx context.Context) error {
	err := f.listener.Close()
	f.close()
	if f.requests.drained(ctx) > 0 {
		err = errors.Join(err, ctx.Err())
	}
	f.cut()
	f.conns.Wait()
	return err
}

// pause waits for the delay or the context's end.
func pause(ctx context.Context, delay time.Duration) {
	timer := time.NewTimer(delay)
	defer timer.Stop()
	select {
	case <-timer.C:
	case <-ctx.Done():
	}
}
