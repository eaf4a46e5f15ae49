package front

import (
	"bufio"
	"fmt"
	"io"
	"net"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stagewatch/stagewatch/engine/reload"
)

func TestAPageThatStreamsArrivesAsItIsWritten(t *testing.T) {
	f := opened(t, 10*time.Second, true)
	next := make(chan string)
	f.Switch(app(t, 1, func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "text/html")
		w.Header().Set("Trailer", "Sum")
		w.(http.Flusher).Flush()
		for piece := range next {
			_, _ = io.WriteString(w, piece)
			w.(http.Flusher).Flush()
		}
		w.Header().Set("Sum", "42")
	}))
	// The head is here before there is a body.
	answer, err := client(t).Do(navigation(t, f, "/"))
	if err != nil {
		t.Fatal(err)
	}
	defer answer.Body.Close()
	in, got := bufio.NewReader(answer.Body), ""
	for _, step := range []struct{ write, until string }{{head + "<tit", "<tit"}, {"le>one</title>", "one</title>"}, {"two", "two"}} {
		// Each piece is written only after the one before it was read, so nothing may be held back.
		next <- step.write
		for !strings.HasSuffix(got, step.until) {
			c, err := in.ReadByte()
			if err != nil {
				t.Fatal(err)
			}
			got += string([]byte{c})
		}
	}
	close(next)
	if more, err := io.ReadAll(in); len(more) > 0 || err != nil {
		t.Errorf("at the end: %q, %v", more, err)
	}
	tag := tagIn(got)
	if want := head + tag + "<title>one</title>two"; tag == "" || got != want || answer.Trailer.Get("Sum") != "42" {
		t.Errorf("%q, want %q; trailer %v", got, want, answer.Trailer)
	}
}

// answers are those of apps that write HTTP themselves, with a bar where the tag belongs. It is TAG in what they become.
var answers = []struct{ name, app, want string }{
	{"of HTTP/1.0", "HTTP/1.0 200 OK\r\nContent-Type: text/html\r\n\r\n<p>x", "HTTP/1.0 200 OK\r\nContent-Type: text/html\r\n\r\nTAG<p>x"},
	{"with a length", "HTTP/1.1 200 Fine\r\ncontent-type: text/html\r\ncontent-LENGTH: 4\r\nConnection: close\r\n\r\n<p>x", "HTTP/1.1 200 Fine\r\ncontent-type: text/html\r\ncontent-LENGTH: SIZE\r\nConnection: close\r\n\r\nTAG<p>x"},
	{"with no body", "HTTP/1.1 500 Oh\r\nContent-Type: text/html\r\nContent-Length: 0\r\nConnection: close\r\n\r\n", "HTTP/1.1 500 Oh\r\nContent-Type: text/html\r\nContent-Length: SIZE\r\nConnection: close\r\n\r\nTAG"},
	{"in chunks", "HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nTransfer-Encoding: chunked\r\nConnection: close\r\n\r\n1;x=y\r\n<\r\n3\r\np>x\r\n000\r\nSum: 1\r\n\r\n",
		"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nTransfer-Encoding: chunked\r\nConnection: close\r\n\r\nTAG<p>x\r\n0\r\nSum: 1\r\n\r\n"},
	{"in no chunks at all", "HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nTransfer-Encoding: chunked\r\nConnection: close\r\n\r\n0\r\n\r\n",
		"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nTransfer-Encoding: chunked\r\nConnection: close\r\n\r\nTAG\r\n0\r\n\r\n"},
	{"in UTF-16", "HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Length: 4\r\nETag: 1\r\nConnection: close\r\n\r\n\xff\xfe<\x00", "HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Length: 4\r\nETag: 1\r\nConnection: close\r\n\r\n\xff\xfe<\x00"},
	{"cut short", "HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Length: 100\r\nConnection: close\r\n\r\n<p>x", "HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Length: SIZE\r\nConnection: close\r\n\r\nTAG<p>x"},
	{"cut short in chunks", "HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nTransfer-Encoding: chunked\r\n\r\n9\r\n<p>x", "HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nTransfer-Encoding: chunked\r\n\r\nTAG<p>x"},
}

func TestAPagesEndIsToldAsTheAppTellsIt(t *testing.T) {
	for _, c := range answers {
		t.Run(c.name, func(t *testing.T) {
			for size := range []int{1, 7, len(c.app)} {
				f := opened(t, 10*time.Second, true)
				f.Switch(raw(t, 1, func(conn net.Conn) {
					if _, err := http.ReadRequest(bufio.NewReader(conn)); err != nil {
						return
					}
					for piece := range slices.Chunk([]byte(c.app), size+1) {
						_, _ = conn.Write(piece)
					}
				}))
				served, _ := f.followers.now()
				tag := reload.Tag(served.Serving, "")
				got := said(t, f.Addr().String(), []string{"GET / HTTP/1.1\r\nHost: x\r\nAccept: text/html\r\n\r\n"}, nil, false)
				got = strings.NewReplacer("X-Stagewatch-Build: 1\r\n", "", "Vary: Sec-Fetch-Dest\r\n", "").Replace(got)
				if strings.Contains(got, "chunked") {
					got = joined(got)
				}
				_, body, _ := strings.Cut(c.app, headEnd)
				length := strconv.Itoa(len(body) + len(tag))
				if strings.Contains(c.app, "100") {
					length = strconv.Itoa(100 + len(tag))
				}
				if want := strings.NewReplacer("TAG", tag, "SIZE", length).Replace(c.want) + "<end>"; got != want {
					t.Fatalf("in pieces of %d came\n%q, want\n%q", size+1, got, want)
				}
			}
		})
	}
}

// joined returns an answer with its chunks joined, but for what follows them.
func joined(answer string) string {
	head, body, _ := strings.Cut(answer, headEnd)
	out := head + headEnd
	for {
		var size int
		if n, _ := fmt.Sscanf(body, "%x\r\n", &size); n == 0 || size == 0 {
			return out + "\r\n" + body
		}
		_, body, _ = strings.Cut(body, "\r\n")
		if size > len(body) {
			return out + body
		}
		out, body = out+body[:size], strings.TrimPrefix(body[size:], "\r\n")
		if strings.HasPrefix(body, "<end>") {
			return out + body
		}
	}
}

func TestALargePagePassesWhole(t *testing.T) {
	f := opened(t, 10*time.Second, true)
	large := head + strings.Repeat("<p>0123456789</p>\n", 200_000)
	f.Switch(app(t, 1, func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "text/html")
		if r.URL.Path == "/sized" {
			w.Header().Set("Content-Length", strconv.Itoa(len(large)))
		}
		_, _ = io.Copy(w, strings.NewReader(large))
	}))
	c := client(t)
	for _, path := range []string{"/sized", "/", "/sized"} {
		_, body := ask(t, c, navigation(t, f, path))
		if tag := tagIn(body); tag == "" || strings.Replace(body, tag, "", 1) != large {
			t.Errorf("%s: %d bytes for %d, the tag %q", path, len(body), len(large), tag)
		}
	}
}
