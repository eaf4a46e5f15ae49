package engine

import (
	"context"
	"fmt"
	"slices"
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

// BenchmarkSaveToServed measures a one-line change from the save to the first answer of the new container,
// in turn with the least that the same engine needs for it, with nothing of ours but the client around it: a bare
// solve of the same graph, a container's start, the app's boot. ratio is what the loop adds: watching, planning, the hand-over. All figures are medians.
func BenchmarkSaveToServed(b *testing.B) {
	l := newLive(b)
	l.start(config.Config{})
	first, _ := await[event.Serving](l, nil)
	await[event.Ledger](l, nil)
	floor := newFloor(b, l)
	var ours, theirs medians
	for n := 0; b.Loop(); n++ {
		page := fmt.Sprint("ours ", n)
		begin := time.Now()
		l.write("page.txt", page)
		at := l.phases()
		if got := l.get(first.URL); got != page {
			b.Fatalf("served %q", got)
		}
		ours.add("save", time.Since(begin))
		ours.add("save-notice", at[0].Sub(begin))
		ours.add("save-plan", at[1].Sub(at[0]))
		ours.add("save-solve", at[2].Sub(at[1]))
		ours.add("save-start", at[3].Sub(at[2]))
		// What goes on in the background must not burden the other one's measurement.
		await[event.Ledger](l, nil)
		theirs.add("floor", floor.once(fmt.Sprint("floor ", n), &theirs))
	}
	ours.report(b)
	theirs.report(b)
	b.ReportMetric(float64(ours.of("save"))/float64(theirs.of("floor")), "ratio")
}

// phases returns when a save was noticed, planned, built and served.
func (l *live) phases() (at [4]time.Time) {
	l.t.Helper()
	_, changed := await[event.Changed](l, nil)
	_, planned := await[event.Planned](l, nil)
	_, built := await[event.Built](l, nil)
	_, serving := await[event.Serving](l, nil)
	return [4]time.Time{changed.Time, planned.Time, built.Time, serving.Time}
}

// medians are the durations measured, by name.
type medians map[string][]time.Duration

func (m *medians) add(name string, d time.Duration) {
	if *m == nil {
		*m = medians{}
	}
	(*m)[name] = append((*m)[name], d)
}

func (m medians) of(name string) time.Duration {
	sorted := slices.Sorted(slices.Values(m[name]))
	return sorted[len(sorted)/2]
}

func (m medians) report(b *testing.B) {
	for name := range m {
		b.ReportMetric(float64(m.of(name).Microseconds())/1000, "ms/"+name)
	}
}

// floor builds and starts the same app with nothing around it.
type floor struct {
	b       *testing.B
	live    *live
	builder *solve.Builder
	session *dock.Session
	project *project.Project
}

func newFloor(b *testing.B, l *live) *floor {
	b.Helper()
	session := dock.NewSession(l.engine.Host)
	builder, err := solve.New(b.Context(), l.engine)
	if err != nil {
		b.Fatal(err)
	}
	// A folder of its own: the loop must not see these edits.
	own := &live{t: b, dir: b.TempDir(), engine: l.engine, unique: l.unique}
	for name, text := range map[string]string{"Dockerfile": liveDockerfile, "main.py": liveApp, "requirements.txt": "UNIQUE", "page.txt": "floor"} {
		own.write(name, text)
	}
	p, err := project.OpenChecked(b.Context(), config.Config{Build: config.Build{Context: own.dir}, Session: config.Session{Once: true}})
	if err != nil {
		b.Fatal(err)
	}
	p.Label(dock.Label, session.ID)
	b.Cleanup(func() {
		_, _ = l.engine.Clean(context.Background(), session)
		builder.Close()
		session.Close()
	})
	return &floor{b: b, live: own, builder: builder, session: session, project: p}
}

// once returns the time from a written file to the first answer.
func (f *floor) once(page string, m *medians) time.Duration {
	f.b.Helper()
	ctx := f.b.Context()
	p, err := f.project.Plan(ctx, f.builder, "")
	if err != nil {
		f.b.Fatal(err)
	}
	f.live.write("page.txt", page)
	begin := time.Now()
	dir, err := fsutil.NewFS(f.live.dir)
	if err != nil {
		f.b.Fatal(err)
	}
	res, err := f.builder.Build(ctx, solve.Request{Plan: p, Contexts: map[string]fsutil.FS{"context": dir}, SharedKey: f.live.dir, Emit: func(event.Body) {}})
	if err != nil {
		f.b.Fatal(err)
	}
	solved := time.Now()
	cli := f.live.engine.Client
	c, err := cli.ContainerCreate(ctx, &container.Config{Image: res.Image, Labels: f.session.Labels()}, nil, nil, nil, "")
	if err == nil {
		err = cli.ContainerStart(ctx, c.ID, container.StartOptions{})
	}
	if err != nil {
		f.b.Fatal(err)
	}
	defer func() { _ = cli.ContainerRemove(ctx, c.ID, container.RemoveOptions{Force: true}) }()
	started := time.Now()
	f.live.firstAnswer(f.live.direct(c.ID) + "/")
	took := time.Since(begin)
	m.add("floor-solve", solved.Sub(begin))
	m.add("floor-start", started.Sub(solved))
	m.add("floor-boot", took-started.Sub(begin))
	return took
}
