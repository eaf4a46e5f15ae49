// Package front owns the port that people use, and hands it from one backend to the next without dropping a request.
// New requests go to the new backend, those in flight finish on the old one, and connections that clients keep alive
// move over. While there is no backend, requests wait, and browsers see a page that says how the build is doing.
//
// It reads HTTP/1 only to find where messages begin and end, and passes them on byte for byte; all that it adds is the
// number of the build, in answers. Only where pages are asked to follow what serves, browsers get a tag more in each
// page, and two paths of the front's own. What is not HTTP, or what servers read differently, is passed through as plain TCP
// and stays on the backend where it began. The package does no TLS and knows nothing of containers: a backend is an
// address.
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

// Default limits.
const (
	// waitWithin is how long a request waits for a backend.
	waitWithin = 30 * time.Second
	// pageAfter is how long a browser waits during a hand-over before it gets the waiting page.
	pageAfter = 3 * time.Second
	// headerWithin is how long a request's head may take to arrive. After that, the app gets what has arrived.
	headerWithin = 30 * time.Second
	// idleWithin is how long a client may keep an unused connection.
	idleWithin = 10 * time.Minute
	// quietWithin is how long an upgraded or raw connection, or a stream of events, may be silent after a hand-over
	// before it is cut, so that its client reconnects to the new backend.
	quietWithin = 5 * time.Second
)

// Front is the listener. It is safe for concurrent use.
type Front struct {
	listener net.Listener
	page     *template.Template
	// wait is how long requests wait for a backend.
	wait time.Duration
	// quiet is how long a connection without an end of its own may be silent on a retired backend.
	quiet time.Duration
	// reload says that pages follow what serves.
	reload    bool
	followers followers

	// closing is done when the front begins to close. Nothing waits for a backend after that.
	closing context.Context
	close   context.CancelFunc
	// closed is done when the front cuts what is in flight.
	closed context.Context
	cut    context.CancelFunc
	// conns counts the goroutines of connections, requests the requests in flight.
	conns    sync.WaitGroup
	requests tally

	mu      sync.Mutex
	current *backend
	held    bool
	// changed is closed and replaced whenever waiting requests must look for a backend again.
	changed chan struct{}
	status  Status
}

// InUseError says that another program listens on the address.
type InUseError struct {
	Addr string
	Err  error
}

func (e *InUseError) Error() string { return "listening on " + e.Addr + ": the port is in use" }

// Unwrap returns the system's error.
func (e *InUseError) Unwrap() error { return e.Err }

// listen opens the address, such as "127.0.0.1:8080". If another program listens there, the error is an [*InUseError].
func listen(addr string, wait time.Duration, reload bool) (*Front, error) {
	listener, err := net.Listen("tcp", addr)
	if errors.Is(err, syscall.EADDRINUSE) {
		return nil, &InUseError{Addr: addr, Err: err}
	}
	if err != nil {
		return nil, err
	}
	f := &Front{
		listener:  listener,
		page:      parsePage(),
		wait:      wait,
		quiet:     quietWithin,
		reload:    reload,
		followers: followers{changed: make(chan struct{})},
		changed:   make(chan struct{}),
		status:    Status{Title: "Starting"},
	}
	f.closing, f.close = context.WithCancel(context.Background())
	f.closed, f.cut = context.WithCancel(context.Background())
	go f.accept()
	return f, nil
}

// Addr returns the address that the front listens on.
func (f *Front) Addr() net.Addr { return f.listener.Addr() }

// accept accepts connections until the listener closes.
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
			// Most likely there are no file descriptors left, which passes.
			delay = min(max(2*delay, 5*time.Millisecond), time.Second)
			pause(f.closing, delay)
			continue
		}
		delay = 0
		f.conns.Go(func() { f.greet(conn) })
	}
}

// Close stops listening. Requests that wait for a backend are answered at once. Those in flight may finish until ctx
// ends; then they are cut.
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

// pause waits for the delay or until ctx ends.
func pause(ctx context.Context, delay time.Duration) {
	timer := time.NewTimer(delay)
	defer timer.Stop()
	select {
	case <-timer.C:
	case <-ctx.Done():
	}
}
