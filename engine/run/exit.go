package run

import (
	"context"
	"time"

	"github.com/containerd/errdefs"
	"github.com/docker/docker/api/types/container"
)

// Exit is how a container ended.
type Exit struct {
	// Code is the exit code, 128 plus the signal's number for a process that a signal ended.
	Code int
	// OOM says that the kernel killed it because memory ran out.
	OOM bool
	// Gone says that somebody removed the container, so that Code is unknown.
	Gone bool
	// At is when the end was noticed.
	At time.Time
}

// Done returns a channel that is closed when the container has ended and its whole log was delivered. It does not wait
// longer than a few seconds for the log.
func (c *Container) Done() <-chan struct{} { return c.done }

// Exit returns how the container ended. It is valid once Done is closed.
func (c *Container) Exit() Exit {
	<-c.done
	return c.exit
}

// Lives asks the engine whether the container runs. It returns false where there is no answer.
func (c *Container) Lives(ctx context.Context) bool {
	seen, err := c.runner.engine.Client.ContainerInspect(ctx, c.ID)
	return err == nil && seen.State.Running
}

// Times between attempts while the engine does not answer.
const (
	retryFirst = 50 * time.Millisecond
	retryMost  = 2 * time.Second
)

// lastWords is how long Done waits for the end of the log.
const lastWords = 3 * time.Second

// watch waits for the container's end, even if the engine restarts meanwhile.
func (c *Container) watch(ctx context.Context) {
	c.exit = c.awaitExit(ctx)
	select {
	case <-c.logged:
	case <-time.After(lastWords):
	}
	close(c.done)
}

// awaitExit returns how the container ended, or an Exit with Gone if ctx ends before.
func (c *Container) awaitExit(ctx context.Context) Exit {
	cli := c.runner.engine.Client
	for delay := retryFirst; ; delay = min(2*delay, retryMost) {
		ended, failed := cli.ContainerWait(ctx, c.ID, container.WaitConditionNotRunning)
		select {
		case <-ended:
		case <-failed:
		case <-ctx.Done():
		}
		if ctx.Err() != nil {
			return Exit{Gone: true, At: time.Now()}
		}
		seen, err := cli.ContainerInspect(ctx, c.ID)
		switch {
		case errdefs.IsNotFound(err):
			return Exit{Gone: true, At: time.Now()}
		case err == nil && !seen.State.Running && !seen.State.Restarting:
			return Exit{Code: seen.State.ExitCode, OOM: seen.State.OOMKilled, At: time.Now()}
		case err == nil:
			// It was restarted by hand, or the engine came back with the container alive.
			delay = retryFirst
		}
		pause(ctx, delay)
	}
}

// pause waits for the delay or until ctx ends.
func pause(ctx context.Context, delay time.Duration) {
	timer := time.NewTimer(delay)
	defer timer.Stop()
	select {
	case <-timer.C:
	case <-ctx.Done():
	}
}
