package front

import (
	"bytes"
	"errors"
	"io"
	"net"
	"time"
)

// lingerWithin is how long a client may go on sending what nobody reads any more, so that it can read the answer
// before its connection ends.
const lingerWithin = time.Second

// upward is the direction from the client to the app during one exchange.
type upward struct {
	body bodyScanner
	// passed is closed when the request has been passed on as a whole; over when nobody reads from the client any more.
	passed, over chan struct{}
	// broken: the app does not take what is sent. It holds once over is closed.
	broken bool
}

// whole reports whether the request has been passed on as a whole.
func (up *upward) whole() bool {
	select {
	case <-up.passed:
		return true
	default:
		return false
	}
}

// exchanged is what became of an exchange.
type exchanged struct {
	// begun: something came back. Keep: the client's connection can take another request.
	begun, keep bool
	// through passes on what follows an answer that HTTP tells no end of.
	through func()
}

// exchange sends a request over a connection to the app and passes the answer back, both ways at once: either side
// may begin to speak before the other one has ended.
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
			// Otherwise it would pass for whole.
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
		s.hearOut(up)
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

// begin sends the head of a request, and with it what is there of its body.
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

// sendUp passes on what is left of the request's body, and after it that the client has said all, should it.
func (s *session) sendUp(l *link, up *upward) {
	defer close(up.over)
	if !up.whole() {
		s.sendBody(l, up)
	}
	if up.broken || !up.whole() || s.ahead() > 0 {
		// Nobody is there any more, or the next request is.
		return
	}
	if err := s.more(); err != nil {
		s.hear(err, l)
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
		s.hear(reading.error, l)
	case err != nil || up.broken:
		// The app does not take it, and may have answered already. The client has to be heard out, or it never reads
		// that.
		up.broken = true
		s.discard()
	default:
		close(up.passed)
	}
}

// hear takes in that the client sends no more.
func (s *session) hear(err error, l *link) {
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

// finishUp ends the reading from the client once the whole request was passed on. That may never be: an app can answer
// and want no more of it.
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
			// It says no more, but may read on. The client learns of the first by the end of the answer.
			_ = s.CloseWrite()
			s.sendBody(l, up)
		}
	}
	l.close()
	<-closed
}

// hearOut lets a client send for a while what nobody reads any more: a connection that is closed before takes the
// answer back that its client has not read yet.
func (s *session) hearOut(up *upward) {
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
