package front

import (
	"compress/gzip"
	"io"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/klauspost/compress/zstd"

	"github.com/stagewatch/stagewatch/engine/reload"
)

const (
	head = "<!doctype html><html><head>"
	rest = "<title>\xc3\xa9</title></head><body>hello</body></html>"
)

// navigation returns the request of a browser that shows what it gets.
func navigation(t *testing.T, f *Front, path string) *http.Request {
	t.Helper()
	r := request(t, f, http.MethodGet, path, nil)
	r.Header.Set("Accept", "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8")
	r.Header.Set("Accept-Encoding", "gzip, deflate, br, zstd")
	r.Header.Set("Sec-Fetch-Dest", "document")
	return r
}

// tagIn returns the tag that a page has, empty for none.
func tagIn(page string) string {
	from := strings.Index(page, "<script async src=")
	if from < 0 {
		return ""
	}
	return page[from : from+strings.Index(page[from:], "</script>")+len("</script>")]
}

// page answers as most apps do: with a length, validators and ranges, and compressed for who wants that.
func page(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	w.Header().Set("Etag", `"an-etag"`)
	w.Header().Set("X-Own", "kept")
	http.ServeContent(w, r, "", time.Unix(1_700_000_000, 0), strings.NewReader(head+rest))
}

func TestAPageHasTheTagAndItsHeadSaysSo(t *testing.T) {
	f := opened(t, 10*time.Second, true)
	f.Switch(app(t, 1, page))
	served, _ := f.followers.now()
	tag := reload.Tag(served.Serving, "")
	r := navigation(t, f, "/")
	// What a browser kept of a container before is no answer.
	r.Header.Set("If-None-Match", `"an-etag"`)
	r.Header.Set("If-Modified-Since", time.Now().UTC().Format(http.TimeFormat))
	answer, body := ask(t, client(t), r)
	if want := head + tag + rest; answer.StatusCode != 200 || body != want {
		t.Fatalf("%s\n%s, want\n%s", answer.Status, body, want)
	}
	if answer.ContentLength != int64(len(body)) {
		t.Errorf("a length of %d, want %d", answer.ContentLength, len(body))
	}
	for _, gone := range []string{"Etag", "Last-Modified", "Accept-Ranges"} {
		if answer.Header.Get(gone) != "" {
			t.Errorf("%s is still there", gone)
		}
	}
	if answer.Header.Get("X-Own") != "kept" || answer.Header.Get("Vary") != "Sec-Fetch-Dest" {
		t.Errorf("%v", answer.Header)
	}
	wantBuild(t, answer, 1)

	r = navigation(t, f, "/")
	r.Method = http.MethodHead
	if asked, body := ask(t, client(t), r); asked.ContentLength != answer.ContentLength || asked.Header.Get("Etag") != "" || body != "" {
		t.Errorf("HEAD says %d bytes, %v; GET %d", asked.ContentLength, asked.Header, answer.ContentLength)
	}
	f.Switch(app(t, 2, page))
	if _, body := ask(t, client(t), navigation(t, f, "/")); tagIn(body) == tag || tagIn(body) == "" {
		t.Errorf("after a hand-over the page has %q, before it %q", tagIn(body), tag)
	}
}

func TestOnlyWhatABrowserShowsHasTheTag(t *testing.T) {
	f := opened(t, 10*time.Second, true)
	f.Switch(app(t, 1, func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "text/html")
		for name, values := range r.URL.Query() {
			w.Header()[http.CanonicalHeaderKey(name)] = values
		}
		status, _ := strconv.Atoi(strings.TrimPrefix(r.URL.Path, "/"))
		if status > 0 {
			w.WriteHeader(status)
		}
		_, _ = io.WriteString(w, head+rest)
	}))
	const document = "Sec-Fetch-Dest: document"
	for _, c := range []struct {
		name, method, path, fields string
		want                       bool
	}{
		{"a page", "GET", "/", document, true},
		{"a frame", "GET", "/", "Sec-Fetch-Dest: iframe", true},
		{"an error page", "GET", "/500", document, true},
		{"a page that is missing", "GET", "/404", document, true},
		{"asked for by a service worker", "GET", "/", "Sec-Fetch-Dest: empty\r\nSec-Fetch-Mode: navigate", true},
		{"by what is accepted", "GET", "/", "Accept: text/html,*/*", true},
		{"HTML with a parameter", "GET", "/?Content-Type=Text/HTML%3Bcharset=Shift_JIS", document, true},
		{"an encoding that is none", "GET", "/?Content-Encoding=identity", document, true},
		{"shown in place", "GET", "/?Content-Disposition=inline", document, true},

		{"fetched by a script", "GET", "/", "Sec-Fetch-Dest: empty\r\nSec-Fetch-Mode: cors\r\nAccept: text/html", false},
		{"fetched by an older script", "GET", "/", "Accept: text/html, */*\r\nX-Requested-With: XMLHttpRequest", false},
		{"a program", "GET", "/", "Accept: */*", false},
		{"a form that was sent", "POST", "/", document, false},
		{"an image", "GET", "/?Content-Type=image/svg%2Bxml", document, false},
		{"XHTML", "GET", "/?Content-Type=application/xhtml%2Bxml", document, false},
		{"UTF-16", "GET", "/?Content-Type=text/html%3B%20charset=%22UTF-16LE%22", document, false},
		{"no type", "GET", "/?Content-Type=", document, false},
		{"a redirection", "GET", "/302", document, false},
		{"a part", "GET", "/206", document, false},
		{"a download", "GET", "/?Content-Disposition=attachment%3B%20filename=x.html", document, false},
		{"not to be changed", "GET", "/?Cache-Control=no-cache,%20No-Transform", document, false},
	} {
		r := request(t, f, c.method, c.path, nil)
		for field := range strings.SplitSeq(c.fields, "\r\n") {
			name, value, _ := strings.Cut(field, ": ")
			r.Header.Set(name, value)
		}
		transport := &http.Transport{DisableCompression: true}
		answer, err := transport.RoundTrip(r)
		if err != nil {
			t.Fatal(err)
		}
		body, _ := io.ReadAll(answer.Body)
		answer.Body.Close()
		transport.CloseIdleConnections()
		if got := tagIn(string(body)) != ""; got != c.want {
			t.Errorf("%s: a tag %v, want %v", c.name, got, c.want)
		}
		if !c.want && string(body) != head+rest && answer.StatusCode < 300 {
			t.Errorf("%s: %q", c.name, body)
		}
	}
}

// compressed are real bodies, and how they are read.
var compressed = map[string]struct {
	pack   func(io.Writer) io.WriteCloser
	unpack func(io.Reader) (io.Reader, error)
}{
	"gzip": {func(w io.Writer) io.WriteCloser { return gzip.NewWriter(w) }, func(r io.Reader) (io.Reader, error) { return gzip.NewReader(r) }},
	"zstd": {func(w io.Writer) io.WriteCloser { z, _ := zstd.NewWriter(w); return z }, func(r io.Reader) (io.Reader, error) { return zstd.NewReader(r) }},
}

func TestAnAppIsAskedForAPageThatIsNotCompressed(t *testing.T) {
	f := opened(t, 10*time.Second, true)
	f.Switch(app(t, 1, func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "text/html")
		accepted := r.Header.Values("Accept-Encoding")
		for name, way := range compressed {
			// One app compresses whatever was asked for.
			if strings.Contains(strings.Join(accepted, ","), name) || r.URL.Path == "/"+name {
				w.Header().Set("Content-Encoding", name)
				packed := way.pack(w)
				_, _ = io.WriteString(packed, head+rest)
				packed.Close()
				return
			}
		}
		_, _ = io.WriteString(w, head+rest+strings.Join(accepted, ","))
	}))
	if _, body := ask(t, client(t), navigation(t, f, "/")); tagIn(body) == "" || !strings.HasSuffix(body, rest+"identity") {
		t.Errorf("%q", body)
	}
	for name, way := range compressed {
		for _, r := range []*http.Request{navigation(t, f, "/"+name), navigation(t, f, "/")} {
			if r.URL.Path == "/" {
				// What a script asks for is compressed as ever.
				r.Header.Set("Sec-Fetch-Dest", "empty")
				r.Header.Set("Accept-Encoding", name)
			}
			answer, body := ask(t, client(t), r)
			plain, err := way.unpack(strings.NewReader(body))
			if err != nil {
				t.Fatal(err)
			}
			if text, err := io.ReadAll(plain); string(text) != head+rest || err != nil || answer.Header.Get("Content-Encoding") != name {
				t.Errorf("%s: %q %v", name, text, err)
			}
		}
	}
}

func TestAPagesPoliciesLetItFollow(t *testing.T) {
	f := opened(t, 10*time.Second, true)
	f.Switch(app(t, 1, func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "text/html")
		w.Header()["Content-Security-Policy"] = []string{"default-src 'none'", "script-src 'unsafe-inline'"}
		w.Header().Set("Content-Security-Policy-Report-Only", "connect-src 'none'")
		_, _ = io.WriteString(w, head+rest)
	}))
	r := navigation(t, f, "/")
	r.Host = "localhost:8080"
	nonces := map[string]bool{}
	for range 2 {
		answer, body := ask(t, client(t), r.Clone(t.Context()))
		_, nonce, _ := strings.Cut(tagIn(body), `nonce="`)
		nonce, _, _ = strings.Cut(nonce, `"`)
		nonces[nonce] = true
		want := []string{"default-src 'none'; script-src 'nonce-" + nonce + "'; connect-src localhost:8080/.stagewatch/events", "script-src 'unsafe-inline' localhost:8080/.stagewatch/reload.js"}
		if got := answer.Header["Content-Security-Policy"]; !slices.Equal(got, want) || nonce == "" {
			t.Errorf("%q, want %q", got, want)
		}
		if got := answer.Header.Get("Content-Security-Policy-Report-Only"); got != "connect-src localhost:8080/.stagewatch/events" {
			t.Errorf("%q", got)
		}
	}
	if len(nonces) != 2 {
		t.Errorf("a nonce came twice: %v", nonces)
	}
}
