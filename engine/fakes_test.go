package engine

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/tonistiigi/fsutil"

	"github.com/stagewatch/stagewatch/engine/config"
	"github.com/stagewatch/stagewatch/engine/connect"
	"github.com/stagewatch/stagewatch/engine/desk"
	"github.com/stagewatch/stagewatch/engine/event"
	"github.com/stagewatch/stagewatch/engine/event/eventtest"
	"github.com/stagewatch/stagewatch/engine/image"
	"github.com/stagewatch/stagewatch/engine/past"
	"github.com/stagewatch/stagewatch/engine/plan"
	"github.com/stagewatch/stagewatch/engine/project"
	"github.com/stagewatch/stagewatch/engine/redact"
	"github.com/stagewatch/stagewatch/engine/serve/servetest"
	"github.com/stagewatch/stagewatch/engine/solve"
	"github.com/stagewatch/stagewatch/watch"
)

// rig is a loop with everything around it faked but the folder, for what is a matter of order and time. It is
// used within synctest: settle returns when all has come to rest, and time stands still meanwhile.
type rig struct {
	t       *testing.T
	dir     string
	loop    *loop
	builder *fakeBuilder
	runner  *servetest.Runner
	door    *servetest.Door
	images  *fakeImages
	pinger  *fakePinger
	batches chan project.Batch
	intents chan event.Intent
	events  chan event.Event
	cancel  context.CancelFunc
	ended   chan error
}

const rigDockerfile = "FROM base AS build\nCOPY req /req\nRUN install\nCOPY src /src\nRUN compile\nFROM small\nCOPY --from=build /out /out\n"

// newRig begins a loop. What it is made of can be changed first.
func newRig(t *testing.T, cfg config.Config, with ...func(*deps)) *rig {
	r := &rig{t: t, dir: t.TempDir(), builder: &fakeBuilder{}, runner: &servetest.Runner{}, door: &servetest.Door{}, images: &fakeImages{}, pinger: &fakePinger{},
		batches: make(chan project.Batch), intents: make(chan event.Intent), events: make(chan event.Event, 10_000), ended: make(chan error, 1)}
	r.write("Dockerfile", rigDockerfile)
	r.write("req", "1")
	r.write("src/a", "1")
	ctx, cancel := context.WithCancel(context.Background())
	r.cancel = cancel
	once := cfg.Once
	// Batches come from the test, not from a watcher.
	cfg.Context, cfg.Once = r.dir, true
	p, err := project.OpenChecked(ctx, cfg)
	if err != nil {
		t.Fatal(err)
	}
	var values atomic.Pointer[redact.Values]
	out := desk.NewOutbox()
	go out.Run(ctx, r.events)
	cfg.Once = once
	d := deps{
		desk: desk.New(ctx, voiceOf(out, "", &values)), cfg: cfg, project: p, values: &values,
		solver: newSolver(r.builder, newTurn()), pinger: r.pinger, images: r.images, earlier: earlier{steps: past.OpenSteps("")},
	}
	if !once {
		settings, _, err := appSettings(cfg.App)
		if err != nil {
			t.Fatal(err)
		}
		d.app = &appDeps{runner: r.runner, door: r.door, settings: settings}
	}
	for _, change := range with {
		change(&d)
	}
	r.loop = newLoop(d)
	go func() { r.ended <- r.loop.run(inputs{batches: r.batches, intents: r.intents}) }()
	synctest.Wait()
	return r
}

func (r *rig) write(name, text string) {
	path := filepath.Join(r.dir, name)
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		r.t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
		r.t.Fatal(err)
	}
}

// save writes a file and tells the loop.
func (r *rig) save(name, text string) {
	r.write(name, text)
	r.batch([]string{name}, false)
}

// batch tells the loop that the paths were written, amidst other writes where more is set.
func (r *rig) batch(paths []string, more bool) {
	now := time.Now()
	r.batches <- project.Batch{Batch: watch.Batch{Paths: paths, First: now, Last: now, More: more}}
	synctest.Wait()
}

// close ends the loop and everything beside it.
func (r *rig) close() {
	r.cancel()
	<-r.ended
	r.loop.wait()
}

// drain returns the events since the last call.
func (r *rig) drain() []event.Event {
	synctest.Wait()
	return eventtest.Waiting(r.events)
}

// fakeBuilder leaves every build running until the test ends it, or for as long as takes.
type fakeBuilder struct {
	plan.Offline
	takes time.Duration
	// outcome, where it is set, is asked when a build begins: a build that takes its time ends with what it returns.
	outcome func(solve.Request, string) error
	mu      sync.Mutex
	builds  []*fakeBuild
}

type fakeBuild struct {
	req  solve.Request
	end  chan error
	over error
	// times are how long the steps take that run.
	times map[plan.StepID]time.Duration
}

func (*fakeBuilder) Fill(*plan.Input) {}
func (*fakeBuilder) Forget()          {}

func (b *fakeBuilder) Name(_ context.Context, res *solve.Result, tags []string) error {
	res.Tags = tags
	return nil
}

func (*fakeBuilder) Quiet(context.Context) error { return nil }

func (*fakeBuilder) Settle(context.Context, *plan.Plan, map[string]fsutil.FS) error { return nil }

func (*fakeBuilder) TrimHistory(context.Context) error { return nil }

func (b *fakeBuilder) Build(ctx context.Context, req solve.Request) (*solve.Result, error) {
	fb := &fakeBuild{req: req, end: make(chan error), times: map[plan.StepID]time.Duration{}}
	b.mu.Lock()
	b.builds = append(b.builds, fb)
	n := len(b.builds)
	var took <-chan time.Time
	if b.takes > 0 {
		took = time.After(b.takes)
	}
	b.mu.Unlock()
	var outcome error
	if b.outcome != nil {
		outcome = b.outcome(req, fmt.Sprint("image-", n))
	}
	select {
	case <-took:
		if outcome != nil {
			return nil, outcome
		}
		return &solve.Result{Plan: req.Plan, Image: fmt.Sprint("image-", n), Times: fb.times}, nil
	case err := <-fb.end:
		if err != nil {
			return nil, err
		}
		return &solve.Result{Plan: req.Plan, Image: fmt.Sprint("image-", n), Times: fb.times}, nil
	case <-ctx.Done():
		fb.over = context.Cause(ctx)
		return nil, fb.over
	}
}

// last is the newest build.
func (b *fakeBuilder) last() *fakeBuild {
	synctest.Wait()
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.builds[len(b.builds)-1]
}

// succeed ends the newest build well, and the measuring solve that follows it.
func (r *rig) succeed() {
	r.builder.last().end <- nil
	synctest.Wait()
}

// measured ends the solve of the stage before.
func (r *rig) measured() {
	r.t.Helper()
	if b := r.builder.last(); b.req.Plan.Target != "build" {
		r.t.Fatalf("the stage before is not measured; the last solve is for %s", b.req.Plan.Target)
	}
	r.succeed()
}

type fakeImages struct {
	mu      sync.Mutex
	removed []string
}

func (*fakeImages) Basis() string                                   { return image.Files }
func (*fakeImages) Shown(context.Context) (map[string]int64, error) { return nil, nil }
func (*fakeImages) Measure(context.Context, string, int) (event.StageSize, error) {
	return event.StageSize{Bytes: 1}, nil
}
func (*fakeImages) Made(context.Context) ([]string, error) { return nil, nil }
func (i *fakeImages) Remove(_ context.Context, image string) error {
	i.mu.Lock()
	defer i.mu.Unlock()
	i.removed = append(i.removed, image)
	return nil
}

type fakePinger struct {
	gone, hangs atomic.Bool
	// builder is a builder elsewhere that is gone with it, empty for none.
	builder string
}

func (p *fakePinger) Silent(ctx context.Context) bool {
	if !p.hangs.Load() {
		return false
	}
	select {
	case <-ctx.Done():
		return false
	case <-time.After(pingWithin):
		return true
	}
}

func (p *fakePinger) Ping(context.Context) error {
	if p.gone.Load() && p.builder != "" {
		return &connect.AwayError{Builder: p.builder}
	}
	if p.gone.Load() {
		return errors.New("connection refused")
	}
	return nil
}
func (p *fakePinger) Broken(ctx context.Context) { <-ctx.Done() }
func (p *fakePinger) Info(context.Context) (event.Engine, error) {
	return event.Engine{Name: "fake"}, nil
}

var errStep = errors.New("exit code: 1")
