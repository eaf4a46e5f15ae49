package front

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"testing"
	"time"
)

func TestAPortInUseIsAnErrorOfItsOwn(t *testing.T) {
	holder := mustListen(t)
	_, err := listen(holder.Addr().String(), time.Minute, false)
	var inUse *InUseError
	if !errors.As(err, &inUse) || inUse.Addr != holder.Addr().String() {
		t.Errorf("%v, want an InUseError of %s", err, holder.Addr())
	}
}

// Whatever a client was doing, closing ends it and leaves no goroutine.
func TestCloseLeavesNoGoroutineBehind(t *testing.T) {
	before := goroutines()
	f, err := listen("127.0.0.1:0", time.Minute, false)
	if err != nil {
		t.Fatal(err)
	}
	waiting := later(t, f, 1, http.MethodGet, nil)
	dial(t, f) // says nothing
	fmt.Fprint(dial(t, f), "GET / HT")
	f.Switch(raw(t, 1, shout("one")))
	spoken := dial(t, f)
	expect(t, bufio.NewReader(spoken), "220 one")
	<-waiting // the raw backend's answer to a request is not HTTP

	f.Switch(app(t, 2, func(w http.ResponseWriter, r *http.Request) {
		w.WriteHeader(http.StatusOK)
		_ = http.NewResponseController(w).Flush()
		<-r.Context().Done()
	}))
	endless, err := client(t).Get(url(f, "/"))
	if err != nil {
		t.Fatal(err)
	}
	defer endless.Body.Close()

	ctx, cancel := context.WithTimeout(t.Context(), 100*time.Millisecond)
	defer cancel()
	_ = f.Close(ctx)
	if _, err := net.Dial("tcp", f.Addr().String()); err == nil {
		t.Error("the port is still open")
	}
	if _, err := io.ReadAll(endless.Body); err == nil {
		t.Error("the endless answer ended well")
	}
	await(t, func() bool { return goroutines() <= before })
}

func TestCloseAnswersWhoWaits(t *testing.T) {
	f := open(t, time.Minute)
	got := later(t, f, 1, http.MethodGet, nil)
	if err := f.Close(within(t, patience)); err != nil {
		t.Error(err)
	}
	if answer := <-got; !strings.HasPrefix(answer, "503 ") {
		t.Errorf("the waiting request was answered %q", answer)
	}
}

// Hostile clients get an error or nothing, and everybody else is served as before.
func TestHostileInputHurtsNobodyElse(t *testing.T) {
	f := open(t, 10*time.Second)
	f.Switch(app(t, 1, saying("hello")))
	for _, input := range []string{
		"GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n",
		"GET / HTTP/1.1\r\n" + strings.Repeat("X: "+strings.Repeat("y", 1000)+"\r\n", 3000) + "\r\n",
		"GET " + strings.Repeat("/long", 40000) + " HTTP/1.1\r\nHost: x\r\n\r\n",
		"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: -1\r\n\r\n",
		"POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
		"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
		"GET / HTTP/1.1\r\nHost: x\r\nUpgrade: \x00\r\nConnection: Upgrade\r\n\r\n",
		"GET http://[::1%zz]/ HTTP/1.1\r\nHost: x\r\n\r\n",
		"GET\x00/ HTTP/1.1\r\n\r\n",
		"\r\n\r\n\r\n",
		"GET / HTTP/1.1\r\nHost: x\r\nExpect: nonsense\r\n\r\n",
	} {
		conn := dial(t, f)
		_, _ = io.WriteString(conn, input)
		_ = conn.(*net.TCPConn).CloseWrite()
		_, _ = io.Copy(io.Discard, conn)
		if _, body := get(t, f, "/"); body != "hello" {
			t.Fatalf("after %.40q: %q", input, body)
		}
	}
}
