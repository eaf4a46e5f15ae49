package front

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"
)

// talker is an app that knows only bytes: it records what it hears.
type talker struct {
	net.Conn
	in    *bufio.Reader
	heard *transcript
}

// transcript is what all connections of an app heard, one after the other.
type transcript struct {
	mu   sync.Mutex
	text bytes.Buffer
	// open counts the connections.
	open sync.WaitGroup
}

func (t *transcript) write(text string) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.text.WriteString(text)
}

// until reads from the client up to and including end, and no byte more.
func (c talker) until(end string) bool {
	var said []byte
	for !bytes.HasSuffix(said, []byte(end)) {
		one, err := c.in.ReadByte()
		if err != nil {
			c.heard.write(string(said) + "<" + ending(err) + ">")
			return false
		}
		said = append(said, one)
	}
	c.heard.write(string(said))
	return true
}

// requests answers each request with what say returns, until the client has no more, on as many connections as it
// likes.
func (c talker) requests(say func(*http.Request) string) {
	var said bytes.Buffer
	for in := bufio.NewReader(io.TeeReader(c.in, &said)); ; {
		r, err := http.ReadRequest(in)
		if err != nil {
			return
		}
		_, _ = io.Copy(io.Discard, r.Body)
		c.heard.write(said.String())
		said.Reset()
		c.say(say(r))
	}
}

// all reads from the client until it ends.
func (c talker) all() {
	rest, err := io.ReadAll(c.in)
	c.heard.write(string(rest) + "<" + ending(err) + ">")
}

func (c talker) say(text string) { _, _ = io.WriteString(c, text) }

// ending names how a connection ended.
func ending(err error) string {
	switch {
	case err == nil, errors.Is(err, io.EOF):
		return "end"
	case errors.Is(err, syscall.ECONNRESET):
		return "reset"
	}
	return err.Error()
}

// odd are fields as few clients write them. plain is an answer after which the app closes the connection, kept one
// after which it keeps it.
const (
	odd   = "x-LOWER: 1\r\nX-Twice:  a\r\nX-twice: b \r\nX-Empty:\r\nCookie: a=\xe4\xff; b=\x01\r\nAccept: */*\r\n"
	plain = "HTTP/1.1 200 Fine  by me\r\nx-odd:  Yes \r\nSet-Cookie: a\r\nset-cookie: b\r\nContent-Length: 2\r\nConnection: close\r\n\r\nok"
	kept  = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"
)

// answering returns an app that reads a request up to end and answers with text.
func answering(end, text string) func(talker) {
	return func(c talker) {
		if c.until(end) {
			c.say(text)
		}
	}
}

const headEnd = "\r\n\r\n"

// passages are conversations that the front must pass on byte for byte.
var passages = []struct {
	name string
	// send is what the client says. It goes on with the next piece after it has read wait of the same index.
	send, wait []string
	// half: then the client closes its sending half.
	half bool
	app  func(talker)
}{
	{name: "a header in odd order and case", send: []string{"GET /a HTTP/1.1\r\n" + odd + "hOsT: x\r\n\r\n"}, app: answering(headEnd, plain)},
	{name: "a bare percent sign", send: []string{"GET /100% HTTP/1.1\r\nHost: x\r\n\r\n"}, app: answering(headEnd, plain)},
	{name: "a path of no known form", send: []string{"GET //a/../%zz?x=;&%\"<>\\^`{|}\xff#frag HTTP/1.1\r\nHost: x\r\n\r\n"}, app: answering(headEnd, plain)},
	{name: "a whole address", send: []string{"GET http://other.example:1/%?q HTTP/1.1\r\nHost: x\r\n\r\n"}, app: answering(headEnd, plain)},
	{name: "an asterisk", send: []string{"OPTIONS * HTTP/1.1\r\nHost: x\r\n\r\n"}, app: answering(headEnd, plain)},
	{name: "a method of its own", send: []string{"M-SEARCH /x HTTP/1.1\r\nHost: x\r\n\r\n"}, app: answering(headEnd, plain)},
	{name: "a method in small letters", send: []string{"get_it /x HTTP/1.1\r\nHost: x\r\n\r\n"}, app: answering(headEnd, plain)},
	{name: "no Host", send: []string{"GET / HTTP/1.1\r\n\r\n"}, app: answering(headEnd, plain)},
	{name: "two Hosts", send: []string{"GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n"}, app: answering(headEnd, plain)},
	{name: "what other proxies said", send: []string{"GET / HTTP/1.1\r\nHost: x\r\nX-Forwarded-For: 10.0.0.1\r\nForwarded: for=a\r\nVia: 1.1 b\r\nTE: trailers\r\nKeep-Alive: timeout=5\r\nConnection: X-Hop\r\nX-Hop: 1\r\n\r\n"}, app: answering(headEnd, plain)},
	{name: "HTTP/1.0, half closed", send: []string{"GET / HTTP/1.0\r\n\r\n"}, half: true, app: func(c talker) { c.until(headEnd); c.all(); c.say("HTTP/1.0 200 OK\r\n\r\nall of it") }},
	{name: "HTTP/1.0, a body, half closed", send: []string{"POST / HTTP/1.0\r\nContent-Length: 3\r\n\r\nabc"}, half: true, app: func(c talker) { c.until("abc"); c.all(); c.say("HTTP/1.0 201 Made\r\nServer: x\r\n\r\n") }},
	{name: "HTTP/1.1, half closed", send: []string{"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\n\r\nabc"}, half: true, app: func(c talker) { c.until("abc"); c.all(); c.say(kept) }},
	{name: "a body that breaks off", send: []string{"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 9\r\n\r\nabc"}, half: true, app: func(c talker) { c.all(); c.say(plain) }},
	{name: "a header that breaks off", send: []string{"GET / HTTP/1.1\r\nHost"}, half: true, app: func(c talker) { c.all(); c.say(plain) }},
	{name: "HTTP/0.9", send: []string{"GET /\r\n"}, app: answering("\r\n", "<p>old")},
	{name: "keep-alive of HTTP/1.0", send: []string{"GET / HTTP/1.0\r\nConnection: keep-alive\r\n\r\n"}, app: answering(headEnd, plain)},
	{name: "to be continued", send: []string{"POST / HTTP/1.1\r\nHost: x\r\nExpect: 100-continue\r\nContent-Length: 3\r\n\r\n", "abc"}, wait: []string{"HTTP/1.1 100 Go on\r\nX-Because: why\r\n\r\n"},
		app: func(c talker) {
			c.until(headEnd)
			c.say("HTTP/1.1 100 Go on\r\nX-Because: why\r\n\r\n")
			c.until("abc")
			c.say(plain)
		}},
	{name: "not to be continued", send: []string{"POST / HTTP/1.1\r\nHost: x\r\nExpect: 100-continue\r\nContent-Length: 3000\r\n\r\n"}, app: answering(headEnd, "HTTP/1.1 417 No\r\nContent-Length: 0\r\nConnection: close\r\n\r\n")},
	{name: "early hints", send: []string{"GET / HTTP/1.1\r\nHost: x\r\n\r\n"}, app: answering(headEnd, "HTTP/1.1 102 Wait\r\n\r\nHTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n"+plain)},
	{name: "chunks with extensions and trailers", send: []string{"POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\nTrailer: Sum\r\n\r\n3;a=b\r\nabc\r\n0003\r\nd\r\n\r\n0\r\nSum: 1\r\nsum: 2\r\n\r\n"},
		app: answering("sum: 2\r\n\r\n", "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nConnection: close\r\n\r\n2;x\r\nok\r\n0\r\nSum: 3\r\n\r\n")},
	{name: "chunks that are none", send: []string{"POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\nabc"}, half: true, app: func(c talker) { c.all(); c.say("HTTP/1.1 400 What\r\nConnection: close\r\n\r\nno chunk") }},
	{name: "an encoding of its own", send: []string{"POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n"}, app: answering("0\r\n\r\n", plain)},
	{name: "a length and chunks", send: []string{"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n"}, app: answering("0\r\n\r\n", plain)},
	{name: "no length at all", send: []string{"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: some\r\n\r\nabc"}, app: answering("abc", plain)},
	{name: "a folded line", send: []string{"GET / HTTP/1.1\r\nHost: x\r\nX-Long: a\r\n  b\r\n\r\n"}, app: answering(headEnd, plain)},
	{name: "a space before the colon", send: []string{"GET / HTTP/1.1\r\nHost : x\r\n\r\n"}, app: answering(headEnd, plain)},
	{name: "bare line ends", send: []string{"GET / HTTP/1.1\nHost: x\n\n"}, app: answering("\n\n", "HTTP/1.1 200 OK\nContent-Length: 2\n\nok")},
	{name: "an answer with bare line ends", send: []string{"GET / HTTP/1.1\r\nHost: x\r\n\r\n"}, app: answering(headEnd, "HTTP/1.1 200 OK\nContent-Length: 2\n\nok")},
	{name: "an empty line first", send: []string{"\r\nGET / HTTP/1.1\r\nHost: x\r\n\r\n"}, app: answering("x"+headEnd, plain)},
	{name: "a very long line", send: []string{"GET /" + strings.Repeat("a", 100_000) + " HTTP/1.1\r\nHost: x\r\nCookie: " + strings.Repeat("b", 300_000) + "\r\n\r\n"}, app: answering(headEnd, plain)},
	{name: "a header without an end", send: []string{"GET / HTTP/1.1\r\nHost: x\r\n" + strings.Repeat("A: "+strings.Repeat("b", 1000)+"\r\n", 2000) + "\r\n"}, app: answering(headEnd, plain)},
	{name: "pipelined", send: []string{"GET /1 HTTP/1.1\r\nHost: x\r\n\r\nPOST /2 HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\n\r\nabcGET /3 HTTP/1.0\r\n\r\n"}, half: true,
		app: func(c talker) {
			c.requests(func(r *http.Request) string { return "HTTP/1.1 200 " + r.URL.Path + "\r\nContent-Length: 0\r\n\r\n" })
		}},
	{name: "answered before the body's end", send: []string{"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 6\r\nConnection: close\r\n\r\nabc", "def"}, wait: []string{"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n"},
		app: func(c talker) {
			c.until("abc")
			c.say("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n")
			c.until("def")
			c.say("3\r\ndef\r\n0\r\n\r\n")
		}},
	{name: "refused before the body's end", send: []string{"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 6\r\n\r\nabc"}, app: answering("abc", "HTTP/1.1 413 Too much\r\nContent-Length: 0\r\nConnection: close\r\n\r\n")},
	{name: "refused, and read to the end", send: []string{"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 6\r\n\r\nabc", "def"}, wait: []string{"HTTP/1.1 413 "},
		app: func(c talker) {
			c.until("abc")
			c.say("HTTP/1.1 413 Too much\r\nContent-Length: 0\r\nConnection: close\r\n\r\n")
			_ = c.Conn.(*net.TCPConn).CloseWrite()
			c.until("def")
		}},
	{name: "no body, whatever the length says", send: []string{"HEAD / HTTP/1.1\r\nHost: x\r\n\r\n"}, half: true, app: answering(headEnd, "HTTP/1.1 200 OK\r\nContent-Length: 5000\r\n\r\n")},
	{name: "304 and 204", send: []string{"GET /1 HTTP/1.1\r\nHost: x\r\n\r\nGET /2 HTTP/1.1\r\nHost: x\r\n\r\n"}, half: true,
		app: func(c talker) {
			answers := map[string]string{"/1": "HTTP/1.1 304 Same\r\nContent-Length: 9\r\n\r\n", "/2": "HTTP/1.1 204 None\r\n\r\n"}
			c.requests(func(r *http.Request) string { return answers[r.URL.Path] })
		}},
	{name: "an answer that ends with the connection", send: []string{"GET / HTTP/1.1\r\nHost: x\r\n\r\n"}, app: answering(headEnd, "HTTP/1.1 200 OK\r\n\r\nto the end")},
	{name: "an answer cut short", send: []string{"GET / HTTP/1.1\r\nHost: x\r\n\r\n"}, app: answering(headEnd, "HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nshort")},
	{name: "an answer that is no HTTP", send: []string{"GET / HTTP/1.1\r\nHost: x\r\n\r\n"}, app: answering(headEnd, "-ERR wrong kind of client\r\n")},
	{name: "a status of three words", send: []string{"GET / HTTP/1.1\r\nHost: x\r\n\r\n"}, app: answering(headEnd, "HTTP/1.1 299\r\nContent-Length: 0\r\nConnection: Close\r\n\r\n")},
	{name: "an upgrade", send: []string{"GET /chat HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Key: dGhl\r\n\r\n", "\x81\x02hi"}, wait: []string{"\x81\x01a"}, half: true,
		app: func(c talker) {
			c.until(headEnd)
			c.say("HTTP/1.1 101 Switching Protocols\r\nupgrade: websocket\r\nConnection: Upgrade\r\n\r\n\x81\x01a")
			c.until("hi")
			c.say("\x88\x00")
			c.all()
		}},
	{name: "an upgrade with a body", send: []string{"POST / HTTP/1.1\r\nHost: x\r\nUpgrade: h2c\r\nConnection: Upgrade\r\nContent-Length: 3\r\n\r\nabc", "PRI * HTTP/2.0\r\n\r\n"}, wait: []string{"101 Yes"},
		app: func(c talker) {
			c.until("abc")
			c.say("HTTP/1.1 101 Yes\r\nUpgrade: h2c\r\nConnection: Upgrade\r\n\r\nframes")
			c.until("2.0\r\n\r\n")
		}},
	{name: "an upgrade that is refused", send: []string{"GET / HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\r\n"}, app: answering(headEnd, plain)},
	{name: "a tunnel", send: []string{"CONNECT a:443 HTTP/1.1\r\nHost: a:443\r\n\r\n", "ping"}, wait: []string{"HTTP/1.1 200 Open\r\n\r\n"}, app: func(c talker) { c.until(headEnd); c.say("HTTP/1.1 200 Open\r\n\r\n"); c.until("ping"); c.say("pong") }},
	{name: "a tunnel after a request", send: []string{"CONNECT a:443 HTTP/1.1\r\nHost: a:443\r\n\r\nping"}, app: answering("ping", "pong")},
	{name: "HTTP/2 with prior knowledge", send: []string{"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\x00\x00\x00\x04\x00\x00\x00\x00\x00"}, app: answering("\x04\x00\x00\x00\x00\x00", "\x00\x00\x00\x04\x01\x00\x00\x00\x00")},
	{name: "TLS", send: []string{"\x16\x03\x01\x00\x05\x01\x00\x00\x01\n"}, app: answering("\n", "\x15\x03\x03\x00\x02\x02\x28")},
	{name: "no HTTP", send: []string{"*1\r\n$4\r\nPING\r\n"}, app: answering("PING\r\n", "+PONG\r\n")},
	{name: "the app speaks first", send: []string{"", "HELO\r\n"}, wait: []string{"220 hello\r\n"}, app: func(c talker) { c.say("220 hello\r\n"); c.until("HELO\r\n"); c.say("250 hi\r\n") }},
}

func TestWhatPassesIsWhatWasSent(t *testing.T) {
	for _, p := range passages {
		t.Run(p.name, func(t *testing.T) {
			t.Parallel()
			listen := func() (Backend, *transcript) {
				heard := &transcript{}
				// The app serves one connection at a time.
				script := p.app
				return raw(t, 1, func(conn net.Conn) {
					heard.open.Add(1)
					defer heard.open.Done()
					_ = conn.SetDeadline(time.Now().Add(patience))
					script(talker{conn, bufio.NewReader(conn), heard})
				}), heard
			}
			direct, heardDirect := listen()
			behind, heardBehind := listen()
			behind.HTTP = !strings.Contains(p.name, "speaks first")
			f := open(t, 10*time.Second)
			f.Switch(behind)

			wantBack, gotBack := said(t, direct.Addr, p.send, p.wait, p.half), said(t, f.Addr().String(), p.send, p.wait, p.half)
			gotBack = strings.ReplaceAll(gotBack, "X-Stagewatch-Build: 1\r\n", "")
			heardDirect.open.Wait()
			heardBehind.open.Wait()
			if want, got := heardDirect.text.String(), heardBehind.text.String(); got != want {
				t.Errorf("the app heard\n%.2000q, and without the front\n%.2000q", got, want)
			}
			if gotBack != wantBack {
				t.Errorf("back came\n%.2000q, and without the front\n%.2000q", gotBack, wantBack)
			}
		})
	}
}

// said returns what a client that says the pieces receives, and how its connection ends.
func said(t *testing.T, addr string, send, wait []string, half bool) string {
	t.Helper()
	conn, err := net.Dial("tcp", addr)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	_ = conn.SetDeadline(time.Now().Add(patience))
	in := bufio.NewReader(conn)
	back := ""
	for i, piece := range send {
		if _, err := io.WriteString(conn, piece); err != nil {
			t.Fatal(err)
		}
		for i < len(wait) && !strings.Contains(back, wait[i]) {
			c, err := in.ReadByte()
			if err != nil {
				return fmt.Sprintf("%s<waiting: %v>", back, err)
			}
			back += string([]byte{c})
		}
	}
	if half {
		_ = conn.(*net.TCPConn).CloseWrite()
	}
	rest, err := io.ReadAll(in)
	return back + string(rest) + "<" + ending(err) + ">"
}
