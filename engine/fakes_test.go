package engine

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stagewatch/stagewatch/engine/config"
	"github.com/stagewatch/stagewatch/engine/desk"
	"github.com/stagewatch/stagewatch/engine/event"
	"github.com/stagewatch/stagewatch/engine/front"
	"github.com/stagewatch/stagewatch/engine/past"
	"github.com/stagewatch/stagewatch/engine/plan"
	"github.com/stagewatch/stagewatch/engine/project"
	"github.com/stagewatch/stagewatch/engine/redact"
	"github.com/stagewatch/stagewatch/engine/run"
	"github.com/stagewatch/stagewatch/engine/serve"
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
	runner  *fakeRunner
	door    *fakeDoor
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
	r := &rig{t: t, dir: t.TempDir(), builder: &fakeBuilder{}, runner: &fakeRunner{}, door: &fakeDoor{}, images: &fakeImages{}, pinger: &fakePinger{},
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
	out := newOutbox(&values)
	go out.Run(ctx, r.events)
	cfg.Once = once
	d := deps{
		desk: desk.New(ctx, out), cfg: cfg, project: p, values: &values,
		solver: newSolver(r.builder), pinger: r.pinger, images: r.images, earlier: earlier{steps: past.OpenSteps("")},
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
	var out []event.Event
	for {
		select {
		case e := <-r.events:
			out = append(out, e)
		default:
			return out
		}
	}
}

// one returns the only event of type B among the events.
func one[B event.Body](t *testing.T, events []event.Event) (B, int) {
	t.Helper()
	found := all[B](events)
	if len(found) != 1 {
		t.Fatalf("%d events of type %T among %+v", len(found), *new(B), events)
	}
	return found[0].Body.(B), found[0].Build
}

func all[B event.Body](events []event.Event) []event.Event {
	return slices.DeleteFunc(slices.Clone(events), func(e event.Event) bool {
		_, is := e.Body.(B)
		return !is
	})
}

// fakeBuilder leaves every build running until the test ends it, or for as long as takes.
type fakeBuilder struct {
	plan.Offline
	takes  time.Duration
	mu     sync.Mutex
	builds []*fakeBuild
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

func (*fakeBuilder) Quiet(context.Context) error { return nil }

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
	select {
	case <-took:
		return &solve.Result{Image: fmt.Sprint("image-", n), Times: fb.times}, nil
	case err := <-fb.end:
		if err != nil {
			return nil, err
		}
		return &solve.Result{Image: fmt.Sprint("image-", n), Times: fb.times}, nil
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

func (*fakeImages) Basis() string { return "fake" }
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

type fakePinger struct{ gone, hangs atomic.Bool }

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
	if p.gone.Load() {
		return errors.New("connection refused")
	}
	return nil
}
func (p *fakePinger) Broken(ctx context.Context) { <-ctx.Done() }
func (p *fakePinger) Info(context.Context) (event.Engine, error) {
	return event.Engine{Name: "fake"}, nil
}

// fakeRunner starts containers that get ready, or end, when the test says so, or get ready after a while.
type fakeRunner struct {
	takes   time.Duration
	mu      sync.Mutex
	started []*fakeInstance
	// tries counts the starts, those that fail with err included.
	tries int
	err   error
	// noLog is that of the newest container's spec.
	noLog func(driver string)
}

func (f *fakeRunner) Start(_ context.Context, spec run.Spec) (serve.Instance, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.tries++
	if f.err != nil {
		return nil, f.err
	}
	i := &fakeInstance{takes: f.takes, id: fmt.Sprint("container-", len(f.started)+1), image: spec.Image, at: time.Now(), ready: make(chan error, 1), moved: make(chan struct{}, 1), done: make(chan struct{})}
	f.started = append(f.started, i)
	f.noLog = spec.NoLog
	return i, nil
}

func (f *fakeRunner) last() *fakeInstance {
	synctest.Wait()
	f.mu.Lock()
	defer f.mu.Unlock()
	if len(f.started) == 0 {
		return nil
	}
	return f.started[len(f.started)-1]
}

type fakeInstance struct {
	id, image string
	at        time.Time
	takes     time.Duration
	ready     chan error
	// asked is how it was asked whether it is ready, and answered what it answered then.
	asked    run.Readiness
	answered int
	moved    chan struct{}
	away     atomic.Bool
	done     chan struct{}
	end      sync.Once
	exit     run.Exit
	stopped  atomic.Bool
	// hangs: the engine does not stop it.
	hangs atomic.Bool
}

func (i *fakeInstance) ID() string                     { return i.id }
func (i *fakeInstance) Backend(int) front.Backend      { return front.Backend{Addr: i.id} }
func (i *fakeInstance) TakeName(context.Context) error { return nil }
func (i *fakeInstance) Done() <-chan struct{}          { return i.done }
func (i *fakeInstance) Exit() run.Exit                 { <-i.done; return i.exit }
func (i *fakeInstance) Answered() int                  { return i.answered }
func (i *fakeInstance) Moved() <-chan struct{}         { return i.moved }
func (i *fakeInstance) Reachable() bool                { return !i.away.Load() }
func (i *fakeInstance) Ready(ctx context.Context, r run.Readiness) error {
	i.asked = r
	var took <-chan time.Time
	if i.takes > 0 {
		took = time.After(i.takes)
	}
	select {
	case <-took:
		return nil
	case err := <-i.ready:
		return err
	case <-i.done:
		return &run.UnreadyError{Exited: true, Exit: i.exit}
	case <-ctx.Done():
		return ctx.Err()
	}
}
func (i *fakeInstance) Stop(ctx context.Context, _ time.Duration) error {
	if i.hangs.Load() {
		<-ctx.Done()
		i.die(0)
		return ctx.Err()
	}
	i.stopped.Store(true)
	i.die(0)
	return nil
}

// die ends the container.
func (i *fakeInstance) die(code int) {
	i.end.Do(func() {
		i.exit = run.Exit{Code: code}
		close(i.done)
	})
}

type fakeDoor struct {
	mu      sync.Mutex
	backend string
	held    bool
	status  front.Status
	// busy are the requests in flight on what serves, by container.
	busy map[string]*fakeDrain
}

// fakeDrain is requests in flight that end when the test says so.
type fakeDrain struct {
	left atomic.Int64
	none chan struct{}
	cut  atomic.Bool
}

func (d *fakeDrain) Wait(ctx context.Context) int {
	select {
	case <-d.none:
		return 0
	case <-ctx.Done():
		return int(d.left.Load())
	}
}

func (d *fakeDrain) Cut() { d.cut.Store(true) }

// inFlight puts requests on what serves.
func (d *fakeDoor) inFlight(n int) *fakeDrain {
	one := &fakeDrain{none: make(chan struct{})}
	one.left.Store(int64(n))
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.busy == nil {
		d.busy = map[string]*fakeDrain{}
	}
	d.busy[d.backend] = one
	return one
}

// drains are what is in flight on what serves. The lock is held.
func (d *fakeDoor) drains() serve.Drains {
	if one := d.busy[d.backend]; one != nil {
		return serve.Drains{one}
	}
	return nil
}

func (d *fakeDoor) URL() string { return "http://fake" }
func (d *fakeDoor) Switch(inst serve.Instance, _ int) (serve.Drains, bool) {
	d.mu.Lock()
	defer d.mu.Unlock()
	old := d.drains()
	d.backend, d.held = inst.ID(), false
	return old, true
}
func (d *fakeDoor) Hold() serve.Drains {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.held = true
	return d.drains()
}
func (d *fakeDoor) SetStatus(s front.Status) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.status = s
}

// serves is the container that requests go to, empty for none.
func (d *fakeDoor) serves() string {
	synctest.Wait()
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.held {
		return ""
	}
	return d.backend
}

var errStep = errors.New("exit code: 1")
