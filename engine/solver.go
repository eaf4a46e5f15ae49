package engine

import (
	"context"

	"github.com/tonistiigi/fsutil"

	"github.com/stagewatch/stagewatch/engine/plan"
	"github.com/stagewatch/stagewatch/engine/project"
	"github.com/stagewatch/stagewatch/engine/solve"
)

// builder is what the loop needs of an engine that builds.
type builder interface {
	project.Toolchain
	Build(ctx context.Context, req solve.Request) (*solve.Result, error)
	// Name gives the image of a build that was made without names its names.
	Name(ctx context.Context, res *solve.Result, tags []string) error
	// Forget makes the next plan look base images up again.
	Forget()
	// TrimHistory removes all but the newest of our builds from the engine's build history.
	TrimHistory(ctx context.Context) error
	// Settle builds the steps of a plan that were done aside as they are.
	Settle(ctx context.Context, p *plan.Plan, contexts map[string]fsutil.FS) error
	// Quiet waits until the engine is done with the solves that were given up.
	Quiet(ctx context.Context) error
}

// solver is a builder that makes one solve at a time. Docker Engine 20.10 was seen to crash, with all that runs on it,
// where two solves share steps and one of them is canceled.
type solver struct {
	builder
	turn
}

// turn is held by the solve that is under way on an engine.
type turn chan struct{}

func newTurn() turn { return make(turn, 1) }

func newSolver(b builder, t turn) *solver { return &solver{b, t} }

// Build builds when no other solve is under way.
func (s *solver) Build(ctx context.Context, req solve.Request) (res *solve.Result, err error) {
	err = s.InTurn(ctx, func() (err error) {
		res, err = s.builder.Build(ctx, req)
		return err
	})
	return res, err
}

// InTurn calls fn when no solve is under way, and lets none begin until fn returns.
func (s *solver) InTurn(ctx context.Context, fn func() error) error {
	select {
	case s.turn <- struct{}{}:
	case <-ctx.Done():
		return context.Cause(ctx)
	}
	defer func() { <-s.turn }()
	return fn()
}
