package front

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/stagewatch/stagewatch/engine/event"
)

// browse sends the request of a browser.
func browse(t *testing.T, f *Front) (*http.Response, string) {
	t.Helper()
	r := request(t, f, http.MethodGet, "/", nil)
	r.Header.Set("Accept", "text/html,application/xhtml+xml,*/*;q=0.8")
	return ask(t, client(t), r)
}

func TestABrowserSeesTheBuildsProgressAtOnce(t *testing.T) {
	f := open(t, 30*time.Second)
	f.SetStatus(Status{Title: "Building", Detail: "step 3 of 6"})
	answer, body := browse(t, f)
	if answer.StatusCode != http.StatusServiceUnavailable || answer.Header.Get("Retry-After") == "" {
		t.Errorf("%s, Retry-After %q", answer.Status, answer.Header.Get("Retry-After"))
	}
	for _, want := range []string{"Building", "step 3 of 6", `http-equiv="refresh"`} {
		if !strings.Contains(body, want) {
			t.Errorf("the page lacks %q:\n%s", want, body)
		}
	}
	f.Switch(app(t, 1, saying("hello")))
	if answer, body := browse(t, f); body != "hello" {
		t.Errorf("once the app serves: %s %q", answer.Status, body)
	}
}

func TestThePageShowsWhereTheDockerfileFailedAndEscapesIt(t *testing.T) {
	f := open(t, 30*time.Second)
	f.SetStatus(Status{Title: "The build failed", Detail: "exit code 1: <script>alert(1)</script>", Failed: true,
		Excerpt: []event.ExcerptLine{{Line: 3, Text: "COPY . ."}, {Line: 4, Text: "RUN pip install '<b>'", Blamed: true}}})
	_, body := browse(t, f)
	for _, want := range []string{"&lt;script&gt;", "   3  COPY . .", `class="blamed">   4  RUN pip install`, "&lt;b&gt;"} {
		if !strings.Contains(body, want) {
			t.Errorf("the page lacks %q:\n%s", want, body)
		}
	}
	if strings.Contains(body, "<script") {
		t.Errorf("markup got through:\n%s", body)
	}
}

func TestAProgramIsToldAfterTheWait(t *testing.T) {
	f := open(t, 100*time.Millisecond)
	f.SetStatus(Status{Title: "The build failed", Detail: "no such file"})
	began := time.Now()
	answer, body := get(t, f, "/")
	if answer.StatusCode != http.StatusServiceUnavailable || !strings.Contains(body, "The build failed") || strings.Contains(body, "<") {
		t.Errorf("%s %q", answer.Status, body)
	}
	if waited := time.Since(began); waited < 100*time.Millisecond {
		t.Errorf("answered after %s", waited)
	}
}

func TestABackendThatStaysDeadIsA502(t *testing.T) {
	f := open(t, 100*time.Millisecond)
	dead := mustListen(t)
	f.Switch(Backend{Addr: dead.Addr().String(), Build: 1})
	dead.Close()
	if answer, body := get(t, f, "/"); answer.StatusCode != http.StatusBadGateway || !strings.Contains(body, "does not answer") {
		t.Errorf("%s %q", answer.Status, body)
	}
	if answer, body := browse(t, f); answer.StatusCode != http.StatusBadGateway || !strings.Contains(body, "http-equiv") {
		t.Errorf("%s %q", answer.Status, body)
	}
}

// Any website can make its own name lead to this machine, and then read what a browser gets here.
func TestThePageTellsOfTheDockerfileUnderThisMachinesNamesOnly(t *testing.T) {
	f := open(t, 0)
	const secret = "RUN curl -H 'Authorization: secret'"
	f.SetStatus(Status{Title: "The build failed", Detail: "at " + secret, Failed: true, Excerpt: []event.ExcerptLine{{Line: 3, Text: secret}}})
	for host, shown := range map[string]bool{
		"localhost:8080": true, "LocalHost": true, "app.localhost:1": true, "127.0.0.1": true, "[::1]:8080": true, "192.168.1.7:8080": true,
		"evil.example": false, "localhost.evil.example:8080": false, "127.0.0.1.evil.example": false, "notlocalhost": false, "evil.example:127.0.0.1": false,
	} {
		for _, accept := range []string{"text/html", "*/*"} {
			r := request(t, f, http.MethodGet, "/", nil)
			r.Host = host
			r.Header.Set("Accept", accept)
			if _, body := ask(t, client(t), r); strings.Contains(body, "secret") != shown || !strings.Contains(body, "The build failed") {
				t.Errorf("%s of %s: shown %v, want %v:\n%s", accept, host, !shown, shown, body)
			}
		}
	}
}
