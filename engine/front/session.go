package front

import (
	"bytes"
	"context"
	"errors"
	"net"
	"strconv"
	"sync"
	"time"
)

// BuildHeader is the response header that names the build that answered.
const BuildHeader = "X-Stagewatch-Build"

// session is one client's connection that speaks HTTP. Its requests go one after the other to the backend that is the
// present one when each of them comes. What they hold passes as it is: a head is read only for where its message ends
// and for what becomes of the connection then, and where servers may differ about that, the connection is passed
// through as a whole (see [Front.splice]).
type session struct {
	*stream
	front *Front
	// kept is the connection to a backend that the last request left behind.
	kept *link
	// asked is the memory for the heads of requests, reply that for the heads of answers.
	asked, reply []byte
	// ended: the client has said all. Lost: it is not there any more.
	ended, lost bool
	// forwarded is the field that tells an app who asks, empty where that is this machine.
	forwarded string

	mu sync.Mutex
	// waiting: it is between two requests. Closing: there is to be no next one.
	waiting, closing bool
}

// converse serves a client that speaks HTTP, of which head was read already.
func (f *Front) converse(conn net.Conn, head []byte) {
	s := &session{stream: newStream(conn, head), front: f}
	if host, _, err := net.SplitHostPort(conn.RemoteAddr().String()); err == nil && !net.ParseIP(host).IsLoopback() {
		// The port of a container tells an app who asks from another machine; here only this field can.
		s.forwarded = host
	}
	defer conn.Close()
	defer context.AfterFunc(f.closing, s.finish)()
	defer context.AfterFunc(f.closed, func() { conn.Close() })()
	defer func() {
		if s.kept != nil && s.kept.wake() {
			s.kept.close()
		}
	}()
	for s.next() {
	}
}

// finish lets the session end with the request in flight.
func (s *session) finish() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.closing = true
	if s.waiting {
		_ = s.Conn.SetReadDeadline(time.Unix(1, 0))
	}
}

// await sets whether the session waits for the next request; it returns false when there is to be none.
func (s *session) await(waiting bool, within time.Duration) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.waiting = waiting
	if s.closing && waiting {
		return false
	}
	var deadline time.Time
	if within > 0 {
		deadline = time.Now().Add(within)
	}
	return s.Conn.SetReadDeadline(deadline) == nil
}

// next serves one request. It returns false after the last one.
func (s *session) next() bool {
	if s.ahead() == 0 {
		if !s.await(true, idleWithin) {
			return false
		}
		if _, err := s.in.Peek(1); err != nil {
			return false
		}
	}
	if !s.await(false, headerWithin) {
		return false
	}
	head, whole, err := s.readHead(s.asked, mayBeRequest)
	s.asked = head
	_ = s.await(false, 0)
	if err != nil && !timedOut(err) && !isEOF(err) || len(head) == 0 {
		return false
	}
	if whole {
		if req, ok := parseRequest(head); ok {
			return s.serve(&req)
		}
	}
	// The app is to judge what this is, or why it comes to no end.
	s.passThrough(head)
	return false
}

// mayBeRequest reports whether a request may begin so: with a method, perhaps after an empty line.
func mayBeRequest(head []byte) bool {
	line := bytes.TrimPrefix(head, []byte("\r\n"))
	method, _, spaced := bytes.Cut(line, []byte{' '})
	const longest = 256
	return isToken(method) && len(method) <= longest || !spaced && len(method) == 0 || bytes.Equal(line, []byte{'\r'})
}

// passThrough passes the connection on as a whole.
func (s *session) passThrough(head []byte) {
	s.front.splice(s.Conn, append(bytes.Clone(head), s.rest().head...), nil, nil)
}

// serve serves one request, and returns whether the connection is there for more.
func (s *session) serve(req *requestHead) bool {
	way := &flight{front: s.front, until: time.Now().Add(s.front.patience(req))}
	defer way.leave()
	s.front.requests.begin()
	keep, through := s.ask(req, way)
	// What goes on without an end is nothing that closing waits for.
	s.front.requests.done()
	if through != nil {
		through()
	}
	return keep
}

// ask sends a request to the present backend, waits for one, or answers with the waiting page. Where the answer is
// one that HTTP tells no end of, through passes on what follows.
//
// What certainly was not processed, or does no harm twice, is sent once more when the backend changed or closed the
// connection: the client is not to notice.
func (s *session) ask(req *requestHead, way *flight) (keep bool, through func()) {
	for again := false; ; {
		l, kept, err := s.reach(way, req)
		if err != nil {
			s.refuse(req, err)
			return false, nil
		}
		got := s.exchange(req, l)
		switch {
		case got.through != nil:
			return false, got.through
		case got.begun:
			return got.keep && !s.ended, nil
		case s.lost:
			return false, nil
		case kept:
			// The app closes idle connections when it likes. That is no failure of what came just then.
		case !again && req.harmless():
			again = true
			way.leave()
		case l.of.gone.Err() != nil:
			// The front cuts what it had promised to end.
			return false, nil
		default:
			s.refuse(req, errNoAnswer)
			return false, nil
		}
	}
}

// errNoAnswer: the app took a request and closed the connection. errLeft: the client did not wait.
var (
	errNoAnswer = errors.New("the app closed the connection without an answer")
	errLeft     = errors.New("the client has left")
)

// reach finds a connection for a request: the one that its client has to the present backend already, or a new one.
// What may not be sent twice never goes over one that the app may just be closing.
func (s *session) reach(way *flight, req *requestHead) (l *link, kept bool, err error) {
	var waiting *vigil
	defer func() {
		if ended := waiting.end(s); ended != nil {
			if l != nil {
				l.close()
			}
			l, err = nil, ended
		}
	}()
	patiently := func() context.Context {
		if waiting == nil {
			waiting = s.watchOver()
		}
		return waiting.ctx
	}
	if way.on == nil && !way.tryBoard() {
		if err := way.board(patiently()); err != nil {
			return nil, false, err
		}
	}
	if l := s.kept; l != nil {
		s.kept = nil
		switch {
		case !l.wake():
		case l.of == way.on && req.harmless():
			return l, true, nil
		default:
			l.close()
		}
	}
	for {
		if l, err := way.on.open(); err == nil {
			return l, false, nil
		}
		if err := way.reroute(patiently()); err != nil {
			return nil, false, err
		}
	}
}

// patience is how long a request waits for a backend. A person sees a page soon; a program waits.
func (f *Front) patience(r *requestHead) time.Duration {
	switch {
	case !r.wantsPage():
		return f.wait
	case f.served():
		return min(pageAfter, f.wait)
	}
	return 0
}

// stamp names the build in the head of an answer.
func stamp(head []byte, b *backend) []byte {
	return insert(head, BuildHeader, ": ", strconv.FormatInt(b.build.Load(), 10))
}
