package engine

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stagewatch/stagewatch/engine/front"
)

// load asks for a page at a constant rate, whether or not what was asked before has been answered: half of
// it over connections that are kept, half over new ones, every tenth time with a method that may not be sent
// twice. It has no second try: whatever a client could notice counts as a failure, also an answer by an older
// build than one that had answered before the request was made.
type load struct {
	addr string
	// idle are the connections that are kept.
	idle chan net.Conn
	stop context.CancelFunc
	done sync.WaitGroup

	mu       sync.Mutex
	requests int
	failures []string
	slowest  time.Duration
	// newest is the newest build that has answered.
	newest int
}

// loadWithin is how long a request may take.
const loadWithin = 30 * time.Second

// startLoad begins at once; the test's end ends it. There are 200 requests a second in a soak, and 50 where a slow
// machine has other tests to run as well.
func startLoad(t testing.TB, url string) *load {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	l := &load{addr: strings.TrimPrefix(url, "http://"), idle: make(chan net.Conn, 1000), stop: cancel}
	every := time.Second / 50
	if soakFor() > 0 {
		every = time.Second / 200
	}
	l.done.Go(func() {
		tick := time.NewTicker(every)
		defer tick.Stop()
		for n := 0; ctx.Err() == nil; n++ {
			l.done.Go(func() { l.request(n%2 == 0, n%10 < 2) })
			<-tick.C
		}
	})
	t.Cleanup(func() { l.end() })
	return l
}

// end waits for the last answer and returns how many requests were made, and what became of those that failed.
func (l *load) end() (requests int, failures []string) {
	l.stop()
	l.done.Wait()
	close(l.idle)
	for conn := range l.idle {
		conn.Close()
	}
	l.idle = make(chan net.Conn)
	return l.requests, l.failures
}

func (l *load) request(keep, post bool) {
	l.mu.Lock()
	l.requests++
	newest := l.newest
	l.mu.Unlock()
	began := time.Now()
	build, err := l.ask(keep, post)
	took := time.Since(began)
	l.mu.Lock()
	defer l.mu.Unlock()
	l.slowest = max(l.slowest, took)
	l.newest = max(l.newest, build)
	if err == nil && build < newest {
		err = fmt.Errorf("build %d answered after build %d had", build, newest)
	}
	if err != nil {
		l.failures = append(l.failures, fmt.Sprintf("after %s, kept %v, post %v: %v", took.Round(time.Millisecond), keep, post, err))
	}
}

// ask makes one request and returns the build that answered it.
func (l *load) ask(keep, post bool) (int, error) {
	conn, err := l.connection(keep)
	if err != nil {
		return 0, err
	}
	kept := false
	defer func() {
		if !kept {
			conn.Close()
		}
	}()
	method := http.MethodGet
	if post {
		method = http.MethodPost
	}
	req, err := http.NewRequest(method, "http://"+l.addr+"/", nil)
	if err != nil {
		return 0, err
	}
	req.Close = !keep
	if err := req.Write(conn); err != nil {
		return 0, err
	}
	res, err := http.ReadResponse(bufio.NewReader(conn), req)
	if err != nil {
		return 0, err
	}
	if _, err := io.Copy(io.Discard, res.Body); err != nil {
		return 0, err
	}
	if res.StatusCode != http.StatusOK {
		return 0, fmt.Errorf("status %s", res.Status)
	}
	if keep && !res.Close {
		select {
		case l.idle <- conn:
			kept = true
		default:
		}
	}
	return strconv.Atoi(res.Header.Get(front.BuildHeader))
}

// connection is one that was kept, where there is one and it is wanted, or a new one.
func (l *load) connection(keep bool) (net.Conn, error) {
	if keep {
		select {
		case conn := <-l.idle:
			return conn, conn.SetDeadline(time.Now().Add(loadWithin))
		default:
		}
	}
	conn, err := net.DialTimeout("tcp", l.addr, loadWithin)
	if err != nil {
		return nil, err
	}
	return conn, conn.SetDeadline(time.Now().Add(loadWithin))
}
