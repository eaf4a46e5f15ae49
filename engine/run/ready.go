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

// Readiness says what makes a container ready, and for how long that may be waited for.
type Readiness struct {
	// Path is asked by GET, and has to answer with 2xx or 3xx. Empty leaves it to the image's HEALTHCHECK or, where it
	// has none, to any answer at all.
	Path string
	// Within is how long it may take.
	Within time.Duration
	// Patience is how long an answer that tells of an error of the app (5xx) does not count yet.
	Patience time.Duration
	// Waiting is called at once with what is waited for, and again with what keeps it whenever that is another thing.
	Waiting func(event.Waiting)
}

// Ready returns nil once the container can take over: when it is ready as [Readiness] says. It gives up with an
// [*UnreadyError] when the container exits, or after the time; the context's own end is returned as it is.
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

// await waits for the one sign that counts for this container.
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
	pause(ctx, settle)
	return nil
}

// checksHealth reports whether the image's HEALTHCHECK decides.
func (c *Container) checksHealth(r Readiness) bool { return c.healthcheck != nil && r.Path == "" }

// unreadyHint says what a person can look at.
func (c *Container) unreadyHint(ctx context.Context, r Readiness) string {
	if c.checksHealth(r) {
		return "The image's HEALTHCHECK decides when the app is ready; run it by hand in the container to see why it fails."
	}
	// The time for it to get ready is over, but not that to look into why.
	looking, cancel := context.WithTimeout(ctx, lookWithin)
	defer cancel()
	if found, known := c.listening(looking); known {
		here := slices.ContainsFunc(found, func(l netip.AddrPort) bool { return int(l.Port()) == c.spec.Port && !l.Addr().IsLoopback() })
		switch message, hint := c.advice(looking, found); {
		case hint != "":
			return capital(message) + ". " + hint
		case here && r.Path != "":
			return fmt.Sprintf("The app listens, but --ready-path %s has to answer with 2xx or 3xx.", r.Path)
		}
	}
	return fmt.Sprintf("Does the app listen on 0.0.0.0:%[1]d inside the container? On 127.0.0.1 nobody outside can reach it. For another port: -p %[2]s:PORT.", c.spec.Port, c.published())
}

// exitHint says what a container that ended may have died of.
func (c *Container) exitHint(ctx context.Context) string {
	if c.exit.OOM || c.exit.Gone {
		return ""
	}
	if hint := c.execHint(ctx); hint != "" {
		return hint
	}
	for _, line := range c.Tail() {
		if inUse.MatchString(line.Text) {
			return "Something holds the address that the app listens on. With --network host that may be the old container, which runs until the new one answers: --swap restart stops it first."
		}
	}
	return exitHint(c.exit)
}

// inUse is what programs say of a taken address, each in its own way.
var inUse = regexp.MustCompile(`(?i)address (?:is )?already in use|EADDRINUSE`)

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
