package run

import (
	"context"
	"fmt"
	"time"

	"github.com/stagewatch/stagewatch/engine/event"
)

// ReadyWithin is how long a container may take to be ready unless somebody says otherwise.
const ReadyWithin = 60 * time.Second

// settle is how long an app without a port and a health check must live to count as running.
const settle = 300 * time.Millisecond

// UnreadyError tells why a container did not get ready.
type UnreadyError struct {
	// Exited: it ended, as Exit says. Otherwise it ran on and did not answer.
	Exited bool
	Exit   Exit
	// After is how long was waited.
	After time.Duration
	// Tail is the end of what it printed.
	Tail []event.Log
	// Hint is what to do next.
	Hint string
	// Err is the last failed attempt; nil where it exited.
	Err error
}

// Error says what happened, without the log lines and the hint.
func (e *UnreadyError) Error() string {
	switch {
	case e.Exited && e.Exit.Gone:
		return "its container was removed"
	case e.Exited && e.Exit.OOM:
		return fmt.Sprintf("its container ran out of memory and was killed (exit code %d)", e.Exit.Code)
	case e.Exited:
		return fmt.Sprintf("its container exited with code %d", e.Exit.Code)
	}
	return fmt.Sprintf("its container did not get ready within %s: %v", e.After.Round(time.Second/10), e.Err)
}

// Unwrap is the last failed attempt.
func (e *UnreadyError) Unwrap() error { return e.Err }

// Ready returns nil once the container can take over: when its HEALTHCHECK succeeds or, where it has none, when
// it accepts a connection and answers. It gives up with an [*UnreadyError] when the container exits, or after
// the time; the context's own end is returned as it is.
func (c *Container) Ready(ctx context.Context, within time.Duration) error {
	began := time.Now()
	waiting, cancel := context.WithTimeout(ctx, within)
	defer cancel()
	result := make(chan error, 1)
	go func() { result <- c.await(waiting) }()

	var err error
	select {
	case err = <-result:
	case <-c.done:
		cancel()
		<-result
	}
	select {
	case <-c.done:
		return &UnreadyError{Exited: true, Exit: c.exit, After: time.Since(began), Tail: c.Tail(), Hint: exitHint(c.exit)}
	default:
	}
	switch {
	case err == nil:
		return nil
	case ctx.Err() != nil:
		return ctx.Err()
	}
	return &UnreadyError{After: time.Since(began), Tail: c.Tail(), Hint: c.unreadyHint(), Err: err}
}

// await waits for the one sign that counts for this container.
func (c *Container) await(ctx context.Context) error {
	switch {
	case c.healthcheck != nil:
		return c.awaitHealthy(ctx)
	case c.dial != nil:
		http, err := awaitAnswer(ctx, c.Dial)
		c.http.Store(http)
		return err
	}
	pause(ctx, settle)
	return nil
}

// unreadyHint says what a person can look at.
func (c *Container) unreadyHint() string {
	switch {
	case c.healthcheck != nil:
		return "The image's HEALTHCHECK decides when the app is ready; run it by hand in the container to see why it fails."
	case c.runner.direct && onLoopbackOnly(c.pid, c.spec.Port):
		return fmt.Sprintf("The app listens on 127.0.0.1:%[1]d inside the container, where nobody outside can reach it: let it listen on 0.0.0.0:%[1]d.", c.spec.Port)
	}
	return fmt.Sprintf("Does the app listen on 0.0.0.0:%[1]d inside the container? On 127.0.0.1 nobody outside can reach it. For another port: --publish 8080:PORT.", c.spec.Port)
}

// exitHint reads the exit codes that have a meaning of their own.
func exitHint(exit Exit) string {
	switch {
	case exit.OOM, exit.Gone:
		return ""
	case exit.Code == 0:
		return "The command ended well, but a service should go on running. Does it put itself into the background?"
	case exit.Code == 126:
		return "126: the command cannot be executed. Is it executable, and for this platform?"
	case exit.Code == 127:
		return "127: the shell did not find the command."
	case exit.Code == 139:
		return "139: a segmentation fault. Libraries built against glibc do not run on alpine's musl."
	}
	return ""
}
