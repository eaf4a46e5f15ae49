package run

import (
	"context"
	"io"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stagewatch/stagewatch/engine/dock"
	"github.com/stagewatch/stagewatch/engine/dock/docktest"
	"github.com/stagewatch/stagewatch/engine/event"
)

// rig is an engine with a session for one test.
type rig struct {
	*testing.T
	engine  *dock.Engine
	session *dock.Session
	runner  *Runner
}

func newRig(t *testing.T) *rig {
	t.Helper()
	t.Parallel()
	engine := docktest.Engine(t)
	session := docktest.Session(t, engine)
	return &rig{t, engine, session, New(t.Context(), engine, session.Labels())}
}

// image returns an image of the test app with these arguments.
func (r *rig) image(args ...string) string {
	r.Helper()
	return docktest.Image(r, r.engine, r.session, cmd(args...))
}

// cmd returns the instruction that runs the test app.
func cmd(args ...string) string { return `CMD ["/app","` + strings.Join(args, `","`) + `"]` }

// start starts a container that is stopped at the end of the test.
func (r *rig) start(spec Spec) *Container {
	r.Helper()
	c, err := r.runner.Start(r.Context(), spec)
	if err != nil {
		r.Fatal(err)
	}
	r.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.Background(), 30*time.Second)
		defer cancel()
		if err := c.Stop(ctx, 0); err != nil {
			r.Error(err)
		}
	})
	return c
}

// serve starts a container of the test app on port 8080 and waits until it is ready.
func (r *rig) serve(spec Spec) *Container {
	r.Helper()
	spec.Port = 8080
	c := r.start(spec)
	if err := c.Ready(r.Context(), Readiness{Within: 30 * time.Second}); err != nil {
		r.Fatal(err)
	}
	return c
}

// ask sends a GET to the app.
func (r *rig) ask(c *Container, path string) string {
	r.Helper()
	transport := &http.Transport{}
	defer transport.CloseIdleConnections()
	answer, err := (&http.Client{Transport: transport, Timeout: time.Minute}).Get("http://" + c.Addr() + path)
	if err != nil {
		r.Fatal(err)
	}
	defer answer.Body.Close()
	body, err := io.ReadAll(answer.Body)
	if err != nil {
		r.Fatal(err)
	}
	return string(body)
}

// ended waits for a container's end.
func (r *rig) ended(c *Container) Exit {
	r.Helper()
	select {
	case <-c.Done():
	case <-time.After(30 * time.Second):
		r.Fatal("the container has not ended within 30 s")
	}
	return c.Exit()
}

// diary collects log lines.
type diary struct {
	mu    sync.Mutex
	lines []event.Log
}

func (d *diary) write(line event.Log) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.lines = append(d.lines, line)
}

// texts returns the lines of a stream.
func (d *diary) texts(stream string) []string {
	d.mu.Lock()
	defer d.mu.Unlock()
	var texts []string
	for _, line := range d.lines {
		if line.Stream == stream {
			texts = append(texts, line.Text)
		}
	}
	return texts
}
