package serve_test

import (
	"errors"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stagewatch/stagewatch/engine/config"
	"github.com/stagewatch/stagewatch/engine/event"
	"github.com/stagewatch/stagewatch/engine/event/eventtest"
	"github.com/stagewatch/stagewatch/engine/fault"
	"github.com/stagewatch/stagewatch/engine/run"
	"github.com/stagewatch/stagewatch/engine/serve"
	"github.com/stagewatch/stagewatch/engine/serve/servetest"
)

// A request that takes minutes, as an upload does, finishes on the old container once the new one serves.
func TestARequestInFlightKeepsTheOldContainerUntilItIsDone(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t, config.App{})
		defer r.close()
		old := r.serve()
		upload := r.door.InFlight(2)
		next := r.replace()
		if r.door.Serves() != next.ID() {
			t.Fatalf("%s serves", r.door.Serves())
		}
		r.drain()
		time.Sleep(5 * time.Minute)
		d, build := eventtest.One[event.Draining](t, r.drain())
		if build != 1 || d.Container != old.ID() || d.Requests != 2 || d.WithinMS != (10*time.Minute).Milliseconds() {
			t.Errorf("told of build %d: %+v", build, d)
		}
		if old.Stopped() {
			t.Fatal("the old container is stopped while it has requests to finish")
		}
		upload.End()
		events := r.drain()
		if s, _ := eventtest.One[event.Stopped](t, events); s.Container != old.ID() || s.Reason != event.StopReplaced || !old.Stopped() {
			t.Errorf("stopped: %+v", s)
		}
		if w := eventtest.All[event.Warning](events); len(w) > 0 {
			t.Errorf("warned: %+v", w)
		}
	})
}

func TestARequestThatDoesNotEndIsCutAndToldOf(t *testing.T) {
	for name, c := range map[string]struct {
		app    config.App
		within time.Duration
	}{
		"by default":                 {config.App{}, config.DefaultDrain},
		"after the time":             {config.App{DrainTimeout: time.Minute}, time.Minute},
		"at once":                    {config.App{DrainTimeout: -1}, 0},
		"where it holds up the next": {config.App{Swap: config.Restart, DrainTimeout: time.Hour}, serve.DrainHeld},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				r := newRig(t, c.app)
				defer r.close()
				old := r.serve()
				socket := r.door.InFlight(1)
				r.deploy()
				began := time.Now()
				r.drain()
				if c.app.Swap != config.Restart {
					r.runner.Last().BecomeReady(nil)
					synctest.Wait()
				}
				if c.within > 0 {
					time.Sleep(c.within - time.Millisecond)
					synctest.Wait()
					if old.Stopped() {
						t.Fatalf("stopped after %s", time.Since(began))
					}
					time.Sleep(time.Millisecond)
				}
				synctest.Wait()
				if !old.Stopped() || !socket.WasCut() {
					t.Errorf("stopped %v, cut %v after %s", old.Stopped(), socket.WasCut(), c.within)
				}
				w, build := eventtest.One[event.Warning](t, r.drain())
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
		r := newRig(t, config.App{})
		defer r.close()
		old := []*servetest.Instance{r.serve()}
		for range serve.MostLeaving + 1 {
			r.door.InFlight(1)
			old = append(old, r.replace())
		}
		synctest.Wait()
		for i, inst := range old {
			if want := i == 0; inst.Stopped() != want {
				t.Errorf("container %d stopped: %v", i+1, inst.Stopped())
			}
		}
		var told string
		for _, w := range eventtest.All[event.Warning](r.drain()) {
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
		r := newRig(t, config.App{})
		defer r.close()
		r.deploy()
		first := r.runner.Last()
		if first.Asked.Patience != 0 {
			t.Errorf("the first one has to answer well for %s", first.Asked.Patience)
		}
		first.Status = 200
		first.BecomeReady(nil)
		synctest.Wait()
		r.deploy()
		second := r.runner.Last()
		if second.Asked.Patience != serve.TroublePatience {
			t.Errorf("patience %s", second.Asked.Patience)
		}
		second.Status = 503
		r.drain()
		second.BecomeReady(nil)
		if w, build := eventtest.One[event.Warning](t, r.drain()); w.Code != event.CodeAnswersError || build != 2 || !strings.Contains(w.Message, "503") || !strings.Contains(w.Message, "200") {
			t.Errorf("told %+v of build %d", w, build)
		}
		r.deploy()
		if third := r.runner.Last(); third.Asked.Patience != 0 {
			t.Errorf("beside one that answers with errors too, it has to answer well for %s", third.Asked.Patience)
		}
	})
}

// Off its network nobody answers at a container's address, or somebody else does.
func TestRequestsWaitForAContainerThatIsOffItsNetwork(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t, config.App{})
		defer r.close()
		inst := r.serve()
		inFlight := r.door.InFlight(1)
		r.drain()
		inst.Move(true)
		if w, _ := eventtest.One[event.Warning](t, r.drain()); w.Code != event.CodeNetworkLost || r.door.Serves() != "" || !inFlight.WasCut() {
			t.Errorf("told %+v, %q serves, cut %v", w, r.door.Serves(), inFlight.WasCut())
		}
		inst.Move(false)
		if w, _ := eventtest.One[event.Warning](t, r.drain()); w.Code != event.CodeNetworkBack || r.door.Serves() != inst.ID() {
			t.Errorf("told %+v, %q serves", w, r.door.Serves())
		}
	})
}

func TestAContainerThatDoesNotStartKeepsItsHint(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t, config.App{})
		defer r.close()
		r.runner.Fail(startFailure)
		r.drain()
		r.deploy()
		var hints []string
		for _, e := range eventtest.All[event.Warning](r.drain()) {
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
		r := newRig(t, config.App{})
		defer r.close()
		r.serve()
		r.drain()
		for range 3 {
			r.runner.NoLog(run.Unreadable("none", nil))
		}
		if w, _ := eventtest.One[event.Warning](t, r.drain()); w.Code != event.CodeNoLog || !strings.Contains(w.Message, "keeps no logs") || w.Hint == "" {
			t.Errorf("told %+v", w)
		}
	})
}

var startFailure = &fault.Error{What: "starting the container", Hint: "Is the command executable?", Err: errors.New("permission denied")}
