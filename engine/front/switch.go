package front

import (
	"context"
	"errors"
)

// Switch makes b the backend of all new requests, also of those that wait. It ends a [Front.Hold]. The drain is
// that of the backend before; there is nothing to wait for when b is the first, or the same once more.
func (f *Front) Switch(b Backend) *Drain {
	f.mu.Lock()
	defer f.mu.Unlock()
	old := f.current
	f.held = false
	if old != nil && b.Same != "" && b.Same == old.Same && old.gone.Err() == nil {
		old.build.Store(int64(b.Build))
		f.wake()
		return &Drain{}
	}
	f.current = newBackend(f.closed, b, f.quiet)
	f.wake()
	if old == nil {
		return &Drain{}
	}
	if old.spokeHTTP.Load() {
		f.current.spokeHTTP.Store(true)
	}
	old.retire()
	return &Drain{old}
}

// Hold makes new requests wait until [Front.Switch] or [Front.Release]. The drain is that of the present backend:
// when it is over, the backend may stop.
func (f *Front) Hold() *Drain {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.held = true
	f.wake()
	return &Drain{f.current}
}

// Release lets the requests that wait go to the backend that was there before [Front.Hold].
func (f *Front) Release() {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.held = false
	f.wake()
}

// Build is the build that new requests go to, 0 while they wait.
func (f *Front) Build() int {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.current == nil || f.held {
		return 0
	}
	return int(f.current.build.Load())
}

// wake makes everybody who waits look again. The lock is held.
func (f *Front) wake() {
	close(f.changed)
	f.changed = make(chan struct{})
}

// errClosed ends the waiting when the front closes.
var errClosed = errors.New("stagewatch is closing")

// lease returns the present backend with one more request counted on it, or waits for one.
// Every lease is returned with backend.done.
func (f *Front) lease(ctx context.Context) (*backend, error) {
	for {
		b, changed := f.tryLease()
		if b != nil {
			return b, nil
		}
		select {
		case <-changed:
		case <-ctx.Done():
			return nil, ctx.Err()
		case <-f.closing.Done():
			return nil, errClosed
		}
	}
}

// tryLease is lease without the waiting: without a backend, it returns what to wait for.
func (f *Front) tryLease() (*backend, <-chan struct{}) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.current == nil || f.held {
		return nil, f.changed
	}
	// Counted under the lock: no switch comes between.
	f.current.begin()
	return f.current, f.changed
}

// present is the backend that new requests go to, without counting one on it, and what tells of the next change.
func (f *Front) present() (*backend, <-chan struct{}) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.held {
		return nil, f.changed
	}
	return f.current, f.changed
}

// served tells whether there ever was a backend.
func (f *Front) served() bool {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.current != nil
}
