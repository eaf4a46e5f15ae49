package run

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/docker/docker/api/types/container"
)

// healthcheckOf returns the command of a container's health check, nil if it has none.
func healthcheckOf(seen container.InspectResponse) []string {
	if seen.Config == nil || seen.Config.Healthcheck == nil || len(seen.Config.Healthcheck.Test) < 2 {
		return nil
	}
	switch test := seen.Config.Healthcheck.Test; test[0] {
	case "CMD":
		return test[1:]
	case "CMD-SHELL":
		shell := []string(seen.Config.Shell)
		if len(shell) == 0 {
			shell = []string{"/bin/sh", "-c"}
		}
		return append(shell[:len(shell):len(shell)], test[1])
	}
	return nil
}

// Our own health checks: the time between two of them, and the timeout of one for which the image names none, the same
// as the engine's. The engine kills a check that takes too long; ours goes on in the container, so it gets at least a
// while.
const (
	healthEvery  = 100 * time.Millisecond
	healthWithin = 30 * time.Second
	healthLeast  = 10 * time.Second
)

// healthTimeout returns how long a container's health check may take.
func healthTimeout(seen container.InspectResponse) time.Duration {
	if seen.Config == nil || seen.Config.Healthcheck == nil {
		return healthWithin
	}
	return max(healthLeast, cmp.Or(seen.Config.Healthcheck.Timeout, healthWithin))
}

// awaitHealthy returns nil once the image's health check succeeds. The engine runs the check for the first time after
// its interval, which is half a minute by default, so we run it ourselves from the start. It calls note with each
// failure.
func (c *Container) awaitHealthy(ctx context.Context, note func(error)) error {
	last := errors.New("the health check has not finished once")
	for ctx.Err() == nil {
		err := c.checkHealth(ctx)
		if err == nil {
			return nil
		}
		if ctx.Err() == nil {
			last = err
			note(err)
		}
		pause(ctx, healthEvery)
	}
	return last
}

// checkHealth runs the health check once. The error contains what the check printed.
func (c *Container) checkHealth(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, c.healthWithin)
	defer cancel()
	code, said, err := c.exec(ctx, c.healthcheck, tailBytes)
	switch {
	case errors.Is(err, errEndless):
		return errors.New("the health check does not finish")
	case ctx.Err() != nil:
		return fmt.Errorf("the health check does not finish within %s", c.healthWithin)
	case err != nil:
		return fmt.Errorf("running the health check: %w", err)
	case code == 0:
		return nil
	}
	if said = bytes.TrimSpace(said); len(said) == 0 {
		return fmt.Errorf("the health check exits with code %d and prints nothing", code)
	}
	return fmt.Errorf("the health check exits with code %d: %s", code, said)
}

var errEndless = errors.New("the command does not finish")

// exec runs a command in the container. It returns the exit code and the first bytes of what the command printed.
func (c *Container) exec(ctx context.Context, command []string, most int) (code int, said []byte, err error) {
	cli := c.runner.engine.Client
	created, err := cli.ContainerExecCreate(ctx, c.ID, container.ExecOptions{Cmd: command, AttachStdout: true, AttachStderr: true})
	if err != nil {
		return 0, nil, err
	}
	attached, err := cli.ContainerExecAttach(ctx, created.ID, container.ExecAttachOptions{})
	if err != nil {
		return 0, nil, err
	}
	defer attached.Close()
	// The connection closes with ctx, so that a command that hangs does not block the reading.
	defer context.AfterFunc(ctx, attached.Close)()
	err = demux(attached.Reader, func(_ byte, _ bool, piece []byte) {
		said = append(said, piece[:min(len(piece), max(0, most-len(said)))]...)
	})
	if ctx.Err() != nil {
		return 0, said, ctx.Err()
	}
	if err != nil {
		return 0, said, err
	}
	result, err := cli.ContainerExecInspect(ctx, created.ID)
	if err == nil && result.Running {
		err = errEndless
	}
	return result.ExitCode, said, err
}
