package engine

import (
	"context"
	"fmt"
	"testing"
	"time"

	"github.com/tonistiigi/fsutil"

	"github.com/stagewatch/stagewatch/engine/build"
	"github.com/stagewatch/stagewatch/engine/dock"
	"github.com/stagewatch/stagewatch/engine/event"
	"github.com/stagewatch/stagewatch/engine/plan"
	"github.com/stagewatch/stagewatch/engine/run"
)

// BenchmarkSaveToServed measures a one-line change from the save to the first answer of the new container,
// in turn with the least that the same engine needs for it: a bare solve of the same graph, a container's
// start, the app's boot. ratio is what the loop adds: watching, planning, the hand-over.
func BenchmarkSaveToServed(b *testing.B) {
	l := newLive(b)
	l.start(Config{})
	first, _ := await[event.Serving](l, nil)
	await[event.Sized](l, nil)
	floor := newFloor(b, l)
	var ours, theirs time.Duration
	n := 0
	for b.Loop() {
		n++
		page := fmt.Sprint("ours ", n)
		begin := time.Now()
		l.write("page.txt", page)
		await[event.Serving](l, nil)
		if got := l.get(first.URL); got != page {
			b.Fatalf("served %q", got)
		}
		ours += time.Since(begin)
		// What goes on in the background must not burden the other one's measurement.
		await[event.Sized](l, nil)
		theirs += floor.once(fmt.Sprint("floor ", n))
	}
	b.ReportMetric(float64(ours.Milliseconds())/float64(n), "ms/save")
	b.ReportMetric(float64(theirs.Milliseconds())/float64(n), "ms/floor")
	b.ReportMetric(float64(ours)/float64(theirs), "ratio")
}

// floor builds and starts the same app with nothing around it.
type floor struct {
	b       *testing.B
	live    *live
	builder *build.Builder
	runner  *run.Runner
	project *project
}

func newFloor(b *testing.B, l *live) *floor {
	b.Helper()
	session, err := dock.NewSession(l.engine.Host)
	if err != nil {
		b.Fatal(err)
	}
	builder, err := build.New(b.Context(), l.engine)
	if err != nil {
		b.Fatal(err)
	}
	// A folder of its own: the loop must not see these edits.
	own := &live{t: b, dir: b.TempDir(), unique: l.unique}
	for name, text := range map[string]string{"Dockerfile": liveDockerfile, "main.py": liveApp, "requirements.txt": "UNIQUE", "page.txt": "floor"} {
		own.write(name, text)
	}
	p, err := openProject(b.Context(), Config{Context: own.dir, Once: true})
	if err != nil {
		b.Fatal(err)
	}
	p.attrs["label:"+dock.Label] = session.ID
	b.Cleanup(func() {
		_, _ = l.engine.Clean(context.Background(), session)
		builder.Close()
		session.Close()
	})
	return &floor{b: b, live: own, builder: builder, runner: run.New(b.Context(), l.engine, session.Labels()), project: p}
}

// once returns the time from a written file to the first answer.
func (f *floor) once(page string) time.Duration {
	f.b.Helper()
	ctx := f.b.Context()
	p, err := f.project.plan(ctx, bare{f.builder}, "")
	if err != nil {
		f.b.Fatal(err)
	}
	f.live.write("page.txt", page)
	begin := time.Now()
	dir, err := fsutil.NewFS(f.live.dir)
	if err != nil {
		f.b.Fatal(err)
	}
	res, err := f.builder.Build(ctx, build.Request{Plan: p, Contexts: map[string]fsutil.FS{"context": dir}, SharedKey: f.live.dir, Emit: func(event.Body) {}})
	if err != nil {
		f.b.Fatal(err)
	}
	c, err := f.runner.Start(ctx, run.Spec{Image: res.Image, Port: 8080, Log: func(event.Log) {}})
	if err == nil {
		err = c.Ready(ctx, time.Minute)
	}
	if err != nil {
		f.b.Fatal(err)
	}
	took := time.Since(begin)
	if err := c.Stop(ctx, time.Second); err != nil {
		f.b.Fatal(err)
	}
	return took
}

// bare gives a build.Builder the shape of the loop's toolchain.
type bare struct{ *build.Builder }

func (b bare) planInput(in *plan.Input) { in.Caps, in.Platform = b.Caps(), b.Platform() }
