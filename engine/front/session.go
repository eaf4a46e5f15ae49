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

// BuildHeader is the response header with the number of the build that answered.
const BuildHeader = "X-Stagewatch-Build"

// session is a client's connection that speaks HTTP. Each request goes to the backend that is present when it comes. A
// head is read only to find where its message ends and whether the connection stays open; what servers may read
// differently is passed through, with the rest of the connection (see [Front.splice]).
type session struct {
	*stream
	front *Front
	// kept is the connection to a backend that the last request left open.
	kept *link
	// asked is the buffer for the heads of requests, reply that for the heads of answers.
	asked, reply []byte
	// ended says that the client sends no more, lost that it has gone.
	ended, lost bool
	// forwarded is the field that names the client to the app, empty for a client on this machine.
	forwarded string

	mu sync.Mutex
	// waiting says that the session is between two requests, closing that there must be no further one.
	waiting, closing bool
}

// converse serves a client that speaks HTTP and whose first bytes, head, were read.
func (f *Front) converse(conn net.Conn, head []byte) {
	s := &session{stream: newStream(conn, head), front: f}
	if host, _, err := net.SplitHostPort(conn.RemoteAddr().String()); err == nil && !net.ParseIP(host).IsLoopback() {
		// An app sees the address of a client on another machine through a container's own port. Here only this field
		// has it.
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

// finish ends the session after the request in flight.
func (s *session) finish() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.closing = true
	if s.waiting {
		_ = s.Conn.SetReadDeadline(time.Unix(1, 0))
	}
}

// await sets whether the session waits for the next request. It returns false if there must be none.
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
	// The app decides what this is, or why it does not end.
	s.passThrough(head)
	return false
}

// mayBeRequest reports whether head may be the beginning of a request: a method, perhaps after an empty line.
func mayBeRequest(head []byte) bool {
	line := bytes.TrimPrefix(head, []byte("\r\n"))
	method, _, spaced := bytes.Cut(line, []byte{' '})
	const longest = 256
	return isToken(method) && len(method) <= longest || !spaced && len(method) == 0 || bytes.Equal(line, []byte{'\r'})
}

// passThrough passes the rest of the connection on as plain TCP.
func (s *session) passThrough(head []byte) {
	s.front.splice(s.Conn, append(bytes.Clone(head), s.rest().head...), nil, nil)
}

// serve serves one request, and reports whether the connection can take another.
func (s *session) serve(req *requestHead) bool {
	if s.front.reload {
		if keep, own := s.answerOwn(req); own {
			return keep
		}
		req.asDocument()
	}
	way := &route{front: s.front, until: time.Now().Add(s.front.patience(req))}
	defer way.leave()
	s.front.requests.begin()
	keep, through := s.ask(req, way)
	// Closing does not wait for what has no end of its own.
	s.front.requests.done()
	if through != nil {
		through()
	}
	return keep
}

// ask sends a request to the present backend, waits for one, or answers with the waiting page. If HTTP does not know
// the answer's end, through passes on what follows.
//
// A request that certainly was not processed, or that may be sent twice, is sent once more if the backend changed or
// closed the connection, so that the client does not notice.
func (s *session) ask(req *requestHead, way *route) (keep bool, through func()) {
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
			// Apps close idle connections when they like. The request that came just then must not fail.
		case !again && req.harmless():
			again = true
			way.leave()
		case l.of.gone.Err() != nil:
			// The front has cut the connection, as it does to end what is in flight.
			return false, nil
		default:
			s.refuse(req, errNoAnswer)
			return false, nil
		}
	}
}

// errNoAnswer says that the app accepted a request and closed the connection, errLeft that the client did not wait.
var (
	errNoAnswer = errors.New("the app closed the connection without an answer")
	errLeft     = errors.New("the client has left")
)

// reach finds a connection for a request: the one that the client's last request left open to the present backend, or a
// new one. A request that may not be sent twice never uses one that the app may be closing just now.
func (s *session) reach(way *route, req *requestHead) (l *link, kept bool, err error) {
	var waiting *clientWatch
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
			waiting = s.watchClient()
		}
		return waiting.ctx
	}
	if way.on == nil && !way.tryAcquire() {
		if err := way.acquire(patiently()); err != nil {
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

// patience returns how long a request waits for a backend. A person sees the waiting page soon; a program waits.
func (f *Front) patience(r *requestHead) time.Duration {
	switch {
	case !r.wantsPage():
		return f.wait
	case f.served():
		return min(pageAfter, f.wait)
	}
	return 0
}

// stamp adds the number of the build to the head of an answer.
func stamp(head []byte, b *backend) []byte {
	return insert(head, BuildHeader, ": ", strconv.FormatInt(b.build.Load(), 10))
}
