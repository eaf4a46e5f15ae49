package front

import (
	"bufio"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"testing"
	"time"
)

// A client that gives up while it waits for a backend must not have its request carried out later. A client that only
// says that it sends no more keeps waiting.
func TestWhoLeavesWhileWaitingIsNotServedLater(t *testing.T) {
	f := open(t, 10*time.Second)
	heard := make(chan string, 10)
	send := func(path string) *net.TCPConn {
		conn := dial(t, f)
		fmt.Fprintf(conn, "POST %s HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\n\r\nhi", path)
		return conn.(*net.TCPConn)
	}
	left := send("/left")
	half := send("/half")
	_ = half.CloseWrite()
	await(t, func() bool { return strings.Count(stacks(), "(*route).acquire(") == 2 })
	time.Sleep(2 * halfClose)
	left.Close()
	await(t, func() bool { return strings.Count(stacks(), "(*route).acquire(") == 1 })
	f.Switch(app(t, 1, func(w http.ResponseWriter, r *http.Request) { heard <- r.URL.Path; _, _ = io.WriteString(w, "served") }))
	if answer, err := io.ReadAll(half); err != nil || !strings.HasSuffix(string(answer), "served") {
		t.Errorf("who closed half was answered %q, %v", answer, err)
	}
	get(t, f, "/after")
	if one, two := <-heard, <-heard; one != "/half" || two != "/after" {
		t.Errorf("the app heard %s and %s", one, two)
	}
}

// A connection without an end of its own lives as long as something is said on it. Then it is cut, so that its client
// reconnects to the new backend.
func TestAfterASwitchAConnectionWithoutAnEndIsCutOnceItIsQuiet(t *testing.T) {
	events := func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "text/event-stream")
		_ = http.NewResponseController(w).Flush()
		for i := 0; ; i++ {
			if _, err := fmt.Fprintf(w, "data: %d\n\n", i); err != nil || http.NewResponseController(w).Flush() != nil {
				return
			}
			if i >= 40 {
				<-r.Context().Done()
				return
			}
			time.Sleep(100 * time.Millisecond)
		}
	}
	pings := func(conn net.Conn) {
		if _, err := http.ReadRequest(bufio.NewReader(conn)); err != nil {
			return
		}
		fmt.Fprint(conn, "HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: x\r\n\r\n")
		for i := range 41 {
			fmt.Fprintf(conn, "%d\n", i)
			time.Sleep(100 * time.Millisecond)
		}
		_, _ = io.Copy(io.Discard, conn)
	}
	for name, c := range map[string]struct {
		backend Backend
		ask     string
	}{
		"events":  {app(t, 1, events), "GET / HTTP/1.1\r\nHost: x\r\n\r\n"},
		"upgrade": {raw(t, 1, pings), "GET / HTTP/1.1\r\nHost: x\r\nUpgrade: x\r\nConnection: Upgrade\r\n\r\n"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			f := open(t, 10*time.Second)
			f.quiet = 3 * time.Second
			c.backend.HTTP = true
			f.Switch(c.backend)
			conn := dial(t, f)
			fmt.Fprint(conn, c.ask)
			in := bufio.NewReader(conn)
			if _, err := in.ReadString('\n'); err != nil {
				t.Fatal(err)
			}
			drain := f.Switch(app(t, 2, saying("new")))
			// It talks for longer than it may be silent.
			said, _ := io.ReadAll(in)
			if !strings.Contains(string(said), "40\n") {
				t.Errorf("it was cut after %q", said)
			}
			if left := drain.Wait(within(t, patience)); left != 0 {
				t.Errorf("%d left on the old backend", left)
			}
		})
	}
}

// A build that changed nothing is served by the container that is there: no connection is drained.
func TestASwitchToTheSameKeepsItsConnections(t *testing.T) {
	f := open(t, 10*time.Second)
	f.quiet = time.Millisecond
	b := raw(t, 1, answerer("one"))
	b.Same = "a container"
	f.Switch(b)
	conn := dial(t, f)
	in := bufio.NewReader(conn)
	fmt.Fprintln(conn, "a")
	expect(t, in, "one a")
	b.Build = 2
	f.Switch(b)
	time.Sleep(20 * time.Millisecond)
	fmt.Fprintln(conn, "b")
	expect(t, in, "one b")
	if build := f.current.build.Load(); build != 2 {
		t.Errorf("build %d serves", build)
	}
}
