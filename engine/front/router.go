package front

import (
	"context"
	"errors"
	"io"
	"net/http"
	"net/http/httptrace"
	"sync/atomic"
	"time"
)

// redialEvery is the time between two attempts to reach a backend that does not accept.
const redialEvery = 25 * time.Millisecond

// router sends each request to the backend that it is counted on. What certainly was not processed, or does no
// harm twice, is sent once more when the backend changed or closed the connection: the client is not to notice.
type router struct{ front *Front }

// RoundTrip sends a request that ServeHTTP has put on a backend.
func (t router) RoundTrip(req *http.Request) (*http.Response, error) {
	way := flightOf(req)
	if way == nil {
		return nil, errNoBackend
	}
	var body *replay
	if req.Body != nil && req.Body != http.NoBody {
		body = &replay{source: req.Body}
	}
	for again := false; ; {
		answer, err := t.send(req, way.on, body)
		if err == nil {
			return answer, nil
		}
		if req.Context().Err() != nil || body != nil && body.spent() {
			return nil, err
		}
		var unsent dialError
		switch {
		case errors.As(err, &unsent):
			// Nothing was sent: it may be tried as often as there is time for.
			if err := way.reroute(req.Context()); err != nil {
				return nil, errors.Join(unsent, err)
			}
		case !again && harmless(req):
			again = true
			if err := way.move(req.Context()); err != nil {
				return nil, err
			}
		default:
			return nil, err
		}
	}
}

// send tries one backend once.
func (t router) send(req *http.Request, b *backend, body *replay) (*http.Response, error) {
	ctx, cancel := context.WithCancel(req.Context())
	stop := context.AfterFunc(b.gone, cancel)
	transport := b.pooled
	var sent atomic.Bool
	if !harmless(req) {
		transport = b.fresh
		// Whether it got as far as a connection decides whether it may be sent to another backend.
		ctx = httptrace.WithClientTrace(ctx, &httptrace.ClientTrace{GotConn: func(httptrace.GotConnInfo) { sent.Store(true) }})
	}
	out := req.WithContext(ctx)
	url := *req.URL
	url.Host = b.Addr
	out.URL = &url
	if body != nil {
		out.Body = body.attempt()
		out.GetBody = func() (io.ReadCloser, error) {
			if body.spent() {
				return nil, errSpent
			}
			return body.attempt(), nil
		}
	}
	answer, err := transport.RoundTrip(out)
	if err != nil {
		stop()
		cancel()
		if transport == b.fresh && !sent.Load() && req.Context().Err() == nil {
			err = dialError{err}
		}
		return nil, err
	}
	if conn, ok := answer.Body.(upgraded); ok {
		// The transport has let go of it: the context ends it no more.
		stop()
		answer.Body = &freeingConn{conn, cancel, context.AfterFunc(b.gone, func() { conn.Close() })}
	} else {
		answer.Body = &freeing{answer.Body, func() { stop(); cancel() }}
	}
	// The proxy looks up the request by its answer.
	answer.Request = req
	return answer, nil
}

// harmless tells whether a request may be sent twice.
func harmless(r *http.Request) bool {
	switch r.Method {
	case http.MethodGet, http.MethodHead, http.MethodOptions, http.MethodTrace, http.MethodPut, http.MethodDelete:
		return r.Header.Get("Upgrade") == ""
	}
	return false
}

// move counts the request on the backend of this moment.
func (l *flight) move(ctx context.Context) error {
	l.leave()
	return l.board(ctx)
}

// reroute finds a backend after one that could not be reached: another one if there is, else the same after a
// short while, until the time for waiting is over.
func (l *flight) reroute(ctx context.Context) error {
	dead := l.on
	l.leave()
	if now, changed := l.front.present(); now == dead {
		timer := time.NewTimer(redialEvery)
		defer timer.Stop()
		select {
		case <-timer.C:
		case <-changed:
		case <-ctx.Done():
			return ctx.Err()
		case <-l.front.closing.Done():
			return errClosed
		}
		if !time.Now().Before(l.until) {
			return errNoBackend
		}
	}
	return l.board(ctx)
}

// freeing is an answer's body that frees what its request held.
type freeing struct {
	io.ReadCloser
	freed func()
}

func (f *freeing) Close() error {
	defer f.freed()
	return f.ReadCloser.Close()
}

// upgraded is the body of an answer that switches protocols: the connection itself.
type upgraded interface {
	io.ReadWriteCloser
	CloseWrite() error
}

// freeingConn is freeing for an upgraded connection.
type freeingConn struct {
	upgraded
	cancel context.CancelFunc
	stop   func() bool
}

func (f *freeingConn) Close() error {
	f.stop()
	defer f.cancel()
	return f.upgraded.Close()
}
