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

// keepPlace notices when the container is disconnected from a network or connected to one. Its address changes then,
// and the old address can belong to another container at once, so it is not dialled any more from the first event on.
func (c *Container) keepPlace(ctx context.Context, since string) {
	for delay := retryFirst; ctx.Err() == nil; delay = min(2*delay, retryMost) {
		begun := time.Now()
		messages, failed := c.runner.engine.Client.Events(ctx, events.ListOptions{Since: since, Filters: filters.NewArgs(
			filters.Arg("type", string(events.NetworkEventType)), filters.Arg("event", string(events.ActionConnect)), filters.Arg("event", string(events.ActionDisconnect)))})
		for listening := true; listening; {
			select {
			case e := <-messages:
				if e.TimeNano > 0 {
					// After a break in the connection, the engine repeats the events from here on.
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
			// Events may have been missed meanwhile.
			c.mustRelocate(ctx)
		}
	}
}

// mustRelocate tries until the engine answers, because no further event may come.
func (c *Container) mustRelocate(ctx context.Context) {
	for delay := retryFirst; !c.relocate(ctx) && ctx.Err() == nil; delay = min(2*delay, retryMost) {
		pause(ctx, delay)
	}
}

// relocate asks the engine where the container is, by the container's id: another container may have its address now.
// It returns false if the engine does not answer.
func (c *Container) relocate(ctx context.Context) bool {
	seen, err := c.runner.engine.Client.ContainerInspect(ctx, c.ID)
	if errdefs.IsNotFound(err) || err == nil && !seen.State.Running {
		// Another goroutine notices that the container has ended.
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
	if addr == c.lastAddr {
		return true
	}
	c.lastAddr = addr
	select {
	case c.moved <- struct{}{}:
	default:
		// One pending notice is enough: its reader looks where the container is then.
	}
	return true
}

// Moved returns a channel that receives when the container's address has changed, or it has none any more.
func (c *Container) Moved() <-chan struct{} { return c.moved }

// Addr returns where Dial finds the app, host:port as the engine's machine sees it. It is empty for an app without a
// port, and while the container is on no network.
func (c *Container) Addr() string {
	if here := c.where.Load(); here != nil {
		return here.addr
	}
	return ""
}
