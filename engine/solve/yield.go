package solve

import (
	"context"
	"sync"

	gateway "github.com/moby/buildkit/frontend/gateway/client"
	"github.com/moby/buildkit/solver/pb"

	"github.com/stagewatch/stagewatch/engine/dock"
)

// yielding is a build that gives way when its context ends.
//
// Until its target is made, an error of the gateway ends it at the engine. From then on the engine writes the image,
// for seconds where a layer is large, and does not break off in the middle of a layer: that is left to end by itself.
type yielding struct {
	left *left
	ctx  context.Context
	// cancel cancels the call.
	cancel context.CancelFunc

	mu sync.Mutex
	// made is what the engine writes an image of, nil before that and after.
	made *pb.Definition
}

// yield runs a build that gives way.
func (b *Builder) yield(ctx context.Context, req Request, track *tracker) (string, error) {
	y := &yielding{left: &b.left, ctx: ctx}
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

// collect is the gateway's part: it ends when the build has to give way, until what it returns is made.
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

// leave leaves the build to the engine, where that writes its image already.
func (y *yielding) leave() bool {
	y.mu.Lock()
	defer y.mu.Unlock()
	if y.made == nil {
		return false
	}
	y.left.add(y, y.made)
	if !y.left.fragile {
		y.cancel()
	}
	return true
}

func (y *yielding) over() {
	y.mu.Lock()
	defer y.mu.Unlock()
	y.made = nil
	y.left.remove(y)
}

// left are the builds that nobody waits for any more and that the engine is not done with.
type left struct {
	// fragile tells of an engine that ends, with all that runs on it, where a build has taken over a step of another
	// one that then leaves: BuildKit before 0.9.
	fragile bool

	mu     sync.Mutex
	builds map[*yielding]*pb.Definition
	// gone is closed when there is none any more, nil while there is none.
	gone chan struct{}
}

func (l *left) add(y *yielding, def *pb.Definition) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.gone == nil {
		l.builds, l.gone = map[*yielding]*pb.Definition{}, make(chan struct{})
	}
	l.builds[y] = def
}

func (l *left) remove(y *yielding) {
	l.mu.Lock()
	defer l.mu.Unlock()
	delete(l.builds, y)
	if l.gone != nil && len(l.builds) == 0 {
		close(l.gone)
		l.gone = nil
	}
}

// join makes a solve one that has all steps of the builds that are left, which are made: none of them is gone from the
// engine before this solve is.
func (l *left) join(ctx context.Context, g gateway.Client) error {
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

// Quiet waits until the engine is done with every build that gave way.
func (b *Builder) Quiet(ctx context.Context) error {
	b.left.mu.Lock()
	gone := b.left.gone
	b.left.mu.Unlock()
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
