package front

import (
	"context"
	"fmt"
	"net/http"
	neturl "net/url"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stagewatch/stagewatch/engine/event"
)

// shown counts the pages that were asked for, by path.
type shown struct {
	mu    sync.Mutex
	count map[string]int
}

func (s *shown) of(path string) int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.count[path]
}

// build returns the app as a build has it: pages that say which one they are of, and may have a policy.
func (s *shown) build(t *testing.T, number int) Backend {
	return app(t, number, func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/number" {
			fmt.Fprint(w, number)
			return
		}
		if r.URL.Path == "/worker.js" {
			w.Header().Set("Content-Type", "text/javascript")
			fmt.Fprint(w, worker)
			return
		}
		s.mu.Lock()
		s.count[r.URL.Path]++
		s.mu.Unlock()
		w.Header().Set("Content-Type", "text/html")
		if policy := r.URL.Query().Get("policy"); policy != "" {
			w.Header().Set("Content-Security-Policy", policy)
		}
		_, _ = fmt.Fprintf(w, "<!doctype html><html><head>%s</head><body data-build=%d>%s</body></html>", r.URL.Query().Get("meta"), number, r.URL.Path)
	})
}

const of = "document.body?.dataset.build"

func TestInChromium(t *testing.T) {
	c := browser(t)
	for name, test := range map[string]func(*testing.T, *chromium){
		"each tab reloads once for each hand-over": reloadsOnce,
		"pages follow into the next session":       followsSessions,
		"policies let pages follow":                followsUnderPolicies,
		"a page that stays old is reloaded once":   triesOnce,
	} {
		t.Run(name, func(t *testing.T) {
			c.t = t
			test(t, c)
		})
	}
}

// A browser opens six connections to a host, for all tabs together: here are more than six tabs.
func reloadsOnce(t *testing.T, c *chromium) {
	f := opened(t, 10*time.Second, true)
	asked := &shown{count: map[string]int{}}
	f.Switch(asked.build(t, 1))
	var tabs []string
	for i := range 8 {
		tabs = append(tabs, c.open(url(f, fmt.Sprint("/", i))))
	}
	const handOvers = 8
	for build := 1; build <= handOvers+1; build++ {
		if build > 1 {
			f.Switch(asked.build(t, build))
		}
		for i, tab := range tabs {
			c.await(tab, of, fmt.Sprint(build))
			if n := asked.of(fmt.Sprint("/", i)); n != build {
				t.Fatalf("tab %d: %d pages at build %d", i, n, build)
			}
		}
	}
	// All scripts are at rest once they have shown this.
	f.SetFailure(&Status{Title: "The build failed", Detail: "<b>bold</b>", Excerpt: []event.ExcerptLine{{Line: 3, Text: "RUN <i>", Blamed: true}}})
	for i, tab := range tabs {
		c.await(tab, "document.querySelector('stagewatch-failure')?.shadowRoot.querySelector('div').innerText.replace(/\\s+/g, ' ')", "The build failed <b>bold</b> 3 RUN <i> stagewatch \u00b7 what the page shows is older than the source")
		if got, err := c.eval(tab, "fetch('/number').then(r => r.text())"); err != nil || got != fmt.Sprint(handOvers+1) {
			t.Errorf("tab %d asks the app: %q %v", i, got, err)
		}
		if n := asked.of(fmt.Sprint("/", i)); n != handOvers+1 {
			t.Errorf("tab %d: %d pages after %d hand-overs", i, n, handOvers)
		}
	}
	if _, err := c.eval(tabs[0], "document.querySelector('stagewatch-failure').shadowRoot.querySelector('button').click()"); err != nil {
		t.Fatal(err)
	}
	c.await(tabs[0], "document.querySelector('stagewatch-failure')", "<nil>")
	f.SetFailure(nil)
	c.await(tabs[1], "document.querySelector('stagewatch-failure')", "<nil>")
}

// Pages that are left open, or kept by the browser to go back to, belong to no session.
func followsSessions(t *testing.T, c *chromium) {
	f := opened(t, 10*time.Second, true)
	asked := &shown{count: map[string]int{}}
	f.Switch(asked.build(t, 1))
	left, back := c.open(url(f, "/left")), c.open(url(f, "/back"))
	c.await(left, of, "1")
	c.await(back, of, "1")
	// Only what has been loaded is kept to go back to.
	c.await(back, "document.readyState", "complete")
	if _, err := c.eval(back, "addEventListener('pageshow', e => window.persisted = e.persisted)"); err != nil {
		t.Fatal(err)
	}
	c.show(back, url(f, "/elsewhere"))
	c.await(back, "location.pathname + "+of, "/elsewhere1")
	_, _ = c.eval(back, "history.back()")
	c.await(back, "location.pathname + window.persisted", "/backtrue")
	c.show(back, url(f, "/elsewhere"))
	c.await(back, "location.pathname + "+of, "/elsewhere1")

	// The session ends, and the next one takes the port.
	ctx, cancel := context.WithTimeout(t.Context(), 5*time.Second)
	defer cancel()
	addr := f.Addr().String()
	if err := f.Close(ctx); err != nil {
		t.Fatal(err)
	}
	f, err := listen(addr, 10*time.Second, true)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close(t.Context())
	f.Switch(asked.build(t, 2))
	c.await(left, of, "2")
	c.await(back, "location.pathname + "+of, "/elsewhere2")
	_, _ = c.eval(back, "history.back()")
	c.await(back, "location.pathname + "+of, "/back2")
	// All scripts are at rest once they have shown this.
	f.SetFailure(&Status{Title: "The build failed"})
	for _, tab := range []string{left, back} {
		c.await(tab, "!!document.querySelector('stagewatch-failure')", "true")
	}
	for _, path := range []string{"/left", "/back"} {
		if n := asked.of(path); n != 2 {
			t.Errorf("%s was asked for %d times, want once by each session", path, n)
		}
	}
}

func followsUnderPolicies(t *testing.T, c *chromium) {
	f := opened(t, 10*time.Second, true)
	asked := &shown{count: map[string]int{}}
	f.Switch(asked.build(t, 1))
	var tabs []string
	for i, policy := range []string{
		"default-src 'none'", "script-src 'unsafe-inline' https:; connect-src https:", "script-src 'nonce-abc' 'strict-dynamic'; base-uri 'none'",
		"default-src 'self', script-src 'sha256-47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU='", "require-trusted-types-for 'script'; trusted-types 'none'; style-src 'none'",
	} {
		// Each listens itself, as each has a host of its own.
		address := strings.Replace(url(f, fmt.Sprint("/", i)), "127.0.0.1", fmt.Sprintf("host%d.localhost", i), 1)
		tabs = append(tabs, c.open(address+"?policy="+neturl.QueryEscape(policy)))
	}
	for _, tab := range tabs {
		c.await(tab, of, "1")
	}
	f.Switch(asked.build(t, 2))
	for i, tab := range tabs {
		c.await(tab, of, "2")
		if n := asked.of(fmt.Sprint("/", i)); n != 2 {
			t.Errorf("policy %d: %d pages after one hand-over", i, n)
		}
	}
	// What the page says itself is not changed. It is told why it does not follow.
	c.open(strings.Replace(url(f, "/meta"), "127.0.0.1", "meta.localhost", 1) + "?meta=" + neturl.QueryEscape(`<meta http-equiv="Content-Security-Policy" content="default-src 'none'">`))
	await(t, func() bool {
		c.mu.Lock()
		defer c.mu.Unlock()
		return slices.ContainsFunc(c.said, func(line string) bool {
			return strings.HasPrefix(line, "stagewatch: this page does not reload by itself")
		})
	})
}

// worker is a service worker that asks the app for a page once and for all.
const worker = `
addEventListener('install', () => skipWaiting())
addEventListener('activate', e => e.waitUntil(clients.claim()))
addEventListener('fetch', e => {
  if (e.request.mode !== 'navigate') return
  e.respondWith(caches.open('kept').then(async kept => {
    if (!await kept.match('/kept')) await kept.put('/kept', await fetch(e.request))
    return kept.match('/kept')
  }))
})`

// A service worker may go on showing what it has, whatever serves.
func triesOnce(t *testing.T, c *chromium) {
	f := opened(t, 10*time.Second, true)
	asked := &shown{count: map[string]int{}}
	f.Switch(asked.build(t, 1))
	address := url(f, "/kept?meta=") + neturl.QueryEscape("<script>localStorage.loads = Number(localStorage.loads || 0) + 1</script>")
	tab := c.open(address)
	c.await(tab, "localStorage.loads", "1")
	c.await(tab, "navigator.serviceWorker.register('/worker.js').then(() => navigator.serviceWorker.ready).then(() => !!navigator.serviceWorker.controller)", "true")
	c.show(tab, address+"&again")
	c.await(tab, "localStorage.loads", "2")
	for build := 2; build <= 3; build++ {
		f.Switch(asked.build(t, build))
		c.await(tab, "localStorage.loads", fmt.Sprint(build+1))
		// All scripts are at rest once they have shown this.
		f.SetFailure(&Status{Title: "The build failed"})
		c.await(tab, "!!document.querySelector('stagewatch-failure')", "true")
		f.SetFailure(nil)
		c.await(tab, "!document.querySelector('stagewatch-failure')", "true")
		if got, err := c.eval(tab, "localStorage.loads + ' ' + "+of); err != nil || got != fmt.Sprint(build+1, " 1") {
			t.Errorf("after hand-over %d: %s loads, %v", build-1, got, err)
		}
	}
}
