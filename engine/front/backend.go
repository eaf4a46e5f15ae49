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
	// Build is the number of the build that answers there. Responses have it in the header X-Stagewatch-Build.
	Build int
	// HTTP says that the app is known to speak HTTP, so that the front need not find out whether it speaks first.
	HTTP bool
	// Same identifies what answers. A switch to a Backend with the same value keeps the connections; empty is never the
	// same.
	Same string
	// Dial opens connections. Nil dials Addr by TCP.
	Dial func(ctx context.Context) (net.Conn, error)
}

// backend is a Backend with its connections and the requests in flight.
type backend struct {
	Backend
	// build is Backend.Build. A switch to the same backend can change it.
	build atomic.Int64
	// number is what pages know it by.
	number int64
	// spokeHTTP says that this backend, or the one before it, has answered in HTTP.
	spokeHTTP atomic.Bool
	// retired is done when no new request will come, gone when what is left on the backend must be cut.
	retired context.Context
	gone    context.Context
	// setRetired ends retired, and cut ends gone.
	setRetired, cut context.CancelFunc
	// quiet is how long a connection without an end of its own may be silent after the backend is retired.
	quiet time.Duration

	tally

	mu sync.Mutex
	// idle are the connections that wait for the next request of their client.
	idle map[*link]bool
}

// Times of the connections to a backend.
const (
	dialWithin = 3 * time.Second
	// idleBackend is less than what most app servers allow an idle connection, so that our side closes it first.
	idleBackend = 1500 * time.Millisecond
)

func newBackend(ctx context.Context, b Backend, quiet time.Duration) *backend {
	made := &backend{Backend: b, quiet: quiet}
	made.build.Store(int64(b.Build))
	made.spokeHTTP.Store(b.HTTP)
	made.gone, made.cut = context.WithCancel(ctx)
	made.retired, made.setRetired = context.WithCancel(made.gone)
	return made
}

// retire closes the idle connections. No new request comes after it.
func (b *backend) retire() {
	b.setRetired()
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

// link is a connection to a backend. It carries the requests of one client, one after the other.
type link struct {
	*stream
	of *backend
	// stop ends the wait for the backend's end.
	stop func() bool
	// expiry closes the link after it has been idle for too long.
	expiry *time.Timer
	// closed says that the link was closed by its last exchange.
	closed atomic.Bool
}

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

// park keeps the link for the next request of its client, for a while. It returns false if the link can't be used
// again.
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

// wake takes a parked link for a request. It returns false if the link was closed meanwhile.
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

// Drain lets a caller wait for the requests in flight on a backend that gets no new ones.
type Drain struct{ of *backend }

// Wait returns 0 when the last request in flight has finished, or the number of unfinished ones when ctx ends. Upgraded
// and raw connections count until they close.
func (d *Drain) Wait(ctx context.Context) int {
	if d.of == nil {
		return 0
	}
	return d.of.drained(ctx)
}

// Left returns how many requests are in flight.
func (d *Drain) Left() int {
	if d.of == nil {
		return 0
	}
	return d.of.count()
}

// Cut ends the requests in flight, so that no client waits for an answer of a container that was stopped.
func (d *Drain) Cut() {
	if d.of != nil {
		d.of.cut()
	}
}
