package measure

import (
	"context"
	"strings"
	"time"

	"github.com/stagewatch/stagewatch/engine/tree"
)

// movedAgain is the time that the loop gets to notice a change before a solve in the background is tried again, and
// movedMost how often it is tried.
const (
	movedAgain = 300 * time.Millisecond
	movedMost  = 5
)

// whileFrozen calls fn, a solve in the background with strict contexts, and calls it again where a context had just
// changed: it may have been a touch, which no build follows. Such a solve must not build an edit before the build that
// is made for the edit. That build would find its own steps in the cache, and nobody would have seen them run.
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
