package front

import (
	"context"
	"errors"
)

// Switch makes b the backend of all new requests, including those that wait. It ends a [Front.Hold]. The drain is that
// of the backend before. It is empty if b is the first backend, or the same as before.
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
	f.current.number = f.followers.serves()
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

// Hold makes new requests wait until [Front.Switch]. The drain is that of the present backend, which
// may be stopped when the drain is over.
func (f *Front) Hold() *Drain {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.held = true
	f.wake()
	return &Drain{f.current}
}

// wake makes all waiting requests look again. The caller holds the lock.
func (f *Front) wake() {
	close(f.changed)
	f.changed = make(chan struct{})
}

var errClosed = errors.New("stagewatch is closing")

// acquire returns the present backend with one more request counted on it, and waits for one if there is none. The
// caller must call backend.done.
func (f *Front) acquire(ctx context.Context) (*backend, error) {
	for {
		b, changed := f.tryAcquire()
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

// tryAcquire is acquire without the wait. If there is no backend, it returns nil and what to wait for.
func (f *Front) tryAcquire() (*backend, <-chan struct{}) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.current == nil || f.held {
		return nil, f.changed
	}
	// It is counted under the lock, so that no switch comes in between.
	f.current.begin()
	return f.current, f.changed
}

// present returns the backend that new requests go to, without counting one, and a channel that is closed at the next
// change.
func (f *Front) present() (*backend, <-chan struct{}) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.held {
		return nil, f.changed
	}
	return f.current, f.changed
}

// served reports whether there ever was a backend.
func (f *Front) served() bool {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.current != nil
}
