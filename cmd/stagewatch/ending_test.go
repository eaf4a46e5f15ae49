package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/signal"
	"syscall"
	"testing"
)

// TestWhoWasToldToEndSaysSo: by the exit code, whoever is first, the end itself or what it ended; and nothing else that
// went wrong is taken for that.
func TestWhoWasToldToEndSaysSo(t *testing.T) {
	ctx, cancel := context.WithCancelCause(t.Context())
	cancel(ended{syscall.SIGTERM})
	broken := errors.New("broken")
	for name, test := range map[string]struct{ err, want error }{
		"the cause":          {ended{syscall.SIGTERM}, exitCode(143)},
		"the cause, wrapped": {fmt.Errorf("reading: %w", context.Cause(ctx)), exitCode(143)},
		"the context's end":  {fmt.Errorf("reading: %w", ctx.Err()), exitCode(143)},
		"another error":      {broken, broken},
	} {
		if got := asTold(ctx, test.err); got != test.want {
			t.Errorf("%s: %v", name, got)
		}
	}
	if got := asTold(ctx, nil); got != nil {
		t.Errorf("what went well: %v", got)
	}
	if got := asTold(t.Context(), context.Canceled); got != context.Canceled {
		t.Errorf("nobody told it to end: %v", got)
	}
	never := make(chan struct{})
	if got := untilTold(ctx, 0, func() error { <-never; return nil }); got != exitCode(143) {
		t.Errorf("what goes on and on: %v", got)
	}
}

// TestAnInterruptIsForWhoHasTheTerminal: while that is lent, nothing but other signals ends the program.
func TestAnInterruptIsForWhoHasTheTerminal(t *testing.T) {
	ctx := endings()
	// Or the signals of whoever ends the tests would come to nothing.
	t.Cleanup(func() { signal.Reset(os.Interrupt, syscall.SIGTERM, syscall.SIGHUP) })
	lending(ctx)(true)
	for _, s := range []syscall.Signal{syscall.SIGINT, syscall.SIGTERM} {
		if err := syscall.Kill(syscall.Getpid(), s); err != nil {
			t.Fatal(err)
		}
	}
	<-ctx.Done()
	if got := context.Cause(ctx); got != (ended{syscall.SIGTERM}) {
		t.Errorf("ended by %v", got)
	}
}
