package front

import (
	"bytes"
	"fmt"
	"io"
	"net/http/httputil"
	"strings"
	"testing"
)

// ends returns where a chunked body ends when it is scanned in pieces of the size, -1 if it does not end.
func ends(body []byte, size int) int {
	scanner := bodyScanner{left: chunked}
	for at := 0; at < len(body); {
		piece := body[at:min(at+size, len(body))]
		used, done := scanner.scan(piece)
		at += used
		if done {
			return at
		}
	}
	return -1
}

func FuzzAChunkedBodyEndsWhereItsReaderEndsIt(f *testing.F) {
	for _, seed := range []string{"0\r\n\r\n", "3\r\nabc\r\n0\r\n\r\nGET", "00a;x=\"y\"\r\n0123456789\r\n0;z\r\nSum: 1\r\nA: b\r\n\r\n", "3\r\nab", "zz\r\n", "1\r\na\n0\r\n\r\n", "\r\n0\r\n\r\n", "fffffffffffffffff\r\n"} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, body []byte) {
		whole := ends(body, len(body)+1)
		for _, size := range []int{1, 2, 7} {
			if got := ends(body, size); got != whole {
				t.Fatalf("%q ends at %d, in pieces of %d at %d", body, whole, size, got)
			}
		}
		if whole < 0 {
			return
		}
		// A server accepts what is passed as complete.
		if _, err := io.Copy(io.Discard, httputil.NewChunkedReader(bytes.NewReader(body[:whole]))); err != nil {
			t.Fatalf("%q: %v", body[:whole], err)
		}
	})
}

func TestHeadsAreUnderstoodOrLeftAlone(t *testing.T) {
	for head, want := range map[string]string{
		"GET / HTTP/1.1\r\nHost: x\r\n\r\n":                                             "0 keep",
		"GET / HTTP/1.0\r\n\r\n":                                                        "0",
		"GET / HTTP/1.0\r\nConnection: Keep-Alive\r\n\r\n":                              "0 keep",
		"GET / HTTP/1.1\r\nConnection: Upgrade, CLOSE\r\nUpgrade: x\r\n\r\n":            "0 upgrade",
		"POST / HTTP/1.1\r\ncontent-LENGTH:\t 12 \r\n\r\n":                              "12 keep",
		"POST / HTTP/1.1\r\nTransfer-Encoding: Chunked\r\n\r\n":                         "-1 keep",
		"POST / HTTP/1.1\r\nContent-Length: 1\r\nContent-Length: 1\r\n\r\n":             "no",
		"POST / HTTP/1.1\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n":    "no",
		"POST / HTTP/1.1\r\nContent-Length: +1\r\n\r\n":                                 "no",
		"POST / HTTP/1.1\r\nContent-Length: 99999999999999999999\r\n\r\n":               "no",
		"POST / HTTP/1.1\r\nContent-Length:\r\n\r\n":                                    "no",
		"POST / HTTP/1.1\r\nTransfer-Encoding: chunked, identity\r\n\r\n":               "no",
		"POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\nTransfer-Encoding: x\r\n\r\n": "no",
		"POST / HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n":                         "no",
		"GET / HTTP/1.1\r\nA: b\r\n c\r\n\r\n":                                          "no",
		"GET / HTTP/1.1\r\nA : b\r\n\r\n":                                               "no",
		"GET / HTTP/1.1\r\nA\r\n\r\n":                                                   "no",
		"GET / HTTP/1.1\r\nA: b\rContent-Length: 3\r\n\r\n":                             "no",
		"GET / HTTP/1.1\r\nA: b\nContent-Length: 3\r\n\r\n":                             "no",
		"GET /a b HTTP/1.1\r\n\r\n":                                                     "no",
		"GET / HTTP/1.2\r\n\r\n":                                                        "no",
		"GET  HTTP/1.1\r\n\r\n":                                                         "no",
		"CONNECT a:1 HTTP/1.1\r\n\r\n":                                                  "no",
	} {
		got := "no"
		if r, ok := parseRequest([]byte(head)); ok {
			got = fmt.Sprint(int64(r.size))
			if r.keep {
				got += " keep"
			}
			if r.upgrade {
				got += " upgrade"
			}
		}
		if got != want {
			t.Errorf("%q: %s, want %s", head, got, want)
		}
	}
	for head, want := range map[string]string{
		"GET HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n":                               "200 5 keep",
		"HEAD HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n":                              "200 0 keep",
		"GET HTTP/1.1 304 Same\r\nContent-Length: 5\r\n\r\n":                             "304 0 keep",
		"GET HTTP/1.1 204 None\r\n\r\n":                                                  "204 0 keep",
		"GET HTTP/1.1 200 OK\r\n\r\n":                                                    "200 -2",
		"GET HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip\r\n\r\n":                         "200 -2",
		"GET HTTP/1.1 200\r\nTransfer-Encoding: chunked\r\n\r\n":                         "200 -1 keep",
		"GET HTTP/1.0 200 OK\r\nContent-Length: 5\r\n\r\n":                               "200 5",
		"GET HTTP/1.0 200 OK\r\nContent-Length: 5\r\nConnection: keep-alive\r\n\r\n":     "200 5 keep",
		"GET HTTP/1.1 200 OK\r\nContent-Length: 5\r\nConnection: close\r\n\r\n":          "200 5",
		"GET HTTP/1.1 200 OK\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n": "no",
		"GET HTTP/1.0 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n":                      "no",
		"GET HTTP/1.1 2000 OK\r\n\r\n":                                                   "no",
		"GET HTTP/1.1 99 OK\r\n\r\n":                                                     "no",
		"GET HTTP/2 200 OK\r\n\r\n":                                                      "no",
		"GET HTTP/1.1 200 O\nK\r\n\r\n":                                                  "no",
	} {
		method, head, _ := strings.Cut(head, " ")
		got := "no"
		if a, ok := parseAnswer([]byte(head), method); ok {
			got = fmt.Sprint(a.status, " ", int64(a.size))
			if a.keep {
				got += " keep"
			}
		}
		if got != want {
			t.Errorf("%s %q: %s, want %s", method, head, got, want)
		}
	}
}
