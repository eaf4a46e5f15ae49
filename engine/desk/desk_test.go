package desk

import (
	"context"
	"sync"
	"testing"
	"testing/synctest"
)

// TestAPanicAsideReachesTheOwner: on its goroutine, where deferred functions clean up.
func TestAPanicAsideReachesTheOwner(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := New(t.Context(), Voice{})
		caught := make(chan any)
		go func() {
			defer func() { caught <- recover() }()
			(<-d.Tasks())()
		}()
		var running sync.WaitGroup
		d.Aside(&running, func() { panic("broken") })
		if got := <-caught; got == nil {
			t.Error("the panic was swallowed")
		}
		running.Wait()
	})
}

// TestNobodyWaitsForADeskThatEnded: what goes on beside it comes to its end.
func TestNobodyWaitsForADeskThatEnded(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	d := New(ctx, Voice{})
	cancel()
	d.Do(func() { t.Error("called, and nobody owns the desk any more") })
}
