package solve

import (
	"context"
	"time"

	gateway "github.com/moby/buildkit/frontend/gateway/client"
	"github.com/opencontainers/go-digest"
	"github.com/tonistiigi/fsutil"

	"github.com/stagewatch/stagewatch/engine/plan"
)

// settleWithin bounds what is not given up.
const settleWithin = time.Minute

// has reports whether the engine has all twins of the graph.
func (s *shortcuts) has(bound *plan.Bound) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, t := range bound.Twins() {
		if !s.made[bound.Digests[t.Op]] {
			return false
		}
	}
	return true
}

// add records that the engine has the twins of the graph.
func (s *shortcuts) add(bound *plan.Bound) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.made == nil {
		s.made = map[digest.Digest]bool{}
	}
	for _, t := range bound.Twins() {
		s.made[bound.Digests[t.Op]] = true
	}
}

// Settle has the engine build, of a plan as it was built, what is not in the cache yet: the steps that were done aside, as they
// are, for a graph of which something else needs them, and the twins of which the next build may take its copies.
//
// It must not go on beside another solve. What a fragile engine has begun to copy when a build is given up, it can't copy for
// the next one: it fails, or crashes. And a twin is the same in all builds. There Settle is not given up once it has begun,
// no build uses a twin before, and a build without shortcuts leaves it to Settle to look for some.
func (b *Builder) Settle(ctx context.Context, p *plan.Plan, contexts map[string]fsutil.FS) error {
	last, mark := b.shortcuts.get(p)
	looks := b.lingering.fragile && p.MayShorten() && !p.Shortens()
	if len(last.proven) == 0 && !looks || ctx.Err() != nil {
		return context.Cause(ctx)
	}
	if b.lingering.fragile {
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeout(context.WithoutCancel(ctx), settleWithin)
		defer cancel()
	}
	return b.askOf(ctx, p, contexts, func(ctx context.Context, g gateway.Client) (err error) {
		binding := b.Binding(contexts, g.BuildOpts().SessionID)
		if looks {
			if last.proven, err = lookFor(ctx, g, p, binding); err != nil {
				return err
			}
		}
		bound, err := p.Shortened(last.proven, nil, nil, mark).BindEach(binding)
		if err != nil {
			return err
		}
		for _, op := range p.DoneAside() {
			if _, err := upTo(ctx, g, bound, op); err != nil {
				return err
			}
		}
		b.shortcuts.set(p, shortening{proven: last.proven})
		if light(contexts) {
			if err := bound.AddTwins(last.proven); err != nil {
				return err
			}
		}
		return b.makeTwins(ctx, g, bound)
	})
}

// lookFor returns the shortcuts of a plan.
func lookFor(ctx context.Context, g gateway.Client, p *plan.Plan, binding func(plan.Local) string) (plan.Shortcuts, error) {
	bound, err := p.BindEach(binding)
	if err != nil {
		return nil, err
	}
	seen := lookAt(ctx, g, bound)
	return seen.proven, seen.err
}

// makeTwins makes those twins of a graph that the engine does not have, and the copies that are taken from them.
func (b *Builder) makeTwins(ctx context.Context, g gateway.Client, bound *plan.Bound) error {
	if b.shortcuts.has(bound) {
		return nil
	}
	// The copies find by its content what they made before, with their own keys from then on.
	if _, err := g.Solve(ctx, gateway.SolveRequest{Definition: bound.Definition, Evaluate: true}); err != nil {
		return err
	}
	for _, t := range bound.Twins() {
		if _, err := upTo(ctx, g, bound, t.Op); err != nil {
			return err
		}
	}
	b.shortcuts.add(bound)
	return nil
}
