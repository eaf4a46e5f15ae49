package engine

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/stagewatch/stagewatch/engine/budget"
	"github.com/stagewatch/stagewatch/engine/config"
	"github.com/stagewatch/stagewatch/engine/event"
	"github.com/stagewatch/stagewatch/engine/event/eventtest"
	"github.com/stagewatch/stagewatch/engine/fault"
	"github.com/stagewatch/stagewatch/engine/project"
	"github.com/stagewatch/stagewatch/engine/run"
	"github.com/stagewatch/stagewatch/engine/serve/servetest"
)

// serve brings the first build into service.
func (r *rig) serve() *servetest.Instance {
	r.succeed()
	inst := r.runner.Last()
	inst.BecomeReady(nil)
	synctest.Wait()
	r.measured()
	r.drain()
	return inst
}

func TestASaveDuringABuildSupersedesIt(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t, config.Config{})
		defer r.close()
		first := r.builder.last()
		r.save("req", "2")
		events := r.drain()
		if a, n := eventtest.One[event.Abandoned](t, events); n != 1 || a.Reason == "" {
			t.Errorf("build %d: %+v", n, a)
		}
		if first.over != errSuperseded {
			t.Errorf("the first build ended with %v", first.over)
		}
		r.save("src/a", "2")
		r.succeed()
		events = r.drain()
		if _, n := eventtest.One[event.Built](t, events); n != 3 {
			t.Errorf("build %d was built", n)
		}
		for _, e := range events {
			if p, ok := e.Body.(event.Planned); ok && e.Build == 3 {
				if diff := cmp.Diff([]string{"req", "src/a"}, p.Paths); diff != "" {
					t.Error("what was superseded is not in the build:", diff)
				}
			}
		}
	})
}

// TestAStormIsBuiltInTurns: a branch switch must not start a build with each batch of it, and none of it is lost.
func TestAStormIsBuiltInTurns(t *testing.T) {
	const every, batches = 300 * time.Millisecond, 16
	last := (batches - 1) * every
	for name, tt := range map[string]struct {
		crowded, ends bool
		want          []time.Duration
	}{
		"ends with a batch":   {false, true, []time.Duration{0, stormTurn, 3 * stormTurn, last}},
		"ends by itself":      {false, false, []time.Duration{0, stormTurn, 3 * stormTurn, last + calm}},
		"begins with a crowd": {true, true, []time.Duration{stormTurn, 2 * stormTurn, last}},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				r := newRig(t, config.Config{})
				defer r.close()
				r.serve()
				began := time.Now()
				for n := range batches {
					files := 1
					if tt.crowded && n == 0 {
						files = crowd
					}
					var written []string
					for f := range files {
						name := fmt.Sprintf("src/%d-%d", n, f)
						r.write(name, "x")
						written = append(written, name)
					}
					r.batch(written, n < batches-1 || !tt.ends)
					time.Sleep(every)
				}
				time.Sleep(2 * calm)
				var started []time.Duration
				var paths []string
				for _, e := range eventtest.All[event.Planned](r.drain()) {
					started = append(started, e.Time.Sub(began))
					paths = e.Body.(event.Planned).Paths
				}
				if diff := cmp.Diff(tt.want, started); diff != "" {
					t.Errorf("builds began after: %s", diff)
				}
				if n := len(paths); n < batches || tt.crowded && n != batches+crowd-1 {
					t.Errorf("the last build is of %d paths", n)
				}
			})
		})
	}
}

func TestASaveThatNoStepReadsLeavesTheBuildAlone(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t, config.Config{})
		defer r.close()
		r.save("notes", "x")
		if s, _ := eventtest.One[event.Skipped](t, r.drain()); s.Reason != event.Unused {
			t.Errorf("got %+v", s)
		}
		r.succeed()
		if _, n := eventtest.One[event.Built](t, r.drain()); n != 1 {
			t.Errorf("build %d was built", n)
		}
	})
}

// TestABrokenDockerfileIsBuiltAgainForWhatMayMatter: an app that writes into the context does not fail it every second,
// and what the last good build read is still built once it is mended.
func TestABrokenDockerfileIsBuiltAgainForWhatMayMatter(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t, config.Config{})
		defer r.close()
		r.succeed()
		r.drain()
		r.save("Dockerfile", rigDockerfile+"NOSUCH x\n")
		if f, n := eventtest.One[event.Failed](t, r.drain()); n != 2 || f.Line == 0 {
			t.Fatalf("build %d: %+v", n, f)
		}
		r.save("data/state", "1")
		got := r.drain()
		if s, _ := eventtest.One[event.Skipped](t, got); s.Reason != event.Unused || len(eventtest.All[event.Failed](got)) > 0 {
			t.Errorf("got %+v", got)
		}
		r.save("src/a", "2")
		if _, n := eventtest.One[event.Failed](t, r.drain()); n != 3 {
			t.Errorf("build %d failed", n)
		}
		r.save("Dockerfile", rigDockerfile)
		if p, _ := eventtest.One[event.Planned](t, r.drain()); !slices.Contains(p.Paths, "src/a") || slices.Contains(p.Paths, "data/state") {
			t.Errorf("built for %v", p.Paths)
		}
	})
}

// TestAStepThatBothNeedGoesOn: the old solve lives until its running step, which the new one needs, has ended.
func TestAStepThatBothNeedGoesOn(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t, config.Config{})
		defer r.close()
		old := r.builder.last()
		install := event.Step{Stage: "build", Index: 3, Total: 5, Instruction: "RUN install", State: event.Running}
		old.req.Emit(install)
		old.req.Emit(event.Step{Stage: "build", Index: 4, Total: 5, State: event.Running})
		r.save("src/a", "2")
		if old.over != nil {
			t.Fatalf("the old solve ended with %v", old.over)
		}
		if s, n := eventtest.One[event.Step](t, slices.DeleteFunc(r.drain(), func(e event.Event) bool { return e.Build != 2 })); s.Index != 3 || s.FromBuild != 1 || s.Because != "started by build #1" {
			t.Errorf("build %d: %+v", n, s)
		}
		old.req.Emit(event.Output{Stage: "build", Index: 3, Text: "installed"})
		install.State, install.MS = event.Ran, 7000
		old.req.Emit(install)
		events := r.drain()
		if o, n := eventtest.One[event.Output](t, events); n != 2 || o.Text != "installed" {
			t.Errorf("build %d: %+v", n, o)
		}
		if s, n := eventtest.One[event.Step](t, events); n != 2 || s.State != event.Ran {
			t.Errorf("build %d: %+v", n, s)
		}
		if old.over != errSuperseded {
			t.Errorf("the old solve ended with %v", old.over)
		}
		// BuildKit reports to the new solve what it found there.
		install.State, install.MS = event.Hit, 0
		r.builder.last().req.Emit(install)
		if steps := eventtest.All[event.Step](r.drain()); len(steps) > 0 {
			t.Errorf("a step that ran is told of again: %+v", steps)
		}
		r.succeed()
		if b, _ := eventtest.One[event.Built](t, r.drain()); b.Ran != 1 {
			t.Errorf("got %+v", b)
		}
	})
}

func TestWhatFailedStaysPending(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t, config.Config{})
		defer r.close()
		r.serve()
		r.save("req", "2")
		r.builder.last().end <- errStep
		events := r.drain()
		eventtest.One[event.Failed](t, events)
		if s, _ := eventtest.One[event.Stale](t, events); s.ServingBuild != 1 || s.EditsBehind != 1 {
			t.Errorf("got %+v", s)
		}
		r.save("src/a", "2")
		if p, _ := eventtest.One[event.Planned](t, r.drain()); !cmp.Equal(p.Paths, []string{"req", "src/a"}) {
			t.Errorf("pending are %v", p.Paths)
		}
		r.succeed()
		r.runner.Last().BecomeReady(nil)
		if s, n := eventtest.One[event.Serving](t, r.drain()); n != 3 || s.EditsBehind != 0 {
			t.Errorf("build %d: %+v", n, s)
		}
	})
}

func TestABrokenDockerfileFailsAndMends(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t, config.Config{})
		defer r.close()
		r.serve()
		r.save("Dockerfile", rigDockerfile+"NONSENSE\n")
		if f, _ := eventtest.One[event.Failed](t, r.drain()); f.Line != 8 || len(f.Excerpt) == 0 {
			t.Errorf("got %+v", f)
		}
		r.save("Dockerfile", rigDockerfile+"# mended\n")
		events := r.drain()
		if p, _ := eventtest.One[event.Planned](t, events); !cmp.Equal(p.Paths, []string{"Dockerfile"}) {
			t.Errorf("paths are %v", p.Paths)
		}
	})
}

func TestTheOldContainerServesUntilTheNewOneIsReady(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t, config.Config{})
		defer r.close()
		r.serve()
		old := r.runner.Last()
		r.save("src/a", "2")
		time.Sleep(time.Second)
		r.succeed()
		if r.door.Serves() != old.ID() || old.Stopped() {
			t.Errorf("%q serves before the new one is ready", r.door.Serves())
		}
		next := r.runner.Last()
		time.Sleep(time.Second)
		next.BecomeReady(nil)
		if s, _ := eventtest.One[event.Serving](t, r.drain()); s.MS != 2000 {
			t.Errorf("save to served took %d ms", s.MS)
		}
		if r.door.Serves() != next.ID() || !old.Stopped() {
			t.Errorf("%q serves, old stopped: %v", r.door.Serves(), old.Stopped())
		}
		if !slices.Contains(r.images.removed, "image-1") {
			t.Errorf("removed are %v", r.images.removed)
		}
	})
}

func TestANewerBuildTakesTheTurnOfOneThatStarts(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t, config.Config{})
		defer r.close()
		r.serve()
		r.save("src/a", "2")
		r.succeed()
		slow := r.runner.Last()
		r.save("src/a", "3")
		r.succeed()
		fast := r.runner.Last()
		if slow == fast {
			t.Fatal("the newest build is not started")
		}
		fast.BecomeReady(nil)
		if r.door.Serves() != fast.ID() || !slow.Stopped() {
			t.Errorf("%q serves, the one between stopped: %v", r.door.Serves(), slow.Stopped())
		}
	})
}

func TestCrashesAreRetriedEverMoreSlowly(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t, config.Config{})
		defer r.close()
		r.serve()
		var gaps []time.Duration
		for range 5 {
			i := r.runner.Last()
			died := time.Now()
			i.Die(1)
			synctest.Wait()
			for r.runner.Last() == i {
				time.Sleep(100 * time.Millisecond)
			}
			gaps = append(gaps, r.runner.Last().At.Sub(died))
			r.runner.Last().BecomeReady(nil)
			synctest.Wait()
		}
		if gaps[0] != 0 || !slices.IsSorted(gaps) || gaps[4] < time.Second {
			t.Errorf("restarted after %v", gaps)
		}
		loops := slices.DeleteFunc(eventtest.All[event.Stopped](r.drain()), func(e event.Event) bool { return e.Body.(event.Stopped).Reason != event.StopCrashLoop })
		if len(loops) != 3 {
			t.Errorf("told of a crash loop %d times", len(loops))
		}
		// An edit gives it a fresh start.
		r.save("src/a", "2")
		r.succeed()
		fresh := r.runner.Last()
		fresh.BecomeReady(nil)
		if r.door.Serves() != fresh.ID() {
			t.Errorf("%q serves", r.door.Serves())
		}
	})
}

func TestRestartSwapStopsTheOldOneFirst(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t, config.Config{App: config.App{Swap: "restart"}})
		defer r.close()
		r.serve()
		old := r.runner.Last()
		r.save("src/a", "2")
		r.succeed()
		next := r.runner.Last()
		if !old.Stopped() || next == old || r.door.Serves() != "" {
			t.Errorf("old stopped: %v; %q serves", old.Stopped(), r.door.Serves())
		}
		next.BecomeReady(&run.UnreadyError{Err: errors.New("no answer")})
		synctest.Wait()
		back := r.runner.Last()
		back.BecomeReady(nil)
		if back.Image != "image-1" || r.door.Serves() != back.ID() {
			t.Errorf("after the failure %q of %s serves", r.door.Serves(), back.Image)
		}
	})
}

func TestAnEngineThatWentAwayIsWaitedFor(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t, config.Config{})
		defer r.close()
		r.serve()
		r.pinger.gone.Store(true)
		r.save("src/a", "2")
		r.builder.last().end <- errors.New("rpc error: code = Unavailable desc = closed")
		w, _ := eventtest.One[event.Warning](t, r.drain())
		if w.Code != event.CodeEngineGone || w.Hint == "" {
			t.Errorf("got %+v", w)
		}
		time.Sleep(10 * time.Second)
		if events := r.drain(); len(events) > 0 {
			t.Errorf("while it is away: %+v", events)
		}
		r.pinger.gone.Store(false)
		time.Sleep(time.Second)
		events := r.drain()
		eventtest.One[event.Engine](t, events)
		if p, _ := eventtest.One[event.Planned](t, events); !cmp.Equal(p.Paths, []string{"src/a"}) {
			t.Errorf("pending are %v", p.Paths)
		}
	})
}

func TestOnceEndsWithItsBuild(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t, config.Config{Session: config.Session{Once: true}})
		r.succeed()
		r.measured()
		if err := <-r.ended; err != nil {
			t.Error(err)
		}
		eventtest.One[event.Sized](t, r.drain())
		r.cancel()
		r.loop.wait()

		r = newRig(t, config.Config{Session: config.Session{Once: true}})
		r.builder.last().end <- errStep
		if err := <-r.ended; !errors.Is(err, errStep) {
			t.Errorf("ended with %v", err)
		}
		r.cancel()
		r.loop.wait()

		// The image is there, whatever keeps it from being measured.
		r = newRig(t, config.Config{Session: config.Session{Once: true}})
		r.succeed()
		r.builder.last().end <- errStep
		if err := <-r.ended; err != nil {
			t.Errorf("what was built, and not measured, ended with %v", err)
		}
		if w, _ := eventtest.One[event.Warning](t, r.drain()); w.Code != event.CodeUnmeasured {
			t.Errorf("told %+v", w)
		}
		r.cancel()
		r.loop.wait()

		// A limit that could not be checked does not hold.
		r = newRig(t, config.Config{Session: config.Session{Once: true}}, func(d *deps) { d.limits.Size = budget.Limit{Value: 1, Text: "1B"} })
		r.succeed()
		r.builder.last().end <- errStep
		if err := <-r.ended; err == nil || OverBudget(err) || fault.Hint(err) == "" {
			t.Errorf("what was built, and not measured, ended with %v", err)
		}
		r.cancel()
		r.loop.wait()
	})
}

// TestAForeignFrontendIsNotPassedOverInSilence: what its syntax directive asks for is not what reads it.
func TestAForeignFrontendIsNotPassedOverInSilence(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t, config.Config{})
		defer r.close()
		r.serve()
		r.save("Dockerfile", "# syntax=example.org/mine:1\n"+rigDockerfile)
		if w, _ := eventtest.One[event.Warning](t, r.drain()); w.Code != event.CodeCustomFrontend || !strings.Contains(w.Message, "example.org/mine:1") {
			t.Errorf("got %+v", w)
		}
		r.save("src/a", "2")
		if again := eventtest.All[event.Warning](r.drain()); len(again) > 0 {
			t.Errorf("told again: %+v", again)
		}
	})
}

func TestWhatNobodyToldOfIsFoundAfterABuild(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t, config.Config{})
		defer r.close()
		r.write("src/a", "written without a notice")
		r.serve()
		time.Sleep(2 * project.NoticedWithin)
		synctest.Wait()
		events := r.drain()
		if w, _ := eventtest.One[event.Warning](t, events); w.Code != event.CodeWatchMissed || !slices.Equal(w.Paths, []string{"src/a"}) || !strings.Contains(w.Hint, "--poll") {
			t.Errorf("got %+v", w)
		}
		if p, n := eventtest.One[event.Planned](t, events); n != 2 || !slices.Equal(p.Paths, []string{"src/a"}) {
			t.Errorf("build %d of %v", n, p.Paths)
		}
		r.serve()
		time.Sleep(2 * project.NoticedWithin)
		if events := r.drain(); len(eventtest.All[event.Warning](events)) > 0 {
			t.Errorf("again: %+v", events)
		}
	})
}
