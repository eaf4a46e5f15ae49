package front

import (
	"bytes"
	"context"
	"errors"
	"net"
	"slices"
	"time"
)

// Times and sizes of the first look at a connection.
const (
	// silence is how long a client may say nothing before the backend may speak first.
	silence = 75 * time.Millisecond
	// greetWithin is how long a backend may take for its greeting. It must be short: a connection on which neither side
	// speaks blocks a server with a single thread.
	greetWithin = time.Second
	// hesitation is how long the front waits for more bytes when the first ones are not a known method.
	hesitation = 200 * time.Millisecond
	// maxRequestLine is how much is read to find out whether a client speaks HTTP.
	maxRequestLine = 64 << 10
)

// greet finds out what a new connection speaks and serves it accordingly.
func (f *Front) greet(conn net.Conn) {
	// Everything below waits in Read, which ends when the connection is closed.
	stop := context.AfterFunc(f.closing, func() { conn.Close() })
	head, err := read(conn, nil, silence)
	var server net.Conn
	var of *backend
	if timedOut(err) {
		head, server, of, err = f.listenFirst(conn)
	}
	for err == nil && server == nil && kind(head) == unclear && len(head) < maxRequestLine {
		wait := hesitation
		if knownMethod(head) {
			wait = headerWithin
		}
		if head, err = read(conn, head, wait); timedOut(err) && wait == hesitation {
			err = nil
			break
		}
	}
	if err != nil || !stop() {
		conn.Close()
		if server != nil {
			server.Close()
			of.done()
		}
		return
	}
	if server == nil && (kind(head) == speaksHTTP || kind(head) == unclear && knownMethod(head)) {
		f.converse(conn, head)
		return
	}
	f.splice(conn, head, server, of)
}

// read appends what arrives within the time to head.
func read(conn net.Conn, head []byte, within time.Duration) ([]byte, error) {
	if err := conn.SetReadDeadline(time.Now().Add(within)); err != nil {
		return head, err
	}
	head = slices.Grow(head, 4096)
	n, err := conn.Read(head[len(head):cap(head)])
	head = head[:len(head)+n]
	if n > 0 {
		err = nil
	}
	return head, errors.Join(err, conn.SetReadDeadline(time.Time{}))
}

// listenFirst waits with a client that says nothing: browsers open connections in advance, and in some protocols the
// server speaks first. It returns what the client said in the end, or a connection to a backend that speaks first; that
// connection is counted on the backend.
func (f *Front) listenFirst(conn net.Conn) (head []byte, server net.Conn, of *backend, err error) {
	// Set here and not by the reader: it may start late, and must not undo the deadline below that interrupts it.
	if err := conn.SetReadDeadline(time.Now().Add(idleWithin)); err != nil {
		return nil, nil, nil, err
	}
	said := make(chan error, 1)
	go func() {
		first := make([]byte, 4096)
		n, err := conn.Read(first)
		if head = first[:n]; n > 0 {
			err = nil
		}
		said <- err
	}()
	for {
		greeting := make(chan net.Conn)
		b, changed := f.tryAcquire()
		hush := func() {}
		if b != nil && !b.spokeHTTP.Load() {
			hush = f.awaitGreeting(b, greeting)
		}
		select {
		case err := <-said:
			hush()
			if b != nil {
				b.done()
			}
			return head, nil, nil, errors.Join(err, conn.SetReadDeadline(time.Time{}))
		case server := <-greeting:
			hush()
			// Interrupts the client's reader; what it has read is not lost.
			_ = conn.SetReadDeadline(time.Unix(1, 0))
			err := <-said
			_ = conn.SetReadDeadline(time.Time{})
			if err != nil && !timedOut(err) {
				server.Close()
				b.done()
				return nil, nil, nil, err
			}
			return head, server, b, nil
		case <-changed:
			hush()
			if b != nil {
				b.done()
			}
		}
	}
}

// awaitGreeting dials the backend, and sends the connection once the backend speaks. The function that it returns ends
// the wait.
func (f *Front) awaitGreeting(b *backend, greeting chan<- net.Conn) (hush func()) {
	ctx, cancel := context.WithTimeout(b.gone, greetWithin)
	f.conns.Go(func() {
		conn, err := b.dial(ctx)
		if err != nil {
			return
		}
		stop := context.AfterFunc(ctx, func() { conn.Close() })
		first := make([]byte, 4096)
		n, _ := conn.Read(first)
		if n == 0 || !stop() {
			conn.Close()
			return
		}
		select {
		case greeting <- &sniffed{Conn: conn, head: first[:n]}:
		case <-ctx.Done():
			conn.Close()
		}
	})
	return cancel
}

func timedOut(err error) bool {
	var network net.Error
	return errors.As(err, &network) && network.Timeout()
}

// speech is what the first bytes of a connection can be.
type speech int

const (
	unclear speech = iota
	speaksHTTP
	speaksOther
)

// kind judges the first bytes of a connection by the request line: METHOD SP target SP HTTP/1.x.
func kind(head []byte) speech {
	line, _, whole := bytes.Cut(head, []byte{'\n'})
	method, rest, spaced := bytes.Cut(line, []byte{' '})
	switch {
	case len(method) > 20 || bytes.ContainsFunc(method, func(r rune) bool { return (r < 'A' || r > 'Z') && r != '-' }):
		return speaksOther
	case spaced && len(method) == 0, string(method) == "CONNECT" && spaced:
		return speaksOther
	case !whole:
		return unclear
	}
	version := bytes.TrimSuffix(rest[bytes.LastIndexByte(rest, ' ')+1:], []byte{'\r'})
	if spaced && (string(version) == "HTTP/1.1" || string(version) == "HTTP/1.0") {
		return speaksHTTP
	}
	return speaksOther
}

// knownMethod reports whether head is a well-known HTTP method, or the beginning of one.
func knownMethod(head []byte) bool {
	method, _, spaced := bytes.Cut(head, []byte{' '})
	for _, known := range []string{"GET", "POST", "HEAD", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "QUERY", "PROPFIND"} {
		if spaced && string(method) == known || !spaced && len(method) > 0 && bytes.HasPrefix([]byte(known), method) {
			return true
		}
	}
	return false
}
