package engine

import (
	"context"
	"net"

	"github.com/stagewatch/stagewatch/engine/front"
	"github.com/stagewatch/stagewatch/engine/run"
)

// starter gives a run.Runner the shape that the loop uses.
type starter struct{ *run.Runner }

func (s starter) Start(ctx context.Context, spec run.Spec) (instance, error) {
	c, err := s.Runner.Start(ctx, spec)
	if err != nil {
		return nil, err
	}
	return started{c}, nil
}

// started gives a run.Container the shape that the loop uses.
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
