package run

import (
	"context"
	"time"

	"github.com/containerd/errdefs"
	"github.com/docker/docker/api/types/container"
)

// Exit is how a container ended.
type Exit struct {
	// Code is the exit code: 128 and the signal's number for a process that a signal ended.
	Code int
	// OOM: the kernel killed it for want of memory.
	OOM bool
	// Gone: somebody removed it, and Code is unknown.
	Gone bool
	// At is when it was noticed.
	At time.Time
}

// Done is closed when the container has ended and its log has been delivered to the end; for a log that takes
// longer than a second, without waiting for its end.
func (c *Container) Done() <-chan struct{} { return c.done }

// Exit is how the container ended. It holds once Done is closed.
func (c *Container) Exit() Exit {
	<-c.done
	return c.exit
}

// Times between attempts while the engine does not answer.
const (
	retryFirst = 50 * time.Millisecond
	retryMost  = 2 * time.Second
)

// lastWords is how long the news of the end waits for the end of the log.
const lastWords = time.Second

// watch waits for the container's end, over restarts of the engine.
func (c *Container) watch(ctx context.Context) {
	c.exit = c.awaitExit(ctx)
	select {
	case <-c.logged:
	case <-time.After(lastWords):
	}
	close(c.done)
}

// awaitExit returns how the container ended, or Gone when the context ends before.
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
			// Restarted by hand, or the engine came back with it alive.
			delay = retryFirst
		}
		pause(ctx, delay)
	}
}

// pause waits for the delay or the context's end.
func pause(ctx context.Context, delay time.Duration) {
	timer := time.NewTimer(delay)
	defer timer.Stop()
	select {
	case <-timer.C:
	case <-ctx.Done():
	}
}
