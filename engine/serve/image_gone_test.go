package serve_test

import (
	"errors"
	"testing"
	"testing/synctest"

	"github.com/containerd/errdefs"

	"github.com/stagewatch/stagewatch/engine/config"
	"github.com/stagewatch/stagewatch/engine/event"
	"github.com/stagewatch/stagewatch/engine/event/eventtest"
	"github.com/stagewatch/stagewatch/engine/run"
)

// An image that is gone is built again, once: something may remove each that is built.
func TestAnImageThatIsGoneIsAskedForOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t, config.App{})
		defer r.close()
		inst := r.serve()
		gone := errors.Join(run.ErrNoImage, errdefs.ErrNotFound)
		r.runner.Fail(gone)
		inst.Die(1)
		events := r.drain()
		if r.regained != 1 || len(eventtest.All[event.Stale](events)) > 0 {
			t.Fatalf("asked for %d builds, told %+v", r.regained, events)
		}
		r.deploy()
		if stale, _ := eventtest.One[event.Stale](t, r.drain()); r.regained != 1 || stale.ServingBuild != 0 {
			t.Errorf("asked for %d builds, told %+v", r.regained, stale)
		}
		r.desk.Do(r.app.Restart)
		r.drain()
		if r.regained != 2 {
			t.Errorf("a restart asks for no build: %d", r.regained)
		}
		r.runner.Fail(nil)
		inst = r.serve()
		r.runner.Fail(gone)
		inst.Die(1)
		if r.drain(); r.regained != 3 {
			t.Errorf("after a container that ran no build is asked for: %d", r.regained)
		}
	})
}
