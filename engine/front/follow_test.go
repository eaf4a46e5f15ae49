package front

import (
	"bufio"
	"context"
	"encoding/json"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/stagewatch/stagewatch/engine/event"
	"github.com/stagewatch/stagewatch/engine/reload"
)

// events are those that a page hears.
type events struct {
	t      *testing.T
	answer *http.Response
	lines  *bufio.Scanner
}

// listenAs opens the events as a page of that host does.
func listenAs(t *testing.T, f *Front, host string) *events {
	t.Helper()
	r := request(t, f, http.MethodGet, reload.EventsPath, nil)
	r.Host = host
	answer, err := client(t).Do(r)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { answer.Body.Close() })
	return &events{t, answer, bufio.NewScanner(answer.Body)}
}

// next returns the next event.
func (e *events) next() (s reload.State) {
	e.t.Helper()
	for e.lines.Scan() {
		if text, ok := strings.CutPrefix(e.lines.Text(), "data: "); ok {
			if err := json.Unmarshal([]byte(text), &s); err != nil {
				e.t.Fatal(err)
			}
			return s
		}
	}
	e.t.Fatalf("the events ended: %v", e.lines.Err())
	return s
}

func TestPagesHearOfEachHandOverFromNothingOn(t *testing.T) {
	f := opened(t, 10*time.Second, true)
	heard := listenAs(t, f, "localhost:8080")
	if kind := heard.answer.Header.Get("Content-Type"); kind != "text/event-stream" {
		t.Errorf("Content-Type %q", kind)
	}
	if s := heard.next(); s.Serving != 0 {
		t.Errorf("%+v where nothing serves", s)
	}
	before := time.Now().UnixMilli()
	one := app(t, 1, saying("one"))
	one.Same = "one"
	f.Switch(one)
	first := heard.next().Serving
	if first < before {
		t.Errorf("the number %d is below those of a session before", first)
	}
	// The container that serves has a newer build of the same image: nothing to reload for.
	one.Build = 2
	f.Switch(one)
	drain := f.Switch(app(t, 3, saying("three")))
	if s := heard.next(); s.Serving <= first {
		t.Errorf("after a hand-over %d, before it %d", s.Serving, first)
	}
	if left := drain.Wait(within(t, patience)); left != 0 {
		t.Errorf("%d requests keep the old container, want none", left)
	}
	if late := listenAs(t, f, "").next(); late.Serving <= first {
		t.Errorf("who comes later hears of %d", late.Serving)
	}
}

func TestPagesHearWhyTheNewestSourceDoesNotServe(t *testing.T) {
	f := opened(t, 10*time.Second, true)
	f.Switch(app(t, 1, saying("one")))
	near, far := listenAs(t, f, "127.0.0.1:8080"), listenAs(t, f, "rebound.example:8080")
	near.next()
	far.next()
	f.SetFailure(&Status{Title: "The build failed", Detail: "exit code: <b>1</b>\nhint", Excerpt: []event.ExcerptLine{{Line: 3, Text: "RUN secret", Blamed: true}}})
	if s := near.next().Failure; s == nil || s.Title != "The build failed" || s.Detail != "exit code: <b>1</b>\nhint" || len(s.Excerpt) != 1 || !s.Excerpt[0].Blamed {
		t.Errorf("here: %+v", s)
	}
	if s := far.next().Failure; s == nil || s.Title != "The build failed" || s.Detail != elsewhere || len(s.Excerpt) != 0 {
		t.Errorf("under a name that anybody can lead here: %+v", s)
	}
	f.SetFailure(nil)
	if s := near.next(); s.Failure != nil {
		t.Errorf("once it is mended: %+v", s.Failure)
	}
}

func TestTheEventsOfPagesDoNotDelayTheEnd(t *testing.T) {
	before := goroutines()
	f := opened(t, 10*time.Second, true)
	f.Switch(app(t, 1, saying("one")))
	heard := listenAs(t, f, "")
	heard.next()
	// The time is up at once: only what counts as a request would make it an error.
	over, cancel := context.WithCancel(t.Context())
	cancel()
	if err := f.Close(over); err != nil {
		t.Errorf("closing: %v", err)
	}
	for heard.lines.Scan() {
	}
	await(t, func() bool { return goroutines() <= before })
}

func TestAPageThatLeavesIsNotKept(t *testing.T) {
	f := opened(t, 10*time.Second, true)
	before := goroutines()
	heard := listenAs(t, f, "")
	heard.next()
	heard.answer.Body.Close()
	await(t, func() bool { return goroutines() <= before })
}

func TestTheScriptIsTheFrontsOwn(t *testing.T) {
	f := opened(t, 10*time.Second, true)
	c := client(t)
	answer, body := ask(t, c, request(t, f, http.MethodGet, reload.ScriptPath+"?x", nil))
	if body != reload.Script || answer.Header.Get("Content-Type") != "text/javascript; charset=utf-8" || answer.Header.Get("Cache-Control") != "no-store" {
		t.Errorf("%s %v", answer.Status, answer.Header)
	}
	if answer, body := ask(t, c, request(t, f, http.MethodHead, reload.ScriptPath, nil)); body != "" || answer.ContentLength != int64(len(reload.Script)) {
		t.Errorf("HEAD: %q, a length of %d", body, answer.ContentLength)
	}
	f.Switch(app(t, 1, func(w http.ResponseWriter, r *http.Request) { _, _ = io.WriteString(w, r.Method+" "+r.URL.Path) }))
	for _, other := range []struct{ method, path string }{{http.MethodPost, reload.ScriptPath}, {http.MethodGet, "/.stagewatch/"}, {http.MethodGet, "/x" + reload.EventsPath}} {
		if _, body := ask(t, c, request(t, f, other.method, other.path, nil)); body != other.method+" "+other.path {
			t.Errorf("%v: %q, want the app's", other, body)
		}
	}
}

func TestWithoutReloadTheAppHasAllPathsAndPages(t *testing.T) {
	f := open(t, 10*time.Second)
	f.Switch(app(t, 1, func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "text/html")
		w.Header().Set("Etag", `"1"`)
		_, _ = io.WriteString(w, "<head>"+r.URL.Path+r.Header.Get("Accept-Encoding"))
	}))
	for _, path := range []string{reload.ScriptPath, reload.EventsPath, "/"} {
		r := request(t, f, http.MethodGet, path, nil)
		r.Header.Set("Sec-Fetch-Dest", "document")
		r.Header.Set("Accept-Encoding", "br")
		if answer, body := ask(t, client(t), r); body != "<head>"+path+"br" || answer.Header.Get("Etag") == "" {
			t.Errorf("%q, %v", body, answer.Header)
		}
	}
}
