package run

import (
	"context"
	"fmt"
	"math"
	"strings"
	"time"

	"github.com/containerd/errdefs"
	"github.com/docker/docker/api/types/container"
)

// How long a log may go on after the container's end. Few people need what an app prints while we stop it. What an app
// printed before it ended by itself is read completely, as long as lines keep coming.
const (
	logAfterStop = 2 * time.Second
	logStalled   = 2 * time.Second
)

// Stop asks the app to end (SIGTERM, or the image's STOPSIGNAL), kills it after the grace, waits for the end of its
// log, and removes the container with its anonymous volumes. The grace is rounded up to whole seconds. A container that
// no longer exists is no error.
func (c *Container) Stop(ctx context.Context, grace time.Duration) error {
	defer c.forget()
	byItself := false
	select {
	case <-c.done:
		byItself = true
	default:
	}
	seconds := int(math.Ceil(grace.Seconds()))
	cli := c.runner.engine.Client
	err := cli.ContainerStop(ctx, c.ID, container.StopOptions{Timeout: &seconds})
	if err != nil && !errdefs.IsNotFound(err) {
		// The removal kills a container that could not be stopped.
		err = fmt.Errorf("stopping container %.12s: %w", c.ID, err)
	} else {
		err = nil
		select {
		case <-c.done:
		case <-ctx.Done():
		}
		c.awaitLog(ctx, byItself)
	}
	removeErr := cli.ContainerRemove(ctx, c.ID, container.RemoveOptions{Force: true, RemoveVolumes: true})
	switch {
	case removeErr == nil, errdefs.IsNotFound(removeErr):
		err = nil
	case errdefs.IsConflict(removeErr) && strings.Contains(removeErr.Error(), "already in progress"):
		err = nil
	case err == nil:
		err = fmt.Errorf("removing container %.12s: %w", c.ID, removeErr)
	}
	return err
}

// awaitLog waits for the end of the log of a container that has ended. The removal would delete the log.
func (c *Container) awaitLog(ctx context.Context, toTheEnd bool) {
	deadline := time.After(logAfterStop)
	for toTheEnd {
		before := c.tail.total()
		select {
		case <-c.logged:
			return
		case <-ctx.Done():
			return
		case <-time.After(logStalled):
			if c.tail.total() == before {
				return
			}
		}
	}
	select {
	case <-c.logged:
	case <-deadline:
	case <-ctx.Done():
	}
}
