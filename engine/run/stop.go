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

// Stop asks the app to end (SIGTERM, or the image's STOPSIGNAL), kills it after the grace, waits for the end
// of its log and removes the container with its anonymous volumes. The grace counts in whole seconds, rounded
// up. A container that is gone already is no error.
func (c *Container) Stop(ctx context.Context, grace time.Duration) error {
	seconds := int(math.Ceil(grace.Seconds()))
	cli := c.runner.engine.Client
	err := cli.ContainerStop(ctx, c.ID, container.StopOptions{Timeout: &seconds})
	if err != nil && !errdefs.IsNotFound(err) {
		// The removal kills what the stop could not.
		err = fmt.Errorf("stopping container %.12s: %w", c.ID, err)
	} else {
		err = nil
		select {
		case <-c.done:
		case <-ctx.Done():
		}
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
	c.forget()
	return err
}
