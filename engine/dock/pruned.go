package dock

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strconv"
	"time"

	"github.com/docker/docker/api/types/events"
	"github.com/docker/docker/api/types/filters"
)

// Pruned tells whether the engine's build cache was pruned since then, as `docker builder prune` and `docker system
// prune` do. Engines before 20.10 do not say, and none says what its own limit on the cache takes away.
func (e *Engine) Pruned(ctx context.Context, since time.Time) (bool, error) {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	at := func(t time.Time) string { return strconv.FormatInt(t.Unix(), 10) }
	only := filters.NewArgs(filters.Arg("type", string(events.BuilderEventType)), filters.Arg("event", string(events.ActionPrune)))
	messages, errs := e.Client.Events(ctx, events.ListOptions{Since: at(since), Until: at(time.Now().Add(time.Second)), Filters: only})
	select {
	case <-messages:
		return true, nil
	case err := <-errs:
		if errors.Is(err, io.EOF) {
			return false, nil
		}
		return false, fmt.Errorf("asking the engine for prunings of its build cache: %w", err)
	}
}
