package front

import (
	"context"
	"errors"
	"net"
	"net/http"
	"net/http/httputil"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"
)

// BuildHeader is the response header that names the build that answered.
const BuildHeader = "X-Stagewatch-Build"

// flight is one request under way, on the backend that it is counted on.
type flight struct {
	front *Front
	on    *backend
	// until is when the waiting for a backend ends.
	until time.Time
}

type flightKey struct{}

func flightOf(r *http.Request) *flight {
	f, _ := r.Context().Value(flightKey{}).(*flight)
	return f
}

// ServeHTTP sends a request to the present backend, waits for one, or answers with the waiting page.
func (f *Front) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	way := &flight{front: f, until: time.Now().Add(f.patience(r))}
	if err := way.board(r.Context()); err != nil {
		f.answerWaiting(w, r, err)
		return
	}
	defer way.leave()
	// Some apps answer while they still read. Where it is not to be had, they answer after.
	_ = http.NewResponseController(w).EnableFullDuplex()
	if r.Header.Get("Expect") != "" {
		w = oneContinue{w}
	}
	ctx := context.WithValue(r.Context(), flightKey{}, way)
	f.proxy.ServeHTTP(w, r.WithContext(ctx))
}

// oneContinue drops the app's "100 Continue". The server sends one by itself when the body is first read, and the
// body is read when the app has asked for it: passed on as well, it would now and then come twice.
type oneContinue struct{ http.ResponseWriter }

func (w oneContinue) WriteHeader(code int) {
	if code != http.StatusContinue {
		w.ResponseWriter.WriteHeader(code)
	}
}

// Unwrap gives the server's own way to flush and to hijack.
func (w oneContinue) Unwrap() http.ResponseWriter { return w.ResponseWriter }

// patience is how long a request waits for a backend. A person sees a page soon; a program waits.
func (f *Front) patience(r *http.Request) time.Duration {
	switch {
	case !wantsPage(r):
		return f.wait
	case f.served():
		return min(pageAfter, f.wait)
	}
	return 0
}

// errNoBackend: no backend came in time.
var errNoBackend = errors.New("no build of the app serves yet")

// board counts the request on the present backend, or waits for one.
func (l *flight) board(ctx context.Context) error {
	b, _ := l.front.tryLease()
	if b == nil {
		waiting, cancel := context.WithDeadline(ctx, l.until)
		defer cancel()
		var err error
		if b, err = l.front.lease(waiting); err != nil {
			if ctx.Err() == nil && errors.Is(err, context.DeadlineExceeded) {
				return errNoBackend
			}
			return err
		}
	}
	l.on = b
	return nil
}

func (l *flight) leave() {
	if l.on != nil {
		l.on.done()
		l.on = nil
	}
}

// rewrite makes the request to the backend as much as possible like the one that came.
func rewrite(p *httputil.ProxyRequest) {
	p.Out.URL.Scheme = "http"
	// The library drops what it cannot parse, and what proxies before us said: both are the app's to judge.
	p.Out.URL.RawQuery = p.In.URL.RawQuery
	// Filled in at the end of the body, after the library has made its copy.
	p.Out.Trailer = p.In.Trailer
	for _, name := range []string{"Forwarded", "X-Forwarded-Host", "X-Forwarded-Proto"} {
		if values, ok := p.In.Header[name]; ok {
			p.Out.Header[name] = values
		}
	}
	if client, _, err := net.SplitHostPort(p.In.RemoteAddr); err == nil {
		hops := slices.Concat(p.In.Header["X-Forwarded-For"], []string{client})
		p.Out.Header.Set("X-Forwarded-For", strings.Join(hops, ", "))
	}
}

// stampBuild names the build in a response.
func stampBuild(answer *http.Response) error {
	if way := flightOf(answer.Request); way != nil && way.on != nil {
		way.on.spokeHTTP.Store(true)
		answer.Header.Set(BuildHeader, strconv.Itoa(way.on.Build))
	}
	return nil
}

// buffers lends out the memory that bodies are copied with.
type buffers struct{ pool sync.Pool }

func newBuffers() *buffers {
	return &buffers{sync.Pool{New: func() any { return new([32 << 10]byte) }}}
}

func (b *buffers) Get() []byte { return b.pool.Get().(*[32 << 10]byte)[:] }

func (b *buffers) Put(buffer []byte) { b.pool.Put((*[32 << 10]byte)(buffer)) }
