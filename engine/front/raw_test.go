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

// shout greets first, as SMTP and MySQL do, and then echoes.
func shout(name string) func(net.Conn) {
	return func(conn net.Conn) {
		fmt.Fprintf(conn, "220 %s\n", name)
		_, _ = io.Copy(conn, conn)
	}
}

// answerer waits for the client, as redis does.
func answerer(name string) func(net.Conn) {
	return func(conn net.Conn) {
		for lines := bufio.NewScanner(conn); lines.Scan(); {
			fmt.Fprintf(conn, "%s %s\n", name, lines.Text())
		}
		// The client still reads this after it has finished.
		fmt.Fprintf(conn, "%s bye\n", name)
	}
}

func expect(t *testing.T, in *bufio.Reader, want string) {
	t.Helper()
	if line, err := in.ReadString('\n'); err != nil || line != want+"\n" {
		t.Fatalf("%q %v, want %q", line, err, want)
	}
}

func TestAServerThatSpeaksFirstIsHeard(t *testing.T) {
	f := open(t, 10*time.Second)
	f.Switch(raw(t, 1, shout("one")))
	conn := dial(t, f)
	in := bufio.NewReader(conn)
	expect(t, in, "220 one")
	fmt.Fprintln(conn, "HELO")
	expect(t, in, "HELO")
}

func TestARawConnectionStaysWhereItBegan(t *testing.T) {
	f := open(t, 10*time.Second)
	f.Switch(raw(t, 1, answerer("one")))
	conn := dial(t, f)
	in := bufio.NewReader(conn)
	fmt.Fprintln(conn, "SET a 1")
	expect(t, in, "one SET a 1")
	drain := f.Switch(raw(t, 2, answerer("two")))
	fmt.Fprintln(conn, "GET a")
	expect(t, in, "one GET a")
	if left := drain.Wait(within(t, 20*time.Millisecond)); left != 1 {
		t.Errorf("%d left on the old backend, want 1", left)
	}
	// The client has finished, and reads the rest.
	_ = conn.(*net.TCPConn).CloseWrite()
	expect(t, in, "one bye")
	if left := drain.Wait(within(t, patience)); left != 0 {
		t.Errorf("%d left on the old backend", left)
	}

	next := dial(t, f)
	fmt.Fprintln(next, "PING")
	expect(t, bufio.NewReader(next), "two PING")
}

func TestHTTP2AndTLSPassAsTheyAre(t *testing.T) {
	f := open(t, 10*time.Second)
	f.Switch(raw(t, 1, func(conn net.Conn) { _, _ = io.Copy(conn, conn) }))
	for _, hello := range []string{"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", "\x16\x03\x01\x02\x00\x01\n", "CONNECT a:1 HTTP/1.1\r\n\r\n", "PING", "HTTP-like but not \n"} {
		conn := dial(t, f)
		if _, err := io.WriteString(conn, hello); err != nil {
			t.Fatal(err)
		}
		got := make([]byte, len(hello))
		if _, err := io.ReadFull(conn, got); err != nil || string(got) != hello {
			t.Errorf("%q came back as %q, %v", hello, got, err)
		}
	}
}

// Browsers open connections in advance. They must not be bound to the backend of that time, and their silence must not
// be taken for a raw protocol.
func TestAConnectionOpenedInAdvanceIsServedByTheNewestBackend(t *testing.T) {
	f := open(t, 10*time.Second)
	f.Switch(app(t, 1, saying("old")))
	conn := dial(t, f)
	await(t, func() bool { return strings.Contains(stacks(), "(*Front).listenFirst(") })
	drain := f.Switch(app(t, 2, saying("new")))
	if left := drain.Wait(within(t, patience)); left != 0 {
		t.Errorf("a silent connection keeps the old backend from draining: %d", left)
	}
	fmt.Fprint(conn, "GET / HTTP/1.1\r\nHost: x\r\n\r\n")
	answer, err := http.ReadResponse(bufio.NewReader(conn), nil)
	if err != nil {
		t.Fatal(err)
	}
	wantBuild(t, answer, 2)
}

func TestARequestThatComesByteByByteIsStillHTTP(t *testing.T) {
	f := open(t, 10*time.Second)
	f.Switch(app(t, 1, saying("hello")))
	// A write to a pipe returns when it was read, so that no two pieces are read together.
	conn, near := net.Pipe()
	defer conn.Close()
	f.conns.Go(func() { f.greet(near) })
	for _, piece := range []string{"G", "ET", " /", " HTT", "P/1.1\r", "\nHost: x\r\n\r\n"} {
		if _, err := io.WriteString(conn, piece); err != nil {
			t.Fatal(err)
		}
	}
	answer, err := http.ReadResponse(bufio.NewReader(conn), nil)
	if err != nil {
		t.Fatal(err)
	}
	wantBuild(t, answer, 1)
}

func FuzzKindNeverChangesItsMind(f *testing.F) {
	for _, seed := range []string{"GET / HTTP/1.1\r\n", "PRI * HTTP/2.0\r\n", "CONNECT a HTTP/1.1\n", "\x16\x03", " ", "EHLO x\n"} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, head []byte) {
		// Connections are judged by the bytes that happen to have arrived, so more bytes must not change the verdict.
		decided := unclear
		for i := range head {
			now := kind(head[:i+1])
			if decided != unclear && now != decided {
				t.Fatalf("%q: %v after %d bytes, %v before", head, now, i+1, decided)
			}
			decided = now
		}
	})
}
