package run

import (
	"context"
	"fmt"
	"maps"
	"time"

	"github.com/containerd/errdefs"
	"github.com/docker/docker/api/types/events"
	"github.com/docker/docker/api/types/filters"
)

// keepPlace learns when the container is taken off a network or put on one. Its address changes with that, and the old
// one may become that of another container at once: it is not dialled any more from the first word of it on.
func (c *Container) keepPlace(ctx context.Context, since string) {
	for delay := retryFirst; ctx.Err() == nil; delay = min(2*delay, retryMost) {
		begun := time.Now()
		messages, failed := c.runner.engine.Client.Events(ctx, events.ListOptions{Since: since, Filters: filters.NewArgs(
			filters.Arg("type", string(events.NetworkEventType)), filters.Arg("event", string(events.ActionConnect)), filters.Arg("event", string(events.ActionDisconnect)))})
		for listening := true; listening; {
			select {
			case e := <-messages:
				if e.TimeNano > 0 {
					// What the engine tells anew after a break is asked for from here on.
					since = fmt.Sprintf("%d.%09d", e.TimeNano/int64(time.Second), e.TimeNano%int64(time.Second))
				}
				if e.Actor.Attributes["container"] == c.ID {
					if e.Action == events.ActionDisconnect {
						c.where.Store(nil)
					}
					c.mustRelocate(ctx)
				}
			case <-failed:
				listening = false
			}
		}
		if time.Since(begun) > retryMost {
			delay = retryFirst
		}
		pause(ctx, delay)
		if ctx.Err() == nil {
			// Whatever was missed meanwhile.
			c.mustRelocate(ctx)
		}
	}
}

// mustRelocate asks until the engine answers: no other event may follow.
func (c *Container) mustRelocate(ctx context.Context) {
	for delay := retryFirst; !c.relocate(ctx) && ctx.Err() == nil; delay = min(2*delay, retryMost) {
		pause(ctx, delay)
	}
}

// relocate asks the engine where the container is. Its id is what is asked by: whoever has its address now is no
// answer. It returns false where the engine does not say.
func (c *Container) relocate(ctx context.Context) bool {
	seen, err := c.runner.engine.Client.ContainerInspect(ctx, c.ID)
	if errdefs.IsNotFound(err) || err == nil && !seen.State.Running {
		// That it ended is found out elsewhere.
		return true
	}
	if err != nil {
		return false
	}
	found, err := c.locate(seen)
	if err != nil {
		return false
	}
	addr := ""
	if found != nil {
		addr = found.addr
		if here := c.where.Load(); here != nil && maps.Equal(here.addrs, found.addrs) {
			found = here
		}
	}
	c.where.Store(found)
	if addr == c.told {
		return true
	}
	c.told = addr
	select {
	case c.moved <- struct{}{}:
	default:
		// One more is as good: who reads it looks where the container is then.
	}
	return true
}

// Moved tells each time that the container is at another address than before, or at none.
func (c *Container) Moved() <-chan struct{} { return c.moved }

// Addr is where Dial finds the app, host:port as the engine's machine sees it; empty for an app without a port, or
// while the container is on no network.
func (c *Container) Addr() string {
	if here := c.where.Load(); here != nil {
		return here.addr
	}
	return ""
}
