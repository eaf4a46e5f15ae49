package front

import (
	"context"
	"net"
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
	// Same names what answers there. A switch to the same again keeps its connections; empty is never the same.
	Same string
	// Dial opens connections; nil dials Addr by TCP.
	Dial func(ctx context.Context) (net.Conn, error)
}

// backend is a Backend with its connections and what is in flight on it.
type backend struct {
	Backend
	// build is Backend.Build, which a later build of the same may change.
	build atomic.Int64
	// spokeHTTP: it, or the backend before it, has answered HTTP.
	spokeHTTP atomic.Bool
	// retired ends when no new request comes, gone when what is left on the backend is to be cut.
	retired context.Context
	gone    context.Context
	// resign ends retired, and end gone.
	resign, end context.CancelFunc
	// quiet is how long a connection without an end of its own may be silent once the backend is retired.
	quiet time.Duration

	tally

	mu sync.Mutex
	// idle are the connections that wait for the next request of their client.
	idle map[*link]bool
}

// Times of the connections to a backend.
const (
	dialWithin = 3 * time.Second
	// idleBackend is shorter than most app servers keep an idle connection, so that we close first.
	idleBackend = 1500 * time.Millisecond
)

func newBackend(ctx context.Context, b Backend, quiet time.Duration) *backend {
	made := &backend{Backend: b, quiet: quiet}
	made.build.Store(int64(b.Build))
	made.spokeHTTP.Store(b.HTTP)
	made.gone, made.end = context.WithCancel(ctx)
	made.retired, made.resign = context.WithCancel(made.gone)
	return made
}

// retire is called when no new request will come.
func (b *backend) retire() {
	b.resign()
	b.mu.Lock()
	idle := b.idle
	b.idle = nil
	b.mu.Unlock()
	for l := range idle {
		l.close()
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
	return open(ctx)
}

// link is a connection to a backend that carries the requests of one client, one after the other.
type link struct {
	*stream
	of *backend
	// stop ends the watching for the backend's end.
	stop func() bool
	// expiry closes the link when it has been idle for too long.
	expiry *time.Timer
	// closed: it was closed within its last exchange.
	closed atomic.Bool
}

// open dials the backend.
func (b *backend) open() (*link, error) {
	conn, err := b.dial(b.gone)
	if err != nil {
		return nil, err
	}
	l := &link{stream: newStream(conn, nil), of: b}
	l.stop = context.AfterFunc(b.gone, func() { conn.Close() })
	return l, nil
}

func (l *link) close() {
	l.closed.Store(true)
	l.stop()
	l.Conn.Close()
}

// park lets the link wait for the next request of its client, for a while. It returns false where the link is of no
// more use.
func (l *link) park() bool {
	b := l.of
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.retired.Err() != nil || l.closed.Load() {
		l.close()
		return false
	}
	if b.idle == nil {
		b.idle = map[*link]bool{}
	}
	b.idle[l] = true
	if l.expiry == nil {
		l.expiry = time.AfterFunc(idleBackend, func() {
			if l.wake() {
				l.close()
			}
		})
	} else {
		l.expiry.Reset(idleBackend)
	}
	return true
}

// wake takes the link for a request; it returns false where it was closed meanwhile.
func (l *link) wake() bool {
	b := l.of
	b.mu.Lock()
	defer b.mu.Unlock()
	if !b.idle[l] {
		return false
	}
	delete(b.idle, l)
	l.expiry.Stop()
	return true
}

// Drain is the emptying of a backend that gets no new requests.
type Drain struct{ of *backend }

// Wait returns when the last request in flight has finished, with 0; or when the context ends, with the number of
// those that have not. Upgraded and raw connections count until they close.
func (d *Drain) Wait(ctx context.Context) int {
	if d.of == nil {
		return 0
	}
	return d.of.drained(ctx)
}

// Left is how many requests are in flight.
func (d *Drain) Left() int {
	if d.of == nil {
		return 0
	}
	return d.of.count()
}

// Cut ends what is still in flight, so that no client waits for an answer out of a stopped backend.
func (d *Drain) Cut() {
	if d.of != nil {
		d.of.end()
	}
}
