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

// Pruned reports whether the engine's build cache was pruned after since, as `docker builder prune` and `docker system
// prune` do. Engines before 20.10 do not record that, and no engine records what its own cache limit removes.
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
		return false, fmt.Errorf("reading when the engine's build cache was pruned: %w", err)
	}
}
