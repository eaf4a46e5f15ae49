package serve

import (
	"context"
	"net"
	"time"

	"github.com/stagewatch/stagewatch/engine/front"
	"github.com/stagewatch/stagewatch/engine/run"
)

// Runner starts containers.
type Runner interface {
	Start(ctx context.Context, spec run.Spec) (Instance, error)
}

// Instance is a container that was started.
type Instance interface {
	ID() string
	// Backend is where one of the app's ports is dialled.
	Backend(port int) front.Backend
	Ready(ctx context.Context, r run.Readiness) error
	// Answered returns the HTTP status that the container became ready with, 0 for none.
	Answered() int
	// Reachable reports whether the container is on a network. Moved receives each time that its address changes.
	Reachable() bool
	Moved() <-chan struct{}
	TakeName(ctx context.Context) error
	Stop(ctx context.Context, grace time.Duration) error
	// Lives asks the engine whether the container runs.
	Lives(ctx context.Context) bool
	// Done is closed when the container has ended; Exit then returns how.
	Done() <-chan struct{}
	Exit() run.Exit
}

// OnEngine returns a Runner that starts containers on an engine.
func OnEngine(r *run.Runner) Runner { return starter{r} }

// starter gives a run.Runner the shape that an App uses.
type starter struct{ *run.Runner }

func (s starter) Start(ctx context.Context, spec run.Spec) (Instance, error) {
	c, err := s.Runner.Start(ctx, spec)
	if err != nil {
		return nil, err
	}
	return started{c}, nil
}

// started gives a run.Container the shape that an App uses.
type started struct{ *run.Container }

func (s started) ID() string { return s.Container.ID }

func (s started) Backend(port int) front.Backend {
	b := front.Backend{Addr: s.Addr(), Build: s.Build, Same: s.Container.ID + " at " + s.Addr(), Dial: func(ctx context.Context) (net.Conn, error) { return s.DialPort(ctx, port) }}
	if port == s.Port() {
		b.HTTP = s.SpeaksHTTP()
	}
	return b
}

func (s started) Reachable() bool { return s.Addr() != "" }
