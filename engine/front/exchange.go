package front

import (
	"bytes"
	"errors"
	"io"
	"net"
	"time"
)

// lingerWithin is how long a client may go on sending what is no longer read, so that it can read the answer before its
// connection ends.
const lingerWithin = time.Second

// upward is the direction from the client to the app during one exchange.
type upward struct {
	body bodyScanner
	// passed is closed when the whole request has been passed on, over when nothing reads from the client any more.
	passed, over chan struct{}
	// broken says that the app does not accept what is sent. It is valid once over is closed.
	broken bool
}

// whole reports whether the whole request has been passed on.
func (up *upward) whole() bool {
	select {
	case <-up.passed:
		return true
	default:
		return false
	}
}

// exchanged is the outcome of an exchange.
type exchanged struct {
	// begun says that something came back, keep that the client's connection can take another request.
	begun, keep bool
	// through passes on what follows an answer whose end HTTP does not know. It is nil for every other answer.
	through func()
}

// exchange sends a request to the app and passes the answer back, both at once: either side may begin to speak before
// the other one has finished.
func (s *session) exchange(req *requestHead, l *link) exchanged {
	up := &upward{body: bodyScanner{left: req.size}, passed: make(chan struct{}), over: make(chan struct{})}
	up.broken = s.begin(req, l, up) != nil
	go s.sendUp(l, up)

	down := s.passAnswer(req, l)
	switch {
	case down.nothing:
		l.close()
		s.interrupt(up.over)
		return exchanged{}
	case down.broken:
		l.close()
		if down.endless {
			// Without the abort, the answer would look complete.
			abort(s.Conn)
		}
		s.Conn.Close()
		<-up.over
		return exchanged{begun: true}
	case down.raw:
		return exchanged{begun: true, through: func() {
			defer l.close()
			s.front.pipe(s.Conn, l.Conn, l.of, func() net.Conn { s.interrupt(up.over); return s.rest() }, l.rest())
		}}
	}
	s.finishUp(up, l)
	switch {
	case !up.whole() || !down.keep || l.ahead() > 0:
		_ = s.CloseWrite()
		s.linger(up)
		l.close()
		return exchanged{begun: true}
	case !req.keep || s.ended:
		l.close()
		return exchanged{begun: true}
	}
	if s.kept = l; !l.park() {
		s.kept = nil
	}
	return exchanged{begun: true, keep: true}
}

// begin sends the head of a request and as much of its body as was read.
func (s *session) begin(req *requestHead, l *link, up *upward) error {
	head := req.head
	if s.forwarded != "" {
		head = insert(bytes.Clone(head), "X-Forwarded-For: ", s.forwarded)
	}
	done := req.size == 0
	if !done && s.in.Buffered() > 0 {
		var used int
		body, _ := s.in.Peek(s.in.Buffered())
		used, done = up.body.scan(body)
		head = append(head[:len(head):len(head)], body[:used]...)
		_, _ = s.in.Discard(used)
	}
	if done {
		close(up.passed)
	}
	_, err := l.Conn.Write(head)
	return err
}

// sendUp passes on the rest of the request's body, and then the end of what the client sends if it has ended.
func (s *session) sendUp(l *link, up *upward) {
	defer close(up.over)
	if !up.whole() {
		s.sendBody(l, up)
	}
	if up.broken || !up.whole() || s.ahead() > 0 {
		// The client has gone, or has sent its next request.
		return
	}
	if err := s.more(); err != nil {
		s.recordEnd(err, l)
	}
}

func (s *session) sendBody(l *link, up *upward) {
	var err error
	if !up.broken {
		err = s.relay(l.Conn, &up.body, func() {})
	}
	var reading readError
	switch {
	case errors.As(err, &reading):
		s.recordEnd(reading.error, l)
	case err != nil || up.broken:
		// The app does not accept the body, and may have answered already. Many clients read the answer only after they
		// have sent everything.
		up.broken = true
		s.discard()
	default:
		close(up.passed)
	}
}

// recordEnd records that the client sends no more.
func (s *session) recordEnd(err error, l *link) {
	switch {
	case timedOut(err):
	case isEOF(err):
		s.ended = true
		_ = l.CloseWrite()
	default:
		s.lost = true
		l.close()
	}
}

// finishUp stops reading from the client once the whole request was passed on. That may never happen: an app can answer
// without reading the rest.
func (s *session) finishUp(up *upward, l *link) {
	if up.whole() {
		s.interrupt(up.over)
		return
	}
	closed := make(chan struct{})
	go func() {
		defer close(closed)
		_, _ = io.Copy(io.Discard, l.in)
	}()
	select {
	case <-up.passed:
		s.interrupt(up.over)
	case <-up.over:
	case <-closed:
		s.interrupt(up.over)
		if !up.whole() && !up.broken && !s.ended && !s.lost {
			// The app sends no more but may still read. The client sees the first by the end of the answer.
			_ = s.CloseWrite()
			s.sendBody(l, up)
		}
	}
	l.close()
	<-closed
}

// linger reads and drops what a client sends, for a while. A connection that is closed with unread data destroys the
// answer that its client has not read yet.
func (s *session) linger(up *upward) {
	if !s.ended && !s.lost && (up.broken || s.ahead() > 0) {
		s.discard()
	}
}

// discard reads what the client sends until it stops, or for a while.
func (s *session) discard() {
	_ = s.Conn.SetReadDeadline(time.Now().Add(lingerWithin))
	_, err := io.Copy(io.Discard, s.in)
	s.ended = s.ended || err == nil
	s.lost = s.lost || err != nil && !timedOut(err)
}
