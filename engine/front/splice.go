package front

import (
	"context"
	"io"
	"net"
	"sync"
	"sync/atomic"
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
	bare := server
	if greeted, ok := server.(*sniffed); ok {
		bare = greeted.Conn
	}
	f.pipe(client, bare, of, func() net.Conn { return &sniffed{Conn: client, head: head} }, server)
}

// reach dials the present backend, with the request counted on it, as long as there is time to wait.
func (f *Front) reach() (net.Conn, *backend, error) {
	way := &flight{front: f, until: time.Now().Add(f.wait)}
	if err := way.board(f.closing); err != nil {
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

// pipe passes bytes both ways until both sides have said all, the backend is gone, or has been retired and nothing is
// said any more. What is read begins with what was read ahead: asking gives the client's side once it is free.
func (f *Front) pipe(client, server net.Conn, of *backend, asking func() net.Conn, answering net.Conn) {
	hangUp := func() { client.Close(); server.Close() }
	defer hangUp()
	defer context.AfterFunc(of.gone, hangUp)()
	quiet := of.untilQuiet(hangUp)
	defer quiet.stop()
	// Until then the system passes the bytes by itself, and tells nobody of them: it is called back.
	defer context.AfterFunc(of.retired, func() { callBack(client); callBack(server) })()

	var both sync.WaitGroup
	both.Go(func() { quiet.pass(server, asking()) })
	both.Go(func() { quiet.pass(client, answering) })
	both.Wait()
}

// callBack makes a read that waits return.
func callBack(conn net.Conn) { _ = conn.SetReadDeadline(time.Unix(1, 0)) }

// quiet is the watching of a connection that has no end of its own: an upgraded or a raw one, a stream of events. Once
// its backend is retired it may go on while something is said; when nothing is, it is cut, and its client comes back
// to the new backend.
type quiet struct {
	of   *backend
	last atomic.Int64
	// stop ends the watching.
	stop func()
}

// untilQuiet calls cut once the backend is retired and nothing has moved for a while, unless it is stopped before.
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

// moved notes that something is said.
func (q *quiet) moved() { q.last.Store(time.Now().UnixNano()) }

// pass copies one direction and passes its end on, so that a protocol may go on in the other direction.
func (q *quiet) pass(to, from net.Conn) {
	if first, ok := from.(*sniffed); ok {
		// What was read ahead goes first; then the bare connections, which the system can splice by itself.
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

// copy copies to the end: fast as long as nobody wants to know whether something moves, then piece by piece.
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
			// It was called back, and goes on here.
			_ = from.SetReadDeadline(time.Time{})
		case err != nil:
			return err
		}
	}
}
