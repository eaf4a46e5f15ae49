package front

import (
	"context"
	"time"
)

// halfClose is how soon after its request a client that only closes its sending half does so. One that closes later,
// while it waits for a backend, has lost its patience, and its request is not to run any more.
const halfClose = 250 * time.Millisecond

// vigil watches over a client that waits for a backend.
type vigil struct {
	ctx    context.Context
	cancel context.CancelFunc
	over   chan struct{}
	left   bool
}

func (s *session) watchOver() *vigil {
	v := &vigil{over: make(chan struct{})}
	v.ctx, v.cancel = context.WithCancel(s.front.closed)
	began := time.Now()
	go func() {
		defer close(v.over)
		err := s.more()
		switch {
		case err == nil, timedOut(err), isEOF(err) && time.Since(began) < halfClose:
		default:
			v.left = true
			v.cancel()
		}
	}()
	return v
}

// end ends the watching, if there was any. It returns an error where the client has left.
func (v *vigil) end(s *session) error {
	if v == nil {
		return nil
	}
	s.interrupt(v.over)
	v.cancel()
	if v.left {
		s.lost = true
		return errLeft
	}
	return nil
}

// interrupt calls back who reads from the client.
func (s *session) interrupt(over <-chan struct{}) {
	select {
	case <-over:
		return
	default:
	}
	_ = s.Conn.SetReadDeadline(time.Unix(1, 0))
	<-over
	_ = s.Conn.SetReadDeadline(time.Time{})
}
