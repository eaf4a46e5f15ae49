package dock

import (
	"context"
	"errors"
	"net"
	"sync/atomic"
	"testing"

	controlapi "github.com/moby/buildkit/api/services/control"
	"github.com/moby/buildkit/client"
	"google.golang.org/grpc"
	"google.golang.org/grpc/test/bufconn"
)

// solver is a BuildKit that solves until it is asked to end, and records when it has ended.
type solver struct {
	controlapi.UnimplementedControlServer
	begun, end chan struct{}
	ended      atomic.Bool
}

func (s *solver) Solve(ctx context.Context, _ *controlapi.SolveRequest) (*controlapi.SolveResponse, error) {
	s.begun <- struct{}{}
	select {
	case <-s.end:
		s.ended.Store(true)
		return nil, errors.New("ended")
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

// TestYielding: a solve that yields is over when the engine says so, however long its client goes on. One that is left
// alone is over at once.
func TestYielding(t *testing.T) {
	for name, leave := range map[string]bool{"ends": false, "is left": true} {
		t.Run(name, func(t *testing.T) {
			engine := &solver{begun: make(chan struct{}), end: make(chan struct{})}
			c := clientOf(t, engine)
			drained, over := make(chan struct{}), make(chan error, 1)
			ctx, giveWay := context.WithCancelCause(t.Context())
			go func() {
				<-engine.begun
				giveWay(errors.New("somebody else's turn"))
			}()
			err := Yielding(ctx, func(solving context.Context) error {
				_, err := c.ControlClient().Solve(solving, &controlapi.SolveRequest{})
				// BuildKit's client waits for the rest of the progress in the same way.
				<-drained
				over <- solving.Err()
				return err
			}, func() bool {
				if !leave {
					close(engine.end)
				}
				return leave
			})
			if err == nil || err.Error() != "somebody else's turn" {
				t.Errorf("it ended with %v", err)
			}
			if engine.ended.Load() == leave {
				t.Errorf("the engine was done with it: %v", !leave)
			}
			if leave {
				close(engine.end)
			}
			close(drained)
			if err := <-over; err != nil {
				t.Errorf("the call was canceled: %v", err)
			}
		})
	}
}

// TestYieldingToTheEnd: without an interruption the solve's own result is returned.
func TestYieldingToTheEnd(t *testing.T) {
	want := errors.New("of its own")
	if err := Yielding(t.Context(), func(context.Context) error { return want }, nil); err != want {
		t.Errorf("got %v", err)
	}
}

// clientOf connects a client to a BuildKit in this process.
func clientOf(t *testing.T, s controlapi.ControlServer) *client.Client {
	t.Helper()
	listener := bufconn.Listen(64 << 10)
	server := grpc.NewServer()
	controlapi.RegisterControlServer(server, s)
	go func() { _ = server.Serve(listener) }()
	t.Cleanup(server.Stop)
	c, err := client.New(t.Context(), "", client.WithContextDialer(func(ctx context.Context, _ string) (net.Conn, error) { return listener.DialContext(ctx) }), noticeEnd())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.Close() })
	return c
}
