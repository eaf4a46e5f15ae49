package engine

import (
	"context"
	"strings"
	"time"

	"github.com/stagewatch/stagewatch/engine/tree"
)

// movedAgain is how long a solve in the background waits for the loop to have looked, and movedMost how often.
const (
	movedAgain = 300 * time.Millisecond
	movedMost  = 5
)

// whileFrozen calls fn, a solve in the background with strict contexts, again where a context had just changed:
// it may have been a touch, after which no build comes. Such a solve must not build an edit before the build
// that is for it, which would then find its own steps in the cache, and nobody would have seen them run.
func whileFrozen(ctx context.Context, fn func() error) error {
	for attempt := 1; ; attempt++ {
		err := fn()
		if err == nil || attempt == movedMost || !strings.Contains(err.Error(), tree.ErrMoved.Error()) {
			return err
		}
		select {
		case <-time.After(movedAgain):
		case <-ctx.Done():
			return context.Cause(ctx)
		}
	}
}
