package run

import (
	"context"
	"fmt"
	"net/netip"
	"regexp"
	"slices"
	"time"

	"github.com/stagewatch/stagewatch/engine/event"
)

// ReadyWithin is the default of [Readiness.Within].
const ReadyWithin = 60 * time.Second

// surviveFor is how long an app without a port and a health check must live to count as running.
const surviveFor = 300 * time.Millisecond

// UnreadyError says why a container did not become ready.
type UnreadyError struct {
	// Exited says that it ended, as Exit describes. Otherwise it still runs and does not answer.
	Exited bool
	Exit   Exit
	// After is how long it was waited for.
	After time.Duration
	// Tail are the last lines that it printed.
	Tail []event.Log
	// Hint says what to do next.
	Hint string
	// Err is why the last attempt failed, nil if the container exited.
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
	return fmt.Sprintf("its container was not ready within %s: %v", e.After.Round(time.Second/10), e.Err)
}

// Unwrap returns why the last attempt failed.
func (e *UnreadyError) Unwrap() error { return e.Err }

// Readiness says when a container counts as ready, and how long that may take.
type Readiness struct {
	// Path must answer a GET with 2xx or 3xx. If it is empty, the image's HEALTHCHECK decides; if there is none, any
	// answer counts.
	Path string
	// Within is how long the container may take.
	Within time.Duration
	// Patience is how long an answer that reports an error of the app (5xx) does not count.
	Patience time.Duration
	// Waiting is called at once with what is waited for, and again whenever the reason for the wait changes.
	Waiting func(event.Waiting)
}

// Ready returns nil once the container is ready as [Readiness] says. It returns an [*UnreadyError] if the container
// exits or the time is over, and the context's own error if ctx ends.
func (c *Container) Ready(ctx context.Context, r Readiness) error {
	began := time.Now()
	waiting, cancel := context.WithTimeout(ctx, r.Within)
	defer cancel()
	result := make(chan error, 1)
	go func() { result <- c.await(waiting, r) }()
	reported := make(chan struct{})
	go func() {
		defer close(reported)
		c.report(waiting, r)
	}()

	var err error
	select {
	case err = <-result:
		cancel()
	case <-c.done:
		cancel()
		<-result
	}
	<-reported
	select {
	case <-c.done:
		return &UnreadyError{Exited: true, Exit: c.exit, After: time.Since(began), Tail: c.Tail(), Hint: c.exitHint(ctx)}
	default:
	}
	switch {
	case err == nil:
		return nil
	case ctx.Err() != nil:
		return ctx.Err()
	}
	return &UnreadyError{After: time.Since(began), Tail: c.Tail(), Hint: c.unreadyHint(ctx, r), Err: err}
}

// await waits for the sign that decides for this container.
func (c *Container) await(ctx context.Context, r Readiness) error {
	switch {
	case c.checksHealth(r):
		return c.awaitHealthy(ctx, c.note)
	case c.spec.Port != 0:
		status, http, err := awaitAnswer(ctx, c.Dial, r, c.note)
		c.http.Store(http)
		c.status.Store(int64(status))
		return err
	}
	pause(ctx, surviveFor)
	return nil
}

// checksHealth reports whether the image's HEALTHCHECK decides.
func (c *Container) checksHealth(r Readiness) bool { return c.healthcheck != nil && r.Path == "" }

// unreadyHint says what a person can check.
func (c *Container) unreadyHint(ctx context.Context, r Readiness) string {
	if c.checksHealth(r) {
		return "The image's HEALTHCHECK decides when the app is ready. Run it by hand in the container to see why it fails."
	}
	// The container's time is over, but not the time to find out why.
	looking, cancel := context.WithTimeout(ctx, lookWithin)
	defer cancel()
	if found, known := c.listening(looking); known {
		here := slices.ContainsFunc(found, func(l netip.AddrPort) bool { return int(l.Port()) == c.spec.Port && !l.Addr().IsLoopback() })
		switch message, hint := c.advice(looking, found); {
		case hint != "":
			return capital(message) + ". " + hint
		case here && r.Path != "":
			return fmt.Sprintf("The app listens, but --ready-path %s must answer with 2xx or 3xx. Correct the path, or leave the flag out.", r.Path)
		}
	}
	return fmt.Sprintf("Does the app listen on 0.0.0.0:%[1]d inside the container? On 127.0.0.1 it can't be reached from outside. If it uses another port: -p %[2]s:PORT.", c.spec.Port, c.published())
}

// exitHint says what a container may have ended of.
func (c *Container) exitHint(ctx context.Context) string {
	if c.exit.OOM || c.exit.Gone {
		return ""
	}
	if hint := c.execHint(ctx); hint != "" {
		return hint
	}
	for _, line := range c.Tail() {
		if inUse.MatchString(line.Text) {
			return "The address that the app listens on is in use. With --network host the old container may hold it, because it runs until the new one answers: --swap restart stops it first."
		}
	}
	return exitHint(c.exit)
}

// inUse matches what programs print when an address is in use.
var inUse = regexp.MustCompile(`(?i)address (?:is )?already in use|EADDRINUSE`)

// exitHint explains the exit codes that have a meaning of their own.
func exitHint(exit Exit) string {
	switch {
	case exit.OOM, exit.Gone:
		return ""
	case exit.Code == 0:
		return "The command succeeded, but a service must keep running. Does the command start it in the background?"
	case exit.Code == 126:
		return "Exit code 126: the command can't be executed. Is it executable, and built for this platform?"
	case exit.Code == 127:
		return "Exit code 127: the shell did not find the command. Is it installed in the final stage, and on its PATH?"
	case exit.Code == 139:
		return "Exit code 139: a segmentation fault. Libraries built for glibc do not run on alpine's musl."
	}
	return ""
}
