package main

import (
	"context"
	"errors"
	"io"
	"os"
	"os/signal"
	"sync"
	"syscall"
	"time"
)

const (
	// unreadFor is how long a reader may leave a line unread once the program was told to end.
	unreadFor = 2 * time.Second
	// sameFor is how long one wish to end may come twice: timeout, make and terminals tell a program and its group.
	sameFor = 500 * time.Millisecond
)

// ended is why a program ends that was told to.
type ended struct{ signal syscall.Signal }

func (e ended) Error() string { return e.signal.String() }

// code is the exit code of what is ended by the signal, as shells have it.
func (e ended) code() int { return 128 + int(e.signal) }

// endings returns a context that ends with the first signal that asks for an end. Whoever asks a second time gets it at
// once: what is left on the engine then, the next start removes.
func endings() context.Context {
	ctx, cancel := context.WithCancelCause(context.Background())
	asked := make(chan os.Signal, 4)
	signal.Notify(asked, os.Interrupt, syscall.SIGTERM, syscall.SIGHUP)
	go func() {
		why := ended{(<-asked).(syscall.Signal)}
		first := time.Now()
		cancel(why)
		for again := range asked {
			if insists(again, time.Since(first)) {
				os.Exit(why.code())
			}
		}
	}()
	return ctx
}

// insists reports whether a signal that comes so long after the first asks for an end again. A terminal that closes
// tells of it more than once, and nobody waits there.
func insists(again os.Signal, after time.Duration) bool {
	return again != syscall.SIGHUP && after > sameFor
}

// untilTold runs what leaves nothing behind, until it is told to end and a grace is over. What ends because it was told to
// has the exit code that says so.
func untilTold(ctx context.Context, grace time.Duration, run func() error) error {
	done := make(chan error, 1)
	go func() { done <- run() }()
	select {
	case err := <-done:
		return asTold(ctx, err)
	case <-ctx.Done():
	}
	select {
	case err := <-done:
		return asTold(ctx, err)
	case <-time.After(grace):
	}
	return asTold(ctx, ctx.Err())
}

// asTold returns the exit code in place of an error that is only the end of the context.
func asTold(ctx context.Context, err error) error {
	cause := context.Cause(ctx)
	if err == nil || cause == nil || !errors.Is(err, cause) && !errors.Is(err, ctx.Err()) {
		return err
	}
	if why, ok := cause.(ended); ok {
		return exitCode(why.code())
	}
	return cause
}

// output is a writer of whom can be asked whether somebody reads.
type output struct {
	w io.Writer

	mu sync.Mutex
	// since is when the write under way began, zero for none.
	since time.Time
}

func (o *output) Write(p []byte) (int, error) {
	o.begin(time.Now())
	defer o.begin(time.Time{})
	return o.w.Write(p)
}

func (o *output) begin(at time.Time) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.since = at
}

// unread waits until a write has been under way for unreadFor, counted from now. It returns false where done is closed first.
func (o *output) unread(done <-chan struct{}) bool {
	told := time.Now()
	tick := time.NewTicker(unreadFor / 20)
	defer tick.Stop()
	for {
		select {
		case <-done:
			return false
		case <-tick.C:
		}
		o.mu.Lock()
		since := o.since
		o.mu.Unlock()
		if since.Before(told) && !since.IsZero() {
			since = told
		}
		if !since.IsZero() && time.Since(since) > unreadFor {
			return true
		}
	}
}
