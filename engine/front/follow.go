package front

import (
	"bytes"
	"fmt"
	"net/http"
	"sync"
	"time"

	"github.com/stagewatch/stagewatch/engine/reload"
)

// followers are the pages that follow what serves: what they are told, and how they learn of it.
type followers struct {
	mu    sync.Mutex
	state reload.State
	// changed is closed and replaced whenever there is something to tell.
	changed chan struct{}
}

// serves records that something else serves, and returns its number.
func (w *followers) serves() int64 {
	w.mu.Lock()
	defer w.mu.Unlock()
	// A page may have been left open in an earlier session, on the same port.
	w.state.Serving = max(w.state.Serving+1, time.Now().UnixMilli())
	w.wake()
	return w.state.Serving
}

func (w *followers) fails(f *reload.Failure) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if f != nil || w.state.Failure != nil {
		w.state.Failure = f
		w.wake()
	}
}

// wake tells all pages. The caller holds the lock.
func (w *followers) wake() {
	close(w.changed)
	w.changed = make(chan struct{})
}

// now returns what pages are told, and a channel that is closed once that has changed.
func (w *followers) now() (reload.State, <-chan struct{}) {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.state, w.changed
}

// SetFailure sets what is shown over pages that follow: why the newest source does not serve. Nil is nothing.
func (f *Front) SetFailure(s *Status) {
	if s == nil {
		f.followers.fails(nil)
		return
	}
	f.followers.fails(&reload.Failure{Title: s.Title, Detail: s.Detail, Excerpt: s.Excerpt})
}

// answerOwn answers what the script in pages asks for, and the script itself: no app sees these requests, and nothing
// waits for their end. It reports false for any other request.
func (s *session) answerOwn(req *requestHead) (keep, own bool) {
	if req.method != http.MethodGet && req.method != http.MethodHead || req.size != 0 || req.upgrade {
		return false, false
	}
	switch path(req.head) {
	case reload.ScriptPath:
		keep = req.keep && !s.ended
		s.sendScript(req, keep)
		return keep, true
	case reload.EventsPath:
		s.sendEvents(req)
		return false, true
	}
	return false, false
}

// path returns the path that the head of a request asks for.
func path(head []byte) string {
	line, _, _ := bytes.Cut(bytes.TrimPrefix(head, []byte("\r\n")), []byte("\r\n"))
	_, rest, _ := bytes.Cut(line, []byte{' '})
	target, _, _ := bytes.Cut(rest, []byte{' '})
	before, _, _ := bytes.Cut(target, []byte{'?'})
	return string(before)
}

const ownFields = "Cache-Control: no-store\r\nX-Content-Type-Options: nosniff\r\n"

func (s *session) sendScript(req *requestHead, keep bool) {
	body := reload.Script
	if req.method == http.MethodHead {
		body = ""
	}
	connection := ""
	if !keep {
		connection = "Connection: close\r\n"
	}
	_, _ = fmt.Fprintf(s.Conn, "HTTP/1.1 200 OK\r\n%sContent-Type: text/javascript; charset=utf-8\r\nContent-Length: %d\r\n%s\r\n%s", ownFields, len(reload.Script), connection, body)
	if !keep {
		_ = s.CloseWrite()
		s.discard()
	}
}

// againAfter is how soon a browser comes back after its connection for events ended, as with a session.
const againAfter = time.Second

// sendEvents tells a page what serves, until the page leaves or the front closes.
func (s *session) sendEvents(req *requestHead) {
	left := make(chan struct{})
	go func() {
		defer close(left)
		_ = s.more()
	}()
	defer s.interrupt(left)
	_, _ = fmt.Fprintf(s.Conn, "HTTP/1.1 200 OK\r\n%sContent-Type: text/event-stream\r\nConnection: close\r\n\r\n", ownFields)
	if req.method == http.MethodHead {
		return
	}
	_, _ = fmt.Fprintf(s.Conn, "retry: %d\n\n", againAfter.Milliseconds())
	for {
		state, changed := s.front.followers.now()
		if state.Failure != nil && !local(req.host) {
			state.Failure = &reload.Failure{Title: state.Failure.Title, Detail: elsewhere}
		}
		if _, err := s.Conn.Write(state.Event()); err != nil {
			return
		}
		select {
		case <-changed:
		case <-left:
			return
		case <-s.front.closing.Done():
			return
		}
	}
}
