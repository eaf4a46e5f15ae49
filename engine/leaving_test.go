package engine

import (
	"errors"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stagewatch/stagewatch/engine/config"
	"github.com/stagewatch/stagewatch/engine/event"
	"github.com/stagewatch/stagewatch/engine/fault"
	"github.com/stagewatch/stagewatch/engine/serve"
)

// replace brings one more build into service.
func (r *rig) replace(text string) *fakeInstance {
	r.t.Helper()
	r.save("src/a", text)
	r.succeed()
	inst := r.runner.last()
	inst.ready <- nil
	synctest.Wait()
	r.measured()
	return inst
}

// A request that takes minutes, as an upload does, finishes on the old container once the new one serves.
func TestARequestInFlightKeepsTheOldContainerUntilItIsDone(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t, config.Config{})
		defer r.close()
		old := r.serve()
		upload := r.door.inFlight(2)
		next := r.replace("2")
		if r.door.serves() != next.id {
			t.Fatalf("%s serves", r.door.serves())
		}
		r.drain()
		time.Sleep(5 * time.Minute)
		d, build := one[event.Draining](t, r.drain())
		if build != 1 || d.Container != old.id || d.Requests != 2 || d.WithinMS != (10*time.Minute).Milliseconds() {
			t.Errorf("told of build %d: %+v", build, d)
		}
		if old.stopped.Load() {
			t.Fatal("the old container is stopped while it has requests to finish")
		}
		close(upload.none)
		events := r.drain()
		if s, _ := one[event.Stopped](t, events); s.Container != old.id || s.Reason != event.StopReplaced || !old.stopped.Load() {
			t.Errorf("stopped: %+v", s)
		}
		if w := all[event.Warning](events); len(w) > 0 {
			t.Errorf("warned: %+v", w)
		}
	})
}

func TestARequestThatDoesNotEndIsCutAndToldOf(t *testing.T) {
	for name, c := range map[string]struct {
		cfg    config.Config
		within time.Duration
	}{
		"by default":                 {config.Config{}, config.DefaultDrain},
		"after the time":             {config.Config{App: config.App{DrainTimeout: time.Minute}}, time.Minute},
		"at once":                    {config.Config{App: config.App{DrainTimeout: -1}}, 0},
		"where it holds up the next": {config.Config{App: config.App{Swap: config.Restart, DrainTimeout: time.Hour}}, serve.DrainHeld},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				r := newRig(t, c.cfg)
				defer r.close()
				old := r.serve()
				socket := r.door.inFlight(1)
				r.save("src/a", "2")
				r.succeed()
				began := time.Now()
				r.drain()
				if c.cfg.Swap != "restart" {
					r.runner.last().ready <- nil
					synctest.Wait()
				}
				if c.within > 0 {
					time.Sleep(c.within - time.Millisecond)
					synctest.Wait()
					if old.stopped.Load() {
						t.Fatalf("stopped after %s", time.Since(began))
					}
					time.Sleep(time.Millisecond)
				}
				synctest.Wait()
				if !old.stopped.Load() || !socket.cut.Load() {
					t.Errorf("stopped %v, cut %v after %s", old.stopped.Load(), socket.cut.Load(), c.within)
				}
				w, build := one[event.Warning](t, r.drain())
				if w.Code != event.CodeRequestsCut || build != 1 || strings.Contains(w.Hint, "--drain-timeout") != (c.within != serve.DrainHeld) {
					t.Errorf("told %+v of build %d", w, build)
				}
			})
		})
	}
}

// However fast saves come, only so many old containers take of the machine.
func TestOnlySoManyContainersFinishRequests(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t, config.Config{})
		defer r.close()
		old := []*fakeInstance{r.serve()}
		for i := range serve.MostLeaving + 1 {
			r.door.inFlight(1)
			old = append(old, r.replace(strings.Repeat("x", i+2)))
		}
		synctest.Wait()
		for i, inst := range old {
			if want := i == 0; inst.stopped.Load() != want {
				t.Errorf("container %d stopped: %v", i+1, inst.stopped.Load())
			}
		}
		var told string
		for _, w := range all[event.Warning](r.drain()) {
			told += w.Body.(event.Warning).Message
		}
		if !strings.Contains(told, "build #1 is stopped with 1 request unfinished") {
			t.Errorf("told %q", told)
		}
	})
}

// A new container that only answers with errors is given a few seconds to get over that, where the old one does well.
func TestErrorsDoNotCountAsReadyWhereTheOldOneAnswersWell(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t, config.Config{})
		defer r.close()
		r.succeed()
		first := r.runner.last()
		if first.asked.Patience != 0 {
			t.Errorf("the first one has to answer well for %s", first.asked.Patience)
		}
		first.answered = 200
		first.ready <- nil
		synctest.Wait()
		r.measured()
		r.save("src/a", "2")
		r.succeed()
		second := r.runner.last()
		if second.asked.Patience != serve.TroublePatience {
			t.Errorf("patience %s", second.asked.Patience)
		}
		second.answered = 503
		r.drain()
		second.ready <- nil
		if w, build := one[event.Warning](t, r.drain()); w.Code != event.CodeAnswersError || build != 2 || !strings.Contains(w.Message, "503") || !strings.Contains(w.Message, "200") {
			t.Errorf("told %+v of build %d", w, build)
		}
		r.measured()
		r.save("src/a", "3")
		r.succeed()
		if third := r.runner.last(); third.asked.Patience != 0 {
			t.Errorf("beside one that answers with errors too, it has to answer well for %s", third.asked.Patience)
		}
	})
}

// Off its network nobody answers at a container's address, or somebody else does.
func TestRequestsWaitForAContainerThatIsOffItsNetwork(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t, config.Config{})
		defer r.close()
		inst := r.serve()
		inFlight := r.door.inFlight(1)
		r.drain()
		inst.away.Store(true)
		inst.moved <- struct{}{}
		if w, _ := one[event.Warning](t, r.drain()); w.Code != event.CodeNetworkLost || r.door.serves() != "" || !inFlight.cut.Load() {
			t.Errorf("told %+v, %q serves, cut %v", w, r.door.serves(), inFlight.cut.Load())
		}
		inst.away.Store(false)
		inst.moved <- struct{}{}
		if w, _ := one[event.Warning](t, r.drain()); w.Code != event.CodeNetworkBack || r.door.serves() != inst.id {
			t.Errorf("told %+v, %q serves", w, r.door.serves())
		}
	})
}

func TestAContainerThatDoesNotStartKeepsItsHint(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t, config.Config{})
		defer r.close()
		r.runner.err = startFailure
		r.drain()
		r.succeed()
		var hints []string
		for _, e := range all[event.Warning](r.drain()) {
			if w := e.Body.(event.Warning); w.Code == event.CodeNotReady {
				hints = append(hints, w.Hint)
			}
		}
		if len(hints) == 0 || hints[0] != startFailure.Hint {
			t.Errorf("hints %q", hints)
		}
	})
}

func TestTheLogThatCannotBeReadIsToldOfOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t, config.Config{})
		defer r.close()
		r.serve()
		r.drain()
		for range 3 {
			r.runner.noLog("none")
		}
		if w, _ := one[event.Warning](t, r.drain()); w.Code != event.CodeNoLog || !strings.Contains(w.Message, "keeps no logs") || w.Hint == "" {
			t.Errorf("told %+v", w)
		}
	})
}

var startFailure = &fault.Error{What: "starting the container", Hint: "Is the command executable?", Err: errors.New("permission denied")}

// TestNobodyWhoQuitsWaitsForAnEngineThatHangs, as a suspended one does; one that is only slow is waited for.
func TestNobodyWhoQuitsWaitsForAnEngineThatHangs(t *testing.T) {
	for _, hangs := range []bool{true, false} {
		synctest.Test(t, func(t *testing.T) {
			r := newRig(t, config.Config{})
			r.serve().hangs.Store(true)
			r.pinger.hangs.Store(hangs)
			r.cancel()
			<-r.ended
			began := time.Now()
			r.loop.wait()
			want := serve.StopWithin
			if hangs {
				want = pingWithin
			}
			if took := time.Since(began); took != want {
				t.Errorf("hangs %v: waited for %s, want %s", hangs, took, want)
			}
		})
	}
}
