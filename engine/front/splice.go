package front

import (
	"context"
	"io"
	"net"
	"sync"
	"sync/atomic"
	"time"
)

// splice passes bytes between a client and a backend until both sides have finished. If server is nil, it dials the
// present backend, or waits for one.
func (f *Front) splice(client net.Conn, head []byte, server net.Conn, of *backend) {
	defer client.Close()
	if server == nil {
		var err error
		if server, of, err = f.reach(); err != nil {
			return
		}
	}
	defer of.done()
	bare := server
	if greeted, ok := server.(*sniffed); ok {
		bare = greeted.Conn
	}
	f.pipe(client, bare, of, func() net.Conn { return &sniffed{Conn: client, head: head} }, server)
}

// reach dials the present backend, and counts the connection on it, as long as there is time to wait.
func (f *Front) reach() (net.Conn, *backend, error) {
	way := &route{front: f, until: time.Now().Add(f.wait)}
	if err := way.acquire(f.closing); err != nil {
		return nil, nil, err
	}
	for {
		conn, err := way.on.dial(way.on.gone)
		if err == nil {
			return conn, way.on, nil
		}
		if err := way.reroute(f.closing); err != nil {
			return nil, nil, err
		}
	}
}

// pipe passes bytes both ways until both sides have finished, the backend is gone, or the backend was retired and both
// sides are silent. What was read ahead is passed first. Asking returns the client's side once it is free.
func (f *Front) pipe(client, server net.Conn, of *backend, asking func() net.Conn, answering net.Conn) {
	hangUp := func() { client.Close(); server.Close() }
	defer hangUp()
	defer context.AfterFunc(of.gone, hangUp)()
	quiet := of.untilQuiet(hangUp)
	defer quiet.stop()
	// Until then the kernel passes the bytes, and reports nothing: the reads must be interrupted.
	defer context.AfterFunc(of.retired, func() { interruptRead(client); interruptRead(server) })()

	var both sync.WaitGroup
	both.Go(func() { quiet.pass(server, asking()) })
	both.Go(func() { quiet.pass(client, answering) })
	both.Wait()
}

// interruptRead makes a read that waits return.
func interruptRead(conn net.Conn) { _ = conn.SetReadDeadline(time.Unix(1, 0)) }

// quiet watches a connection that has no end of its own: an upgraded or raw one, or a stream of events. After its
// backend is retired, the connection lives as long as something is said on it. Then it is cut, and its client
// reconnects to the new backend.
type quiet struct {
	of   *backend
	last atomic.Int64
	// stop ends the watching.
	stop func()
}

// untilQuiet calls cut when the backend is retired and nothing has moved for a while, unless it is stopped before.
func (b *backend) untilQuiet(cut func()) *quiet {
	q := &quiet{of: b}
	over, end := context.WithCancel(b.gone)
	undo := context.AfterFunc(b.retired, func() {
		q.moved()
		for {
			still := time.Since(time.Unix(0, q.last.Load()))
			if still >= b.quiet {
				cut()
				return
			}
			pause(over, b.quiet-still)
			if over.Err() != nil {
				return
			}
		}
	})
	q.stop = func() { undo(); end() }
	return q
}

// moved records that something was said.
func (q *quiet) moved() { q.last.Store(time.Now().UnixNano()) }

// pass copies one direction and passes its end on, so that the other direction can go on.
func (q *quiet) pass(to, from net.Conn) {
	if first, ok := from.(*sniffed); ok {
		// First what was read ahead. Then the bare connections, which the kernel can splice by itself.
		if _, err := to.Write(first.head); err != nil {
			from.Close()
			return
		}
		from = first.Conn
	}
	err := q.copy(to, from)
	if err != nil {
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

// copy copies to the end: by the kernel until the backend is retired, and then piece by piece, to see what moves.
func (q *quiet) copy(to io.Writer, from net.Conn) error {
	if _, ok := from.(*net.TCPConn); ok && q.of.retired.Err() == nil {
		if _, err := io.Copy(to, from); !timedOut(err) {
			return err
		}
	}
	_ = from.SetReadDeadline(time.Time{})
	borrowed := pieces.Get().(*[pieceSize]byte)
	defer pieces.Put(borrowed)
	for {
		n, err := from.Read(borrowed[:])
		if n > 0 {
			q.moved()
			if _, err := to.Write(borrowed[:n]); err != nil {
				return err
			}
		}
		switch {
		case isEOF(err):
			return nil
		case timedOut(err):
			// The read was interrupted, and goes on here.
			_ = from.SetReadDeadline(time.Time{})
		case err != nil:
			return err
		}
	}
}
