package run

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/docker/docker/api/types/container"
)

// healthcheckOf is the command of a container's health check, nil where it has none.
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

// Times of a health check of ours: between two of them, and for one.
const (
	healthEvery  = 100 * time.Millisecond
	healthWithin = 10 * time.Second
)

// awaitHealthy returns nil once the image's health check succeeds. The engine itself runs the check for the
// first time only after its interval, half a minute unless the image says otherwise: so we run it ourselves,
// from the start on.
func (c *Container) awaitHealthy(ctx context.Context) error {
	last := errors.New("the health check did not end once")
	for ctx.Err() == nil {
		err := c.checkHealth(ctx)
		if err == nil {
			return nil
		}
		if ctx.Err() == nil {
			last = err
		}
		pause(ctx, healthEvery)
	}
	return last
}

// checkHealth runs the health check once. The error holds what it printed.
func (c *Container) checkHealth(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, healthWithin)
	defer cancel()
	cli := c.runner.engine.Client
	created, err := cli.ContainerExecCreate(ctx, c.ID, container.ExecOptions{
		Cmd: c.healthcheck, AttachStdout: true, AttachStderr: true,
	})
	if err != nil {
		return fmt.Errorf("creating the health check: %w", err)
	}
	attached, err := cli.ContainerExecAttach(ctx, created.ID, container.ExecAttachOptions{})
	if err != nil {
		return fmt.Errorf("running the health check: %w", err)
	}
	defer attached.Close()
	// A check that hangs must not hang us: reading ends with the connection.
	defer context.AfterFunc(ctx, attached.Close)()
	var said bytes.Buffer
	err = demux(attached.Reader, func(_ byte, _ bool, piece []byte) {
		said.Write(piece[:min(len(piece), max(0, tailBytes-said.Len()))])
	})
	if ctx.Err() != nil {
		return errors.New("the health check does not end")
	}
	if err != nil {
		return fmt.Errorf("running the health check: %w", err)
	}
	result, err := cli.ContainerExecInspect(ctx, created.ID)
	switch {
	case err != nil:
		return fmt.Errorf("running the health check: %w", err)
	case result.Running:
		return errors.New("the health check does not end")
	case result.ExitCode == 0:
		return nil
	}
	return fmt.Errorf("the health check exits with %d: %s", result.ExitCode, strings.TrimSpace(said.String()))
}
