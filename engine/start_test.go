package engine

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/containerd/errdefs"

	"github.com/stagewatch/stagewatch/engine/config"
	"github.com/stagewatch/stagewatch/engine/event"
	"github.com/stagewatch/stagewatch/engine/event/eventtest"
	"github.com/stagewatch/stagewatch/engine/serve"
)

// TestAContainerThatDoesNotStartIsNotTriedForEver: what the engine refuses once, what may pass some times, and either
// again with the next build.
func TestAContainerThatDoesNotStartIsNotTriedForEver(t *testing.T) {
	for name, c := range map[string]struct {
		err   error
		tries int
	}{
		"refused":   {fmt.Errorf("creating the container: %w", errdefs.ErrInvalidArgument), 1},
		"not there": {fmt.Errorf("starting the container: %w", errdefs.ErrNotFound), 1},
		"may pass":  {errors.New("starting the container: no space left on device"), serve.StartTries},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				r := newRig(t, config.Config{})
				defer r.close()
				r.runner.Fail(c.err)
				r.succeed()
				r.measured()
				time.Sleep(time.Hour)
				synctest.Wait()
				if r.runner.Tries != c.tries {
					t.Errorf("tried %d times in an hour, want %d", r.runner.Tries, c.tries)
				}
				events := r.drain()
				warnings := eventtest.All[event.Warning](events)
				last := warnings[len(warnings)-1].Body.(event.Warning)
				if !strings.Contains(last.Message, c.err.Error()) || !strings.Contains(last.Hint, "not tried again by itself") {
					t.Errorf("the last word is %+v", last)
				}
				if n := len(eventtest.All[event.Sized](events)); n != 1 {
					t.Errorf("one image was measured %d times", n)
				}
				r.runner.Fail(nil)
				r.save("src/a", "2")
				r.succeed()
				r.runner.Last().BecomeReady(nil)
				if got := r.door.Serves(); got != "container-1" {
					t.Errorf("%q serves after the next build", got)
				}
			})
		})
	}
}
