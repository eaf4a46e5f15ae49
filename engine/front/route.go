package front

import (
	"context"
	"errors"
	"time"
)

// redialEvery is the time between two attempts to connect to a backend.
const redialEvery = 25 * time.Millisecond

// route leads one request to the backend that counts it.
type route struct {
	front *Front
	on    *backend
	// until is when the request stops waiting for a backend.
	until time.Time
}

// errNoBackend says that there was no backend in time.
var errNoBackend = errors.New("no build of the app serves yet")

// tryAcquire counts the request on the present backend. It returns false if there is none.
func (r *route) tryAcquire() bool {
	r.on, _ = r.front.tryAcquire()
	return r.on != nil
}

// acquire counts the request on the present backend, and waits for one if there is none.
func (r *route) acquire(ctx context.Context) error {
	if r.tryAcquire() {
		return nil
	}
	waiting, cancel := context.WithDeadline(ctx, r.until)
	defer cancel()
	b, err := r.front.acquire(waiting)
	if err != nil {
		if ctx.Err() == nil && errors.Is(err, context.DeadlineExceeded) {
			return errNoBackend
		}
		return err
	}
	r.on = b
	return nil
}

func (r *route) leave() {
	if r.on != nil {
		r.on.done()
		r.on = nil
	}
}

// reroute finds a backend after one that could not be reached: another one if there is one, else the same after a short
// while, until the request stops waiting.
func (r *route) reroute(ctx context.Context) error {
	dead := r.on
	r.leave()
	if now, changed := r.front.present(); now == dead {
		timer := time.NewTimer(redialEvery)
		defer timer.Stop()
		select {
		case <-timer.C:
		case <-changed:
		case <-ctx.Done():
			return ctx.Err()
		case <-r.front.closing.Done():
			return errClosed
		}
		if !time.Now().Before(r.until) {
			return errUnreachable
		}
	}
	return r.acquire(ctx)
}

// errUnreachable says that there is a backend but it accepts no connection.
var errUnreachable = errors.New("the app accepts no connection")
