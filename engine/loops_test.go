package engine

import (
	"testing"
	"testing/synctest"

	"github.com/stagewatch/stagewatch/engine/config"
	"github.com/stagewatch/stagewatch/engine/event"
	"github.com/stagewatch/stagewatch/engine/event/eventtest"
)

// TestLoopsStandSideBySide: two on one engine make one solve at a time, and else know nothing of each other.
func TestLoopsStandSideBySide(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		a := newRig(t, config.Config{})
		defer a.close()
		b := newRig(t, config.Config{}, func(d *deps) { d.solver = a.loop.solver })
		defer b.close()
		if n := len(a.builder.builds); n != 1 {
			t.Fatalf("%d solves at once", n)
		}
		// The builds of both, then both measurements.
		for range 2 {
			a.succeed()
		}
		for _, r := range []*rig{a, b} {
			r.runner.Last().BecomeReady(nil)
			a.measured()
			if s, build := eventtest.One[event.Serving](t, r.drain()); build != 1 || s.EditsBehind != 0 {
				t.Errorf("build %d: %+v", build, s)
			}
		}
		a.save("src/a", "2")
		if _, build := eventtest.One[event.Planned](t, a.drain()); build != 2 {
			t.Errorf("build %d is planned", build)
		}
		if events := b.drain(); len(events) > 0 {
			t.Errorf("the other loop reports %+v", events)
		}
	})
}
