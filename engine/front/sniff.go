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
	// silence is how long a client may say nothing before the backend is asked whether it speaks first.
	silence = 75 * time.Millisecond
	// greetWithin is how long a backend may take for its greeting. No longer: a connection on which nobody
	// speaks keeps a server with a single thread from serving anybody else.
	greetWithin = time.Second
	// hesitation is how long more of a beginning that is no method we know is waited for.
	hesitation = 200 * time.Millisecond
	// maxRequestLine is how much is read to tell HTTP from something else.
	maxRequestLine = 64 << 10
)

// greet finds out what a new connection speaks and hands it on.
func (f *Front) greet(conn net.Conn) {
	// Whatever waits below, waits in Read: a closed connection ends it.
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

// read appends what comes within the time to head.
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

// listenFirst waits with a client that says nothing: browsers open connections in advance, and some protocols
// begin with the server's greeting. It returns what the client said in the end, or a connection to a backend,
// counted on it, that has something to say first.
func (f *Front) listenFirst(conn net.Conn) (head []byte, server net.Conn, of *backend, err error) {
	// Set here, not where it is read: the reader may begin late, and must not undo its being called back.
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
		b, changed := f.tryLease()
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
			// The client's reader is called back; what it read meanwhile is not lost.
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

// awaitGreeting dials the backend and hands the connection over once it has something to say. The function that
// is returned ends the waiting.
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

// What the beginning of a connection can be.
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

// knownMethod tells whether the beginning is, or may become, a method that HTTP is known for.
func knownMethod(head []byte) bool {
	method, _, spaced := bytes.Cut(head, []byte{' '})
	for _, known := range []string{"GET", "POST", "HEAD", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "QUERY", "PROPFIND"} {
		if spaced && string(method) == known || !spaced && len(method) > 0 && bytes.HasPrefix([]byte(known), method) {
			return true
		}
	}
	return false
}
