package front

import (
	"context"
	"errors"
	"time"
)

// redialEvery is the time between two attempts to reach a backend that does not accept.
const redialEvery = 25 * time.Millisecond

// flight is one request under way, on the backend that it is counted on.
type flight struct {
	front *Front
	on    *backend
	// until is when the waiting for a backend ends.
	until time.Time
}

// errNoBackend: no backend came in time.
var errNoBackend = errors.New("no build of the app serves yet")

// tryBoard counts the request on the present backend, if there is one.
func (l *flight) tryBoard() bool {
	l.on, _ = l.front.tryLease()
	return l.on != nil
}

// board counts the request on the present backend, or waits for one.
func (l *flight) board(ctx context.Context) error {
	if l.tryBoard() {
		return nil
	}
	waiting, cancel := context.WithDeadline(ctx, l.until)
	defer cancel()
	b, err := l.front.lease(waiting)
	if err != nil {
		if ctx.Err() == nil && errors.Is(err, context.DeadlineExceeded) {
			return errNoBackend
		}
		return err
	}
	l.on = b
	return nil
}

func (l *flight) leave() {
	if l.on != nil {
		l.on.done()
		l.on = nil
	}
}

// reroute finds a backend after one that could not be reached: another one if there is, else the same after a
// short while, until the time for waiting is over.
func (l *flight) reroute(ctx context.Context) error {
	dead := l.on
	l.leave()
	if now, changed := l.front.present(); now == dead {
		timer := time.NewTimer(redialEvery)
		defer timer.Stop()
		select {
		case <-timer.C:
		case <-changed:
		case <-ctx.Done():
			return ctx.Err()
		case <-l.front.closing.Done():
			return errClosed
		}
		if !time.Now().Before(l.until) {
			return errUnreachable
		}
	}
	return l.board(ctx)
}

// errUnreachable: there is a backend, and it accepts no connection.
var errUnreachable = errors.New("the app accepts no connection")
