package front

import (
	"context"
	"errors"
	"io"
	"net"
	"sync"
	"time"
)

// splice passes bytes between a client and a backend until both have said all. Where the caller has no connection
// to a backend yet, the present one is dialled, or waited for.
func (f *Front) splice(client net.Conn, head []byte, server net.Conn, of *backend) {
	defer client.Close()
	if server == nil {
		var err error
		if server, of, err = f.reach(); err != nil {
			return
		}
	}
	defer of.done()
	defer server.Close()
	defer context.AfterFunc(of.gone, func() { client.Close(); server.Close() })()

	if _, err := server.Write(head); err != nil {
		return
	}
	var both sync.WaitGroup
	both.Go(func() { pass(server, client) })
	both.Go(func() { pass(client, server) })
	both.Wait()
}

// reach dials the present backend, with the request counted on it, as long as there is time to wait.
func (f *Front) reach() (net.Conn, *backend, error) {
	way := &flight{front: f, until: time.Now().Add(f.wait)}
	if err := way.board(f.closing); err != nil {
		return nil, nil, err
	}
	for {
		conn, err := way.on.dial(f.closing)
		if err == nil {
			return conn, way.on, nil
		}
		if err := way.reroute(f.closing); err != nil {
			return nil, nil, err
		}
	}
}

// pass copies one direction and passes its end on, so that a protocol may go on in the other direction.
func pass(to, from net.Conn) {
	if first, ok := from.(*sniffed); ok {
		// What was read ahead goes first; then the bare connections, which the system can splice by itself.
		if _, err := to.Write(first.head); err != nil {
			from.Close()
			return
		}
		from = first.Conn
	}
	if wrapped, ok := to.(*sniffed); ok {
		to = wrapped.Conn
	}
	_, err := io.Copy(to, from)
	if err != nil && !errors.Is(err, io.EOF) {
		to.Close()
		from.Close()
		return
	}
	if half, ok := to.(interface{ CloseWrite() error }); ok {
		_ = half.CloseWrite()
		return
	}
	to.Close()
}
