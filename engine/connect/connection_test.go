package connect

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"
	"time"
)

func TestSilent(t *testing.T) {
	hangs := func(ctx context.Context) error { <-ctx.Done(); return ctx.Err() }
	for name, tt := range map[string]struct {
		alive  func(context.Context) error
		within time.Duration
		want   bool
	}{
		"answers":             {func(context.Context) error { return nil }, time.Minute, false},
		"refuses":             {func(context.Context) error { return errors.New("connection refused") }, time.Minute, false},
		"says nothing":        {hangs, time.Minute, true},
		"nobody waits for it": {hangs, time.Second, false},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				ctx, cancel := context.WithTimeout(t.Context(), tt.within)
				defer cancel()
				if got := silent(ctx, tt.alive); got != tt.want {
					t.Errorf("silent is %v, want %v", got, tt.want)
				}
			})
		})
	}
}
