package front

import (
	"context"
	"net"
	"net/http"
	"sync"
	"sync/atomic"
	"time"
)

// Backend is where requests go.
type Backend struct {
	// Addr is host:port.
	Addr string
	// Build numbers the build that answers there; responses name it in the header X-Stagewatch-Build.
	Build int
	// HTTP: the app is known to speak HTTP, so that it is never asked whether it would rather speak first.
	HTTP bool
	// Dial opens connections; nil dials Addr by TCP.
	Dial func(ctx context.Context) (net.Conn, error)
}

// backend is a Backend with its connections and what is in flight on it.
type backend struct {
	Backend
	// pooled keeps connections for requests that may be sent again, should the app just be closing one.
	// The others go over fresh, with a connection each.
	pooled, fresh *http.Transport
	// spokeHTTP: it, or the backend before it, has answered HTTP.
	spokeHTTP atomic.Bool
	// gone ends when what is left on the backend is to be cut.
	gone context.Context
	end  context.CancelFunc

	mu       sync.Mutex
	inFlight int
	retired  bool
	// idle is closed when nothing is in flight and the count is waited for.
	idle chan struct{}
}

// Times of the connections to a backend.
const (
	dialWithin = 3 * time.Second
	// idleBackend is shorter than most app servers keep an idle connection, so that we close first.
	idleBackend = 1500 * time.Millisecond
)

func newBackend(ctx context.Context, b Backend) *backend {
	made := &backend{Backend: b}
	made.spokeHTTP.Store(b.HTTP)
	made.gone, made.end = context.WithCancel(ctx)
	made.pooled, made.fresh = made.transport(), made.transport()
	made.pooled.MaxIdleConnsPerHost = 256
	made.fresh.MaxIdleConnsPerHost = -1
	return made
}

// transport speaks HTTP to the backend.
func (b *backend) transport() *http.Transport {
	return &http.Transport{
		DialContext: func(ctx context.Context, _, _ string) (net.Conn, error) {
			return b.dial(ctx)
		},
		// The bytes are the app's: no compression of ours.
		DisableCompression:    true,
		IdleConnTimeout:       idleBackend,
		ExpectContinueTimeout: time.Second,
		// Large enough that a header of the app's never fails for its size.
		MaxResponseHeaderBytes: 16 << 20,
	}
}

func (b *backend) dial(ctx context.Context) (net.Conn, error) {
	ctx, cancel := context.WithTimeout(ctx, dialWithin)
	defer cancel()
	open := b.Dial
	if open == nil {
		open = func(ctx context.Context) (net.Conn, error) {
			var dialer net.Dialer
			return dialer.DialContext(ctx, "tcp", b.Addr)
		}
	}
	conn, err := open(ctx)
	if err != nil {
		return nil, dialError{err}
	}
	return conn, nil
}

// dialError marks a failure before anything was sent.
type dialError struct{ err error }

func (e dialError) Error() string { return e.err.Error() }
func (e dialError) Unwrap() error { return e.err }

func (b *backend) begin() {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.inFlight++
}

func (b *backend) done() {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.inFlight--
	if b.inFlight > 0 {
		return
	}
	if b.idle != nil {
		close(b.idle)
		b.idle = nil
	}
	if b.retired {
		b.pooled.CloseIdleConnections()
	}
}

// retire is called when no new request will come.
func (b *backend) retire() {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.retired = true
	if b.inFlight == 0 {
		b.pooled.CloseIdleConnections()
	}
}

// drained waits until nothing is in flight; it returns what still is when the context ends.
func (b *backend) drained(ctx context.Context) int {
	for {
		b.mu.Lock()
		left := b.inFlight
		if left == 0 {
			b.mu.Unlock()
			return 0
		}
		if b.idle == nil {
			b.idle = make(chan struct{})
		}
		idle := b.idle
		b.mu.Unlock()
		select {
		case <-idle:
		case <-ctx.Done():
			return left
		}
	}
}

// cut closes all connections to the backend, whatever is in flight on them.
func (b *backend) cut() {
	b.end()
	b.pooled.CloseIdleConnections()
}

// Drain is the emptying of a backend that gets no new requests.
type Drain struct{ of *backend }

// Wait returns when the last request in flight has finished, with 0; or when the context ends, with the number of
// those that have not. Upgraded and raw connections count until they close: bound the wait.
func (d *Drain) Wait(ctx context.Context) int {
	if d.of == nil {
		return 0
	}
	return d.of.drained(ctx)
}

// Cut ends what is still in flight, so that no client waits for an answer out of a stopped backend.
func (d *Drain) Cut() {
	if d.of != nil {
		d.of.cut()
	}
}
