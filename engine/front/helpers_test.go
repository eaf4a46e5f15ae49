package front

import (
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"runtime"
	"strconv"
	"strings"
	"testing"
	"time"
)

// open returns a front on a port of its own, whose requests wait that long for a backend. It closes with the test.
func open(t testing.TB, wait time.Duration) *Front {
	t.Helper()
	return opened(t, wait, false)
}

// opened is open, with pages that follow what serves where reload is set.
func opened(t testing.TB, wait time.Duration, reload bool) *Front {
	t.Helper()
	f, err := listen("127.0.0.1:0", wait, reload)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.Background(), time.Second)
		defer cancel()
		_ = f.Close(ctx)
	})
	return f
}

// app returns an HTTP backend for the build. It stops with the test.
func app(t testing.TB, build int, handler http.HandlerFunc) Backend {
	t.Helper()
	server := httptest.NewServer(handler)
	t.Cleanup(server.Close)
	return Backend{Addr: server.Listener.Addr().String(), Build: build}
}

// saying returns a handler that answers with the text.
func saying(text string) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, text) }
}

// raw returns a TCP backend whose connections are served by talk.
func raw(t testing.TB, build int, talk func(net.Conn)) Backend {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { listener.Close() })
	go func() {
		for {
			conn, err := listener.Accept()
			if err != nil {
				return
			}
			go func() {
				defer conn.Close()
				talk(conn)
			}()
		}
	}()
	return Backend{Addr: listener.Addr().String(), Build: build}
}

// url returns an address on the front.
func url(f *Front, path string) string { return "http://" + f.Addr().String() + path }

// client returns an HTTP client with connections of its own.
func client(t testing.TB) *http.Client {
	t.Helper()
	transport := &http.Transport{}
	t.Cleanup(transport.CloseIdleConnections)
	return &http.Client{Transport: transport, Timeout: patience}
}

// ask sends a request and reads the whole answer.
func ask(t testing.TB, c *http.Client, r *http.Request) (*http.Response, string) {
	t.Helper()
	answer, err := c.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer answer.Body.Close()
	body, err := io.ReadAll(answer.Body)
	if err != nil {
		t.Fatal(err)
	}
	return answer, string(body)
}

// reply returns an answer as one line: status, build and body, or the error.
func reply(c *http.Client, r *http.Request) string {
	answer, err := c.Do(r)
	if err != nil {
		return err.Error()
	}
	defer answer.Body.Close()
	body, err := io.ReadAll(answer.Body)
	if err != nil {
		return err.Error()
	}
	return strings.TrimSpace(fmt.Sprintf("%d %s %s", answer.StatusCode, answer.Header.Get(BuildHeader), body))
}

// later sends a request in the background, and returns once count requests wait for a backend.
func later(t testing.TB, f *Front, count int, method string, body io.Reader) <-chan string {
	t.Helper()
	c, r := client(t), request(t, f, method, "/", body)
	got := make(chan string, 1)
	go func() { got <- reply(c, r) }()
	await(t, func() bool { return strings.Count(stacks(), "(*route).acquire(") >= count })
	return got
}

// patience is how long something may take on a machine that has much else to do.
const patience = time.Minute

// await polls for what has no channel to wait for.
func await(t testing.TB, met func() bool) {
	t.Helper()
	for deadline := time.Now().Add(patience); !met(); time.Sleep(time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatalf("it did not come to that within %s", patience)
		}
	}
}

// get sends a GET for a path.
func get(t testing.TB, f *Front, path string) (*http.Response, string) {
	t.Helper()
	return ask(t, client(t), request(t, f, http.MethodGet, path, nil))
}

func request(t testing.TB, f *Front, method, path string, body io.Reader) *http.Request {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), method, url(f, path), body)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// dial opens a bare connection to the front, on which nothing takes longer than patience.
func dial(t testing.TB, f *Front) net.Conn {
	t.Helper()
	conn, err := net.Dial("tcp", f.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { conn.Close() })
	_ = conn.SetDeadline(time.Now().Add(patience))
	return conn
}

// wantBuild fails the test unless the answer came from the build.
func wantBuild(t testing.TB, answer *http.Response, build int) {
	t.Helper()
	if got := answer.Header.Get(BuildHeader); got != strconv.Itoa(build) {
		t.Errorf("%s: %q, want %d", BuildHeader, got, build)
	}
}

// within bounds a wait in a test.
func within(t testing.TB, d time.Duration) context.Context {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), d)
	t.Cleanup(cancel)
	return ctx
}

// stacks returns the stacks of all goroutines.
func stacks() string {
	buffer := make([]byte, 4<<20)
	return string(buffer[:runtime.Stack(buffer, true)])
}

// goroutines counts the goroutines that run code of this package and don't belong to a test.
func goroutines() int {
	count := 0
	for stack := range strings.SplitSeq(stacks(), "\n\n") {
		if strings.Contains(stack, "/engine/front/") && !strings.Contains(stack, "_test.go") {
			count++
		}
	}
	return count
}
