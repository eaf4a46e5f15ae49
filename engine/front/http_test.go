package front

import (
	"bufio"
	"bytes"
	"crypto/rand"
	"crypto/sha256"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"testing"
	"time"
)

func mustListen(t testing.TB) net.Listener {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { listener.Close() })
	return listener
}

func TestTheAppSeesTheRequestAsItWas(t *testing.T) {
	f := open(t, 10*time.Second)
	f.Switch(app(t, 7, func(w http.ResponseWriter, r *http.Request) {
		fmt.Fprintf(w, "%s %s|%s|%s|%s|%q", r.Method, r.RequestURI, r.Host, r.Header.Get("X-Forwarded-For"), r.Header.Get("X-Forwarded-Proto"), r.Header["Accept-Encoding"])
	}))
	r := request(t, f, http.MethodPatch, "/a%2Fb//c?x=1;y&%zz", nil)
	r.Host = "shop.example:81"
	r.Header.Set("X-Forwarded-For", "10.0.0.1")
	r.Header.Set("X-Forwarded-Proto", "https")
	r.Header.Set("Accept-Encoding", "br")
	answer, body := ask(t, client(t), r)
	wantBuild(t, answer, 7)
	if want := `PATCH /a%2Fb//c?x=1;y&%zz|shop.example:81|10.0.0.1|https|["br"]`; body != want {
		t.Errorf("the app saw\n%s, want\n%s", body, want)
	}
}

func TestHeadTrailersAndStatusPass(t *testing.T) {
	f := open(t, 10*time.Second)
	f.Switch(app(t, 1, func(w http.ResponseWriter, r *http.Request) {
		_, _ = io.Copy(io.Discard, r.Body)
		w.Header().Set("Trailer", "Checksum")
		w.WriteHeader(http.StatusTeapot)
		_, _ = io.WriteString(w, "tea for "+r.Trailer.Get("Who"))
		w.Header().Set("Checksum", "42")
	}))
	r := request(t, f, http.MethodPost, "/", io.MultiReader(strings.NewReader("x")))
	r.Trailer = http.Header{"Who": {"two"}}
	answer, body := ask(t, client(t), r)
	if answer.StatusCode != http.StatusTeapot || body != "tea for two" || answer.Trailer.Get("Checksum") != "42" {
		t.Errorf("%s %q, trailer %v", answer.Status, body, answer.Trailer)
	}
	if answer, body := ask(t, client(t), request(t, f, http.MethodHead, "/", nil)); answer.StatusCode != http.StatusTeapot || body != "" {
		t.Errorf("HEAD: %s %q", answer.Status, body)
	}
}

func TestLargeBodiesPassUnchangedBothWays(t *testing.T) {
	f := open(t, 10*time.Second)
	f.Switch(app(t, 1, func(w http.ResponseWriter, r *http.Request) {
		// It answers while it reads, as an echo does.
		_ = http.NewResponseController(w).EnableFullDuplex()
		_, _ = io.Copy(w, r.Body)
	}))
	sent, got := sha256.New(), sha256.New()
	const size = 32 << 20
	answer, err := client(t).Do(request(t, f, http.MethodPut, "/", io.TeeReader(io.LimitReader(rand.Reader, size), sent)))
	if err != nil {
		t.Fatal(err)
	}
	defer answer.Body.Close()
	n, err := io.Copy(got, answer.Body)
	if err != nil || n != size || !bytes.Equal(sent.Sum(nil), got.Sum(nil)) {
		t.Errorf("%d of %d bytes came back, %v", n, size, err)
	}
}

func TestAStreamArrivesAsItIsWritten(t *testing.T) {
	f := open(t, 10*time.Second)
	next := make(chan string)
	f.Switch(app(t, 1, func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "text/event-stream")
		for event := range next {
			fmt.Fprintf(w, "data: %s\n\n", event)
			w.(http.Flusher).Flush()
		}
	}))
	go func() { next <- "one" }()
	stream, err := client(t).Get(url(f, "/"))
	if err != nil {
		t.Fatal(err)
	}
	defer stream.Body.Close()
	lines := bufio.NewScanner(stream.Body)
	for _, want := range []string{"one", "two", "three"} {
		// Each event is written only after the one before it was read, so nothing may be held back.
		if want != "one" {
			next <- want
		}
		if !lines.Scan() || lines.Text() != "data: "+want || !lines.Scan() {
			t.Fatalf("got %q, want event %s", lines.Text(), want)
		}
	}
	close(next)
}

func TestExpectContinueAsksTheApp(t *testing.T) {
	f := open(t, 10*time.Second)
	f.Switch(app(t, 1, func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/no" {
			http.Error(w, "too large", http.StatusRequestEntityTooLarge)
			return
		}
		_, _ = io.Copy(w, r.Body)
	}))
	conn := dial(t, f)
	in := bufio.NewReader(conn)
	fmt.Fprint(conn, "POST /yes HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\nExpect: 100-continue\r\n\r\n")
	if line, err := in.ReadString('\n'); err != nil || !strings.HasPrefix(line, "HTTP/1.1 100") {
		t.Fatalf("%q %v, want a 100", line, err)
	}
	_, _ = in.ReadString('\n')
	fmt.Fprint(conn, "hello")
	answer, err := http.ReadResponse(in, nil)
	if err != nil {
		t.Fatal(err)
	}
	if body, _ := io.ReadAll(answer.Body); string(body) != "hello" {
		t.Errorf("answered %s %q", answer.Status, body)
	}

	refused := dial(t, f)
	fmt.Fprint(refused, "POST /no HTTP/1.1\r\nHost: x\r\nContent-Length: 5000000\r\nExpect: 100-continue\r\n\r\n")
	if line, err := bufio.NewReader(refused).ReadString('\n'); err != nil || !strings.HasPrefix(line, "HTTP/1.1 413") {
		t.Errorf("%q %v, want a 413 and no 100", line, err)
	}
}

// TestAnUpgradedConnectionTalksBothWaysAndOutlivesASwitch upgrades as a WebSocket does.
func TestAnUpgradedConnectionTalksBothWaysAndOutlivesASwitch(t *testing.T) {
	f := open(t, 10*time.Second)
	f.Switch(app(t, 1, func(w http.ResponseWriter, r *http.Request) {
		conn, in, err := http.NewResponseController(w).Hijack()
		if err != nil {
			t.Error(err)
			return
		}
		defer conn.Close()
		fmt.Fprintf(conn, "HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: %s\r\n\r\n", r.Header.Get("Upgrade"))
		for {
			line, err := in.ReadString('\n')
			if err != nil {
				return
			}
			fmt.Fprint(conn, "echo "+line)
		}
	}))
	conn := dial(t, f)
	fmt.Fprint(conn, "GET /chat HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n")
	in := bufio.NewReader(conn)
	answer, err := http.ReadResponse(in, nil)
	if err != nil || answer.StatusCode != http.StatusSwitchingProtocols {
		t.Fatalf("%v %v", answer, err)
	}
	wantBuild(t, answer, 1)
	say := func(text string) {
		t.Helper()
		fmt.Fprintln(conn, text)
		if line, err := in.ReadString('\n'); err != nil || line != "echo "+text+"\n" {
			t.Fatalf("%q %v", line, err)
		}
	}
	say("one")
	drain := f.Switch(app(t, 2, saying("new")))
	say("two")
	if left := drain.Wait(within(t, 20*time.Millisecond)); left != 1 {
		t.Errorf("%d left on the old backend, want the upgraded connection", left)
	}
	drain.Cut()
	if line, err := in.ReadString('\n'); err == nil {
		t.Errorf("after the cut: %q", line)
	}
	if left := drain.Wait(within(t, patience)); left != 0 {
		t.Errorf("%d left after the cut", left)
	}
}

// App servers close idle connections whenever they like. The next request must not fail because of it.
func TestAnIdleConnectionThatTheAppClosedFailsNoRequest(t *testing.T) {
	f := open(t, 10*time.Second)
	f.Switch(raw(t, 1, func(conn net.Conn) {
		// The answer promises to keep the connection, and then the app closes it.
		r, err := http.ReadRequest(bufio.NewReader(conn))
		if err != nil {
			return
		}
		body, _ := io.ReadAll(r.Body)
		fmt.Fprintf(conn, "HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n%s", len(body), body)
	}))
	c := client(t)
	for i := range 50 {
		want := fmt.Sprint("body ", i)
		if answer, body := ask(t, c, request(t, f, http.MethodPost, "/", strings.NewReader(want))); body != want {
			t.Fatalf("request %d: %s %q", i, answer.Status, body)
		}
	}
}
