package front

import (
	"context"
	"time"
)

// halfClose is how soon after its request a client closes its sending half if it only means that it sends no more. A
// client that closes later, while it waits for a backend, has given up, and its request must not be carried out.
const halfClose = 250 * time.Millisecond

// clientWatch notices when a client leaves while it waits for a backend.
type clientWatch struct {
	ctx    context.Context
	cancel context.CancelFunc
	over   chan struct{}
	left   bool
}

func (s *session) watchClient() *clientWatch {
	v := &clientWatch{over: make(chan struct{})}
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

// end ends the watching, if there was any. It returns an error if the client has left.
func (v *clientWatch) end(s *session) error {
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

// interrupt makes the goroutine that reads from the client stop, and waits for it.
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
