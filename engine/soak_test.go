package engine

import (
	"context"
	"fmt"
	"math/rand/v2"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"runtime"
	"runtime/debug"
	"testing"
	"time"

	"github.com/docker/docker/api/types/container"
	"github.com/tonistiigi/fsutil"

	"github.com/stagewatch/stagewatch/engine/config"
	"github.com/stagewatch/stagewatch/engine/dock"
	"github.com/stagewatch/stagewatch/engine/event"
	"github.com/stagewatch/stagewatch/engine/project"
	"github.com/stagewatch/stagewatch/engine/solve"
)

// soakFor is how long `make soak` wants a soak to go on, 0 in the normal suite.
func soakFor() time.Duration {
	d, _ := time.ParseDuration(os.Getenv("SOAK_FOR"))
	return d
}

// soakApp answers with all that the image holds of the context: names, modes and contents.
const soakApp = `import hashlib, http.server, os, signal, stat, sys
signal.signal(signal.SIGTERM, lambda *a: sys.exit(0))
def listing():
    yield "installed " + open("/installed").read()
    for folder, names, files in os.walk("/app"):
        names.sort()
        for name in sorted(files + names):
            path = os.path.join(folder, name)
            info = os.lstat(path)
            what = ""
            if stat.S_ISLNK(info.st_mode):
                what = os.readlink(path)
            elif stat.S_ISREG(info.st_mode):
                what = hashlib.sha256(open(path, "rb").read()).hexdigest()
            yield "%o %s %s" % (info.st_mode, path, what)
whole = "\n".join(listing()).encode()
class H(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    def do_GET(self):
        body = whole if self.path == "/all" else open("/app/last.txt", "rb").read()
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)
    do_POST = do_GET
    def log_message(self, *args):
        pass
http.server.ThreadingHTTPServer(("", 8080), H).serve_forever()
`

// TestSoak edits at random, at a random pace, under a constant load. Every round ends with what is served being
// what a clean build of the tree serves; the whole with nothing left: no request failed, no container, image,
// goroutine, descriptor or memory too many. `make soak` runs it for longer.
func TestSoak(t *testing.T) {
	seed := uint64(time.Now().UnixNano())
	t.Logf("seed %d", seed)
	goroutines, descriptors := runtime.NumGoroutine(), openFiles(t)
	l := newLive(t)
	l.forgetful = true
	l.write("main.py", soakApp)
	l.write("last.txt", "begin")
	e := &editor{live: l, r: rand.New(rand.NewPCG(seed, 0))}
	l.start(config.Config{})
	first, _ := await[event.Serving](l, nil)
	session := l.session(first.Container)
	clean := newCleanBuild(t, l)
	load := startLoad(t, first.URL)

	var heap []uint64
	for end := time.Now().Add(max(soakFor(), 12*time.Second)); time.Now().Before(end); {
		for round := time.Now().Add(min(time.Minute, time.Until(end))); time.Now().Before(round); {
			e.burst()
		}
		last := fmt.Sprint("edit ", e.edits)
		e.rest(last)
		l.serves(first.URL+"/", last)
		want := clean.page()
		if !l.serves(first.URL+"/all", want) {
			break
		}
		heap = append(heap, liveHeap())
		t.Logf("%d edits, %d builds, %d canceled; as a clean build", e.edits, l.count("planned"), l.count("abandoned"))
	}
	requests, failures := load.end()
	l.settles(session, 1, 2)
	clean.close()
	l.stop()
	containers, images := l.left(session)
	// What the test itself keeps.
	http.DefaultClient.CloseIdleConnections()
	if err := l.engine.Close(); err != nil {
		t.Error(err)
	}
	t.Logf("%d edits, %d builds, %d canceled; %d requests, %d failed, the slowest after %s; leaked: %d containers, %d images, %d goroutines, %d descriptors, %s of memory",
		e.edits, l.count("planned"), l.count("abandoned"), requests, len(failures), load.slowest.Round(time.Millisecond), containers, images,
		settled(t, goroutines, runtime.NumGoroutine), settled(t, descriptors, func() int { return openFiles(t) }), growth(t, heap))
	for _, f := range failures {
		t.Error(f)
	}
	if containers+images > 0 {
		t.Errorf("%d containers and %d images are left", containers, images)
	}
}

// settled waits for the number to be what it was before, and returns how much it is above.
func settled(t *testing.T, before int, now func() int) int {
	t.Helper()
	for deadline := time.Now().Add(patience); now() > before; time.Sleep(50 * time.Millisecond) {
		if time.Now().After(deadline) {
			stacks := make([]byte, 1<<20)
			t.Errorf("%d more than before:\n%s", now()-before, stacks[:runtime.Stack(stacks, true)])
			return now() - before
		}
	}
	return 0
}

// growth is by how much the memory in use grew between the first third of the rounds and the last one. What is
// kept by design, the names of steps and paths, is far below the limit.
func growth(t *testing.T, heap []uint64) string {
	t.Helper()
	const limit = 8 << 20
	if len(heap) < 3 {
		return "too few rounds to tell"
	}
	grown := int64(heap[len(heap)-1]) - int64(heap[len(heap)/3])
	if grown > limit {
		t.Errorf("the memory in use grew by %d bytes", grown)
	}
	return fmt.Sprintf("%+d kB", grown>>10)
}

func liveHeap() uint64 {
	debug.FreeOSMemory()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return m.HeapAlloc
}

func openFiles(t *testing.T) int {
	t.Helper()
	open, err := os.ReadDir("/proc/self/fd")
	if err != nil {
		t.Skip("counting open files: ", err)
	}
	return len(open)
}

// cleanBuild builds a live session's folder from nothing, and runs what comes out.
type cleanBuild struct {
	live    *live
	builder *solve.Builder
	session *dock.Session
	times   int
}

func newCleanBuild(t *testing.T, l *live) *cleanBuild {
	t.Helper()
	session := dock.NewSession(l.engine.Host)
	builder, err := solve.New(t.Context(), l.engine)
	if err != nil {
		t.Fatal(err)
	}
	return &cleanBuild{live: l, builder: builder, session: session}
}

func (c *cleanBuild) close() {
	c.live.t.Helper()
	_, err := c.live.engine.Clean(context.Background(), c.session)
	if err != nil {
		c.live.t.Error(err)
	}
	c.builder.Close()
	c.session.Close()
}

// froms are the beginnings of a Dockerfile's stages.
var froms = regexp.MustCompile("(?m)^FROM .*$")

// page is what the app of a clean build answers.
func (c *cleanBuild) page() string {
	t := c.live.t
	t.Helper()
	c.times++
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	// Every stage begins with a step that no cache knows. (Docker Engine 20.10 was seen to crash where one of two
	// solves that share steps is one without the cache.)
	source, err := os.ReadFile(filepath.Join(c.live.dir, "Dockerfile"))
	if err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(t.TempDir(), "Dockerfile")
	if err := os.WriteFile(file, froms.ReplaceAll(source, fmt.Appendf(nil, "$0\nENV CLEAN=%s-%d", c.session.ID, c.times)), 0o644); err != nil {
		t.Fatal(err)
	}
	p, err := project.OpenChecked(ctx, config.Config{Build: config.Build{Context: c.live.dir, File: file}, Session: config.Session{Once: true}})
	if err != nil {
		t.Fatal(err)
	}
	p.Label(dock.Label, c.session.ID)
	graph, err := p.Plan(t.Context(), c.builder, "")
	if err != nil {
		t.Fatal(err)
	}
	dir, err := fsutil.NewFS(c.live.dir)
	if err != nil {
		t.Fatal(err)
	}
	// Under a key of its own, so that every file is sent.
	res, err := c.builder.Build(t.Context(), solve.Request{Plan: graph, Contexts: map[string]fsutil.FS{"context": dir}, SharedKey: fmt.Sprint(c.session.ID, c.times), Emit: func(event.Body) {}})
	if err != nil {
		t.Fatal(err)
	}
	cli := c.live.engine.Client
	started, err := cli.ContainerCreate(t.Context(), &container.Config{Image: res.Image, Labels: c.session.Labels()}, nil, nil, nil, "")
	if err == nil {
		err = cli.ContainerStart(t.Context(), started.ID, container.StartOptions{})
	}
	if err != nil {
		t.Fatal(err)
	}
	defer func() {
		_ = cli.ContainerRemove(context.Background(), started.ID, container.RemoveOptions{Force: true})
	}()
	return c.live.firstAnswer(c.live.direct(started.ID) + "/all")
}
