package front

import (
	"context"
	"sync"
)

// tally counts requests in flight.
type tally struct {
	mu sync.Mutex
	n  int
	// none is closed when the count falls to zero while a caller waits for that.
	none chan struct{}
}

func (t *tally) begin() {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.n++
}

func (t *tally) done() {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.n--
	if t.n == 0 && t.none != nil {
		close(t.none)
		t.none = nil
	}
}

func (t *tally) count() int {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.n
}

// drained waits until nothing is in flight. It returns how many requests still are when ctx ends.
func (t *tally) drained(ctx context.Context) int {
	for {
		t.mu.Lock()
		left := t.n
		if left == 0 {
			t.mu.Unlock()
			return 0
		}
		if t.none == nil {
			t.none = make(chan struct{})
		}
		none := t.none
		t.mu.Unlock()
		select {
		case <-none:
		case <-ctx.Done():
			return left
		}
	}
}
