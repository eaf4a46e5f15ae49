package main

import (
	"context"
	"errors"
	"io"
	"os"
	"os/signal"
	"sync"
	"sync/atomic"
	"syscall"
	"time"
)

const (
	// unreadFor is how long a reader may leave a line unread once the program was asked to end.
	unreadFor = 2 * time.Second
	// sameFor is the time within which a second signal counts as the first: timeout, make and terminals send one to the
	// program and one to its group.
	sameFor = 500 * time.Millisecond
)

// ended is the cause of a context that a signal ended.
type ended struct{ signal syscall.Signal }

func (e ended) Error() string { return e.signal.String() }

// code returns the exit code by which shells report the signal.
func (e ended) code() int { return 128 + int(e.signal) }

// endings returns a context that the first signal ends. A second signal ends the program at once; the next start removes
// what is then left on the engine.
//
// An interrupt does not count while the terminal is lent: a terminal sends it to all of its programs.
func endings() context.Context {
	lent := &atomic.Bool{}
	ctx, cancel := context.WithCancelCause(context.WithValue(context.Background(), lentKey{}, lent))
	asked := make(chan os.Signal, 4)
	signal.Notify(asked, os.Interrupt, syscall.SIGTERM, syscall.SIGHUP)
	go func() {
		first := <-asked
		for first == os.Interrupt && lent.Load() {
			first = <-asked
		}
		why, at := ended{first.(syscall.Signal)}, time.Now()
		cancel(why)
		for again := range asked {
			if insists(again, time.Since(at)) {
				os.Exit(why.code())
			}
		}
	}()
	return ctx
}

// lentKey is the key under which a context of [endings] has whether the terminal is lent.
type lentKey struct{}

// lending returns what to call when the terminal is lent to another program, and when that has given it back.
func lending(ctx context.Context) func(lent bool) {
	if lent, ok := ctx.Value(lentKey{}).(*atomic.Bool); ok {
		return lent.Store
	}
	return func(bool) {}
}

// insists reports whether a signal is a second request, so long after the first. A terminal that closes sends several, and
// nobody waits there.
func insists(again os.Signal, after time.Duration) bool {
	return again != syscall.SIGHUP && after > sameFor
}

// untilTold calls run, and returns when run does, or when ctx and a grace period after it have ended. It is for commands
// that leave nothing to clean up. If run failed because ctx ended, it returns the exit code of the signal.
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

// asTold returns the signal's exit code if err is only the end of the context, else err.
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

// output is a writer that knows whether somebody reads.
type output struct {
	w io.Writer

	mu sync.Mutex
	// since is the beginning of the write under way, zero if there is none.
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
