package engine

import (
	"context"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/docker/docker/api/types/container"
	"github.com/docker/docker/api/types/filters"
	"github.com/docker/docker/api/types/image"

	"github.com/stagewatch/stagewatch/engine/config"
	"github.com/stagewatch/stagewatch/engine/dock"
	"github.com/stagewatch/stagewatch/engine/dock/docktest"
	"github.com/stagewatch/stagewatch/engine/event"
)

// live is a session on a real engine, with a context folder of its own.
type live struct {
	t      testing.TB
	dir    string
	engine *dock.Engine
	// unique makes the steps of this test unknown to every cache.
	unique string
	// base is the image that BASE stands for, if any.
	base    string
	intents chan event.Intent

	cancel context.CancelFunc
	ended  chan error

	// forgetful: of the events of long sessions only the number of each kind is kept, once they are looked for no more.
	forgetful bool

	mu     sync.Mutex
	events []event.Event
	counts map[string]int
	more   chan struct{}
	seen   int
}

const liveDockerfile = `FROM python:3.9-slim AS build
WORKDIR /app
COPY requirements.txt .
RUN cp requirements.txt /installed; echo installing UNIQUE
COPY . .

FROM python:3.9-alpine
COPY --from=build /installed /installed
COPY --from=build /app /app
CMD ["python", "-u", "/app/main.py"]
`

const liveApp = `import http.server, signal, sys
signal.signal(signal.SIGTERM, lambda *a: sys.exit(0))
class H(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    def do_GET(self):
        body = open("/app/page.txt", "rb").read()
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)
    do_POST = do_GET
http.server.ThreadingHTTPServer(("", 8080), H).serve_forever()
`

func newLive(t testing.TB) *live {
	t.Helper()
	e := docktest.Engine(t)
	l := &live{t: t, dir: t.TempDir(), engine: e, unique: fmt.Sprint(time.Now().UnixNano()), intents: make(chan event.Intent, 4), more: make(chan struct{}), counts: map[string]int{}}
	t.Setenv("XDG_CACHE_HOME", t.TempDir())
	l.write("Dockerfile", liveDockerfile)
	l.write("main.py", liveApp)
	l.write("page.txt", "one")
	l.write("requirements.txt", "UNIQUE")
	l.write(".dockerignore", "*.pyc\n__pycache__/\nDockerfile\n.dockerignore\n")
	return l
}

func (l *live) write(name, text string) {
	l.t.Helper()
	path := filepath.Join(l.dir, name)
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		l.t.Fatal(err)
	}
	// As editors save: whole, under another name, renamed.
	tmp := path + "~"
	if err := os.WriteFile(tmp, []byte(strings.NewReplacer("UNIQUE", l.unique, "BASE", l.base).Replace(text)), 0o644); err != nil {
		l.t.Fatal(err)
	}
	if err := os.Rename(tmp, path); err != nil {
		l.t.Fatal(err)
	}
}

// start runs the engine on the folder.
func (l *live) start(cfg config.Config) {
	l.t.Helper()
	cfg.Context = l.dir
	if cfg.Publish == nil {
		cfg.Publish = []string{"0:8080"}
	}
	ctx, cancel := context.WithCancel(context.Background())
	l.cancel = cancel
	events := make(chan event.Event)
	l.ended = make(chan error, 1)
	go func() { l.ended <- Run(ctx, context.Background(), cfg, l.intents, events) }()
	go func() {
		for e := range events {
			l.mu.Lock()
			l.counts[e.Body.Kind()]++
			if !l.forgetful || l.counts["serving"] < 2 {
				l.events = append(l.events, e)
			}
			close(l.more)
			l.more = make(chan struct{})
			l.mu.Unlock()
		}
	}()
	l.t.Cleanup(func() {
		if l.t.Failed() {
			l.mu.Lock()
			defer l.mu.Unlock()
			for _, e := range l.events {
				line, _ := event.Encode(e)
				l.t.Logf("%.300s", line)
			}
		}
	})
	l.t.Cleanup(func() { l.stop() })
}

// stop ends the session as a signal would, and waits for its end.
func (l *live) stop() {
	l.t.Helper()
	if l.cancel == nil {
		return
	}
	l.cancel()
	l.cancel = nil
	if err := <-l.ended; err != nil {
		l.t.Errorf("the session ended with %v", err)
	}
}

// patience is how long an event may take on a machine that has much else to do.
const patience = 90 * time.Second

// await returns the next event of type B for which ok holds, after those that earlier calls returned.
func await[B event.Body](l *live, ok func(B) bool) (B, event.Event) {
	l.t.Helper()
	deadline := time.After(patience)
	for {
		l.mu.Lock()
		for i := l.seen; i < len(l.events); i++ {
			if b, is := l.events[i].Body.(B); is && (ok == nil || ok(b)) {
				l.seen = i + 1
				e := l.events[i]
				l.mu.Unlock()
				return b, e
			}
		}
		more := l.more
		l.mu.Unlock()
		select {
		case <-more:
		case err := <-l.ended:
			l.ended <- err
			l.t.Fatalf("the session ended with %v", err)
		case <-deadline:
			var want B
			l.t.Fatalf("no %s came", want.Kind())
		}
	}
}

// steps returns the last state of each step of a build: "build 4 hit".
func (l *live) steps(build int) map[string]event.State {
	l.mu.Lock()
	defer l.mu.Unlock()
	out := map[string]event.State{}
	for _, e := range l.events {
		if s, ok := e.Body.(event.Step); ok && e.Build == build {
			out[fmt.Sprintf("%s %d", s.Stage, s.Index)] = s.State
		}
	}
	return out
}

// output is what the steps of all builds printed.
func (l *live) output() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	var b strings.Builder
	for _, e := range l.events {
		if o, ok := e.Body.(event.Output); ok {
			b.WriteString(o.Text + "\n")
		}
	}
	return b.String()
}

func (l *live) get(url string) string {
	l.t.Helper()
	res, err := http.Get(url)
	if err != nil {
		l.t.Fatal(err)
	}
	return l.body(res)
}

func (l *live) body(res *http.Response) string {
	defer res.Body.Close()
	body, err := io.ReadAll(res.Body)
	if err != nil {
		l.t.Error(err)
	}
	return string(body)
}

// count is how many events of a kind there were.
func (l *live) count(kind string) int {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.counts[kind]
}

// serves waits until the page is that, and says so where it never is.
func (l *live) serves(url, want string) bool {
	l.t.Helper()
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	for deadline := time.Now().Add(patience); ; <-tick.C {
		got := l.get(url)
		if got == want {
			return true
		}
		if time.Now().After(deadline) {
			l.t.Errorf("%s serves\n%.2000s\nwant\n%.2000s", url, got, want)
			return false
		}
	}
}

// firstAnswer waits for an app to answer.
func (l *live) firstAnswer(url string) string {
	l.t.Helper()
	for deadline := time.Now().Add(patience); ; time.Sleep(time.Millisecond) {
		res, err := http.Get(url)
		if err == nil {
			return l.body(res)
		}
		if time.Now().After(deadline) {
			l.t.Fatal(err)
		}
	}
}

// direct is the address of a container's app, past every front.
func (l *live) direct(id string) string {
	l.t.Helper()
	seen, err := l.engine.Client.ContainerInspect(l.t.Context(), id)
	if err != nil {
		l.t.Fatal(err)
	}
	return "http://" + seen.NetworkSettings.Networks["bridge"].IPAddress + ":8080"
}

// freePort is a port that nobody has at the moment, and that the system gives to nobody who takes any.
func freePort(t testing.TB) int {
	t.Helper()
	for range 100 {
		port := 20_000 + rand.IntN(10_000)
		if probe, err := net.Listen("tcp", fmt.Sprintf("127.0.0.1:%d", port)); err == nil {
			probe.Close()
			return port
		}
	}
	t.Fatal("no port is free")
	return 0
}

// left lists what carries our label of this test's session on the engine.
func (l *live) left(session string) (containers, images int) {
	l.t.Helper()
	f := filters.NewArgs(filters.Arg("label", dock.Label+"="+session))
	cs, err := l.engine.Client.ContainerList(context.Background(), container.ListOptions{All: true, Filters: f})
	if err != nil {
		l.t.Fatal(err)
	}
	is, err := l.engine.Images(context.Background(), image.ListOptions{All: true, Filters: f})
	if err != nil {
		l.t.Fatal(err)
	}
	return len(cs), len(is)
}

// session reads the session's id off the container that serves.
func (l *live) session(id string) string {
	l.t.Helper()
	c, err := l.engine.Client.ContainerInspect(context.Background(), id)
	if err != nil {
		l.t.Fatal(err)
	}
	return c.Config.Labels[dock.Label]
}

// settles waits for the session to have no more than so much on the engine: what is superseded is removed
// in the background, and nothing tells when.
func (l *live) settles(session string, containers, images int) {
	l.t.Helper()
	tick := time.NewTicker(50 * time.Millisecond)
	defer tick.Stop()
	for deadline := time.Now().Add(patience); ; <-tick.C {
		c, i := l.left(session)
		if c <= containers && i <= images {
			return
		}
		if time.Now().After(deadline) {
			l.t.Errorf("%d containers and %d images of ours stay", c, i)
			return
		}
	}
}
