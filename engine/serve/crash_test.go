package serve_test

import (
	"testing"
	"testing/synctest"
	"time"

	"github.com/stagewatch/stagewatch/engine/config"
	"github.com/stagewatch/stagewatch/engine/event"
	"github.com/stagewatch/stagewatch/engine/event/eventtest"
)

// The last build that served dies while the newest one does not run: it is started again, as often as it takes.
func TestTheLastGoodContainerIsStartedAgain(t *testing.T) {
	for _, swap := range []string{"", config.Restart} {
		t.Run(swap, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				r := newRig(t, config.App{Swap: swap})
				defer r.close()
				good := r.serve()
				r.deploy()
				r.runner.Last().Die(1)
				if back := r.runner.Last(); back.Image == good.Image && back != good {
					// It had to go first, and is brought back.
					good = back
					good.BecomeReady(nil)
				}
				r.drain()
				for range 3 {
					good.Die(1)
					time.Sleep(time.Minute)
					again := r.runner.Last()
					if again == good || again.Image != "image-1" {
						t.Fatalf("%s of %s is the newest container", again.ID(), again.Image)
					}
					again.BecomeReady(nil)
					if _, build := eventtest.One[event.Serving](t, r.drain()); build != 1 || r.door.Serves() != again.ID() {
						t.Fatalf("build %d serves in %s", build, r.door.Serves())
					}
					good = again
				}
			})
		})
	}
}
