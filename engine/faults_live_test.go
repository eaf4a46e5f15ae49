package engine

import (
	"context"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stagewatch/stagewatch/engine/config"
	"github.com/stagewatch/stagewatch/engine/event"
)

// TestTheContextGoesAwayAndComesBack: a folder that is renamed away is no reason to end, and what was edited
// in it meanwhile is built when it is back.
func TestTheContextGoesAwayAndComesBack(t *testing.T) {
	l := newLive(t)
	l.start(config.Config{})
	first, _ := await[event.Serving](l, nil)
	away := l.dir + "-away"
	if err := os.Rename(l.dir, away); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.RemoveAll(away) })
	await(l, func(w event.Warning) bool { return w.Code == "watch-root-gone" })
	if got := l.get(first.URL); got != "one" {
		t.Errorf("without its folder the app serves %q", got)
	}
	if err := os.WriteFile(filepath.Join(away, "page.txt"), []byte("two"), 0o644); err != nil {
		t.Fatal(err)
	}
	if err := os.Rename(away, l.dir); err != nil {
		t.Fatal(err)
	}
	await[event.Serving](l, nil)
	if got := l.get(first.URL); got != "two" {
		t.Errorf("after its return the app serves %q", got)
	}
}

// TestABranchSwitchBackAndForth writes thousands of files in a moment, and takes them away again: what is
// served in the end is the tree as it then is.
func TestABranchSwitchBackAndForth(t *testing.T) {
	const files = 10_000
	l := newLive(t)
	l.start(config.Config{})
	first, _ := await[event.Serving](l, nil)
	lib := filepath.Join(l.dir, "lib")
	for i := range files {
		dir := filepath.Join(lib, fmt.Sprint("d", i%50))
		if i < 50 {
			if err := os.MkdirAll(dir, 0o755); err != nil {
				t.Fatal(err)
			}
		}
		if err := os.WriteFile(filepath.Join(dir, fmt.Sprint(i)), []byte("x"), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.RemoveAll(lib); err != nil {
		t.Fatal(err)
	}
	l.write("page.txt", "switched")
	l.serves(first.URL, "switched")
	// The image holds what the folder holds: main.py, page.txt and requirements.txt.
	l.write("main.py", strings.Replace(liveApp, `open("/app/page.txt", "rb").read()`, `" ".join(sorted(__import__("os").listdir("/app"))).encode()`, 1))
	l.serves(first.URL, "main.py page.txt requirements.txt")
}

// TestTwoSessionsOnOneContext: the second one has another port and name, and neither takes the other's away.
func TestTwoSessionsOnOneContext(t *testing.T) {
	l := newLive(t)
	l.start(config.Config{})
	first, _ := await[event.Serving](l, nil)
	second := &live{t: t, dir: l.dir, engine: l.engine, unique: l.unique, intents: make(chan event.Intent), more: make(chan struct{}), counts: map[string]int{}}
	second.start(config.Config{})
	other, _ := await[event.Serving](second, nil)
	if w, _ := await(second, func(w event.Warning) bool { return w.Code == event.CodeContainerName }); !strings.Contains(w.Message, "another stagewatch session") {
		t.Errorf("told of the container's name: %s", w.Message)
	}
	l.write("page.txt", "two")
	a, _ := await[event.Serving](l, nil)
	b, _ := await[event.Serving](second, nil)
	if a.Container == b.Container || l.get(a.URL) != "two" || l.get(b.URL) != "two" {
		t.Errorf("%s and %s serve %q and %q", a.Container, b.Container, l.get(a.URL), l.get(b.URL))
	}
	second.stop()
	if got := l.get(first.URL); got != "two" || first.URL == other.URL {
		t.Errorf("after the other's end %s serves %q", first.URL, got)
	}
}

// TestAFirstBuildThatFailsIsShownInTheBrowser: somebody who opens the page before anything serves sees why.
func TestAFirstBuildThatFailsIsShownInTheBrowser(t *testing.T) {
	port := freePort(t)
	l := newLive(t)
	l.write("Dockerfile", liveDockerfile+"RUN <b>; exit 3\n")
	l.start(config.Config{App: config.App{Publish: []string{fmt.Sprintf("%d:8080", port)}}})
	await[event.Failed](l, nil)
	await[event.Stale](l, nil)
	req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, fmt.Sprintf("http://127.0.0.1:%d/", port), nil)
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Accept", "text/html")
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	page := l.body(res)
	if res.StatusCode != http.StatusServiceUnavailable || !strings.Contains(page, "&lt;b&gt;; exit 3") {
		t.Errorf("%s:\n%s", res.Status, page)
	}
	l.write("Dockerfile", liveDockerfile)
	s, _ := await[event.Serving](l, nil)
	if got := l.get(s.URL); got != "one" {
		t.Errorf("mended, the page is %q", got)
	}
}

// TestRestartSwapLosesNoRequest: the old container goes first, and requests wait for the new one.
func TestRestartSwapLosesNoRequest(t *testing.T) {
	l := newLive(t)
	l.start(config.Config{App: config.App{Swap: "restart"}})
	first, _ := await[event.Serving](l, nil)
	ctx, stop := context.WithCancel(t.Context())
	failures := make(chan error, 1000)
	done := make(chan struct{})
	go func() {
		defer close(done)
		for ctx.Err() == nil {
			res, err := http.Get(first.URL)
			if err == nil {
				l.body(res)
				if res.StatusCode != http.StatusOK {
					err = fmt.Errorf("status %s", res.Status)
				}
			}
			if err != nil {
				failures <- err
			}
		}
	}()
	l.write("page.txt", "two")
	await[event.Serving](l, nil)
	if got := l.get(first.URL); got != "two" {
		t.Errorf("page is %q", got)
	}
	stop()
	<-done
	close(failures)
	for err := range failures {
		t.Error(err)
	}
}
