package serve_test

import (
	"testing"
	"testing/synctest"
	"time"

	"github.com/stagewatch/stagewatch/engine/config"
	"github.com/stagewatch/stagewatch/engine/serve"
)

// The engine was away and built the same image again: a container that ran all the time, as with live-restore, goes on, and
// one that did not is replaced although nothing was heard of its end.
func TestWhatRunsAfterTheEngineWasAway(t *testing.T) {
	for name, lost := range map[string]bool{"it lives": false, "it has ended": true} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				r := newRig(t, config.App{})
				defer r.close()
				old := r.serve()
				old.Lost.Store(lost)
				deployed := 0
				r.desk.Do(func() {
					r.app.Doubt(1)
					r.app.Deploy(serve.Release{Build: 2, Image: old.Image, SavedAt: time.Now(), Deployed: func() { deployed++ }})
				})
				r.drain()
				if lost {
					r.runner.Last().BecomeReady(nil)
				}
				r.drain()
				if now := r.runner.Last(); (now != old) != lost || r.door.Serves() != now.ID() || deployed != 1 {
					t.Errorf("%s serves, deployed %d times", r.door.Serves(), deployed)
				}
			})
		})
	}
}
