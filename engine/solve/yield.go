package solve

import (
	"context"
	"sync"

	gateway "github.com/moby/buildkit/frontend/gateway/client"
	"github.com/moby/buildkit/solver/pb"

	"github.com/stagewatch/stagewatch/engine/dock"
)

// yielding is a build that yields when its context ends.
//
// Until its target is solved, an error of the gateway ends it at the engine. After that the engine writes the image,
// for seconds if a layer is large, and does not stop in the middle of a layer: such a build is left to end by itself.
type yielding struct {
	lingering *lingering
	ctx       context.Context
	// cancel cancels the call.
	cancel context.CancelFunc

	mu sync.Mutex
	// made is the graph whose image the engine is writing, nil before and after.
	made *pb.Definition
}

// yield runs a build that yields.
func (b *Builder) yield(ctx context.Context, req Request, track *tracker) (string, error) {
	y := &yielding{lingering: &b.lingering, ctx: ctx}
	image := ""
	err := dock.Yielding(ctx, func(solving context.Context) (err error) {
		solving, y.cancel = context.WithCancel(solving)
		defer y.cancel()
		defer y.over()
		image, err = b.run(solving, req, track, y.collect(track, b.collect(track, req)))
		return err
	}, y.leave)
	if err != nil {
		return "", err
	}
	return image, nil
}

// collect is the gateway's part. If the build must yield, it ends early, until its result is solved.
func (y *yielding) collect(track *tracker, collect gateway.BuildFunc) gateway.BuildFunc {
	return func(ctx context.Context, g gateway.Client) (*gateway.Result, error) {
		ctx, stop := context.WithCancel(ctx)
		defer stop()
		defer context.AfterFunc(y.ctx, stop)()
		res, err := collect(ctx, g)
		if err != nil {
			return nil, err
		}
		y.mu.Lock()
		defer y.mu.Unlock()
		if y.ctx.Err() != nil {
			return nil, context.Cause(y.ctx)
		}
		y.made = track.definition()
		return res, nil
	}
}

// leave leaves the build to the engine if that is writing the image already.
func (y *yielding) leave() bool {
	y.mu.Lock()
	defer y.mu.Unlock()
	if y.made == nil {
		return false
	}
	y.lingering.add(y, y.made)
	if !y.lingering.fragile {
		y.cancel()
	}
	return true
}

func (y *yielding) over() {
	y.mu.Lock()
	defer y.mu.Unlock()
	y.made = nil
	y.lingering.remove(y)
}

// lingering are the builds that nobody waits for and that the engine has not ended yet: they yielded, or their record is
// being written.
type lingering struct {
	// fragile says that the engine crashes, with all that runs on it, if a build has joined a step of another one that
	// then leaves: BuildKit before 0.9.
	fragile bool

	mu sync.Mutex
	// builds are their graphs, nil for one whose record is being written.
	builds map[any]*pb.Definition
	// gone is closed when there are none any more; it is nil while there are none.
	gone chan struct{}
}

func (l *lingering) add(build any, def *pb.Definition) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.gone == nil {
		l.builds, l.gone = map[any]*pb.Definition{}, make(chan struct{})
	}
	l.builds[build] = def
}

func (l *lingering) remove(build any) {
	l.mu.Lock()
	defer l.mu.Unlock()
	delete(l.builds, build)
	if l.gone != nil && len(l.builds) == 0 {
		close(l.gone)
		l.gone = nil
	}
}

// join adds all steps of the lingering builds to a solve. They are solved already; this keeps them on the engine until
// the solve ends.
func (l *lingering) join(ctx context.Context, g gateway.Client) error {
	if !l.fragile {
		return nil
	}
	l.mu.Lock()
	defs := make([]*pb.Definition, 0, len(l.builds))
	for _, def := range l.builds {
		defs = append(defs, def)
	}
	l.mu.Unlock()
	for _, def := range defs {
		if _, err := g.Solve(ctx, gateway.SolveRequest{Definition: def, Evaluate: true}); err != nil {
			return err
		}
	}
	return nil
}

// Quiet waits until the engine has ended every build that nobody waits for: it yielded, or its record is being written.
func (b *Builder) Quiet(ctx context.Context) error {
	b.lingering.mu.Lock()
	gone := b.lingering.gone
	b.lingering.mu.Unlock()
	if gone == nil {
		return nil
	}
	select {
	case <-gone:
		return nil
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}
