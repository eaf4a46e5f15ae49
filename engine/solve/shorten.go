package solve

import (
	"context"
	"crypto/rand"
	"errors"
	"sync"

	gateway "github.com/moby/buildkit/frontend/gateway/client"
	"github.com/opencontainers/go-digest"
	"github.com/tonistiigi/fsutil"

	"github.com/stagewatch/stagewatch/engine/plan"
	"github.com/stagewatch/stagewatch/engine/tree"
)

// shortcuts remembers, by graph, how its copies were shortened.
type shortcuts struct {
	mu sync.Mutex
	of map[digest.Digest]shortening
	// mark is that of the twins, and made are those that the engine has.
	mark string
	made map[digest.Digest]bool
}

// shortening is what is known of a graph from its last build.
type shortening struct {
	// proven are the shortcuts that held.
	proven plan.Shortcuts
	// aside are the ops that were done aside, and that may not be in the cache as they are.
	aside []int
}

func (s *shortcuts) get(p *plan.Plan) (last shortening, mark string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.mark == "" {
		s.mark = rand.Text()
	}
	return s.of[p.Graph()], s.mark
}

func (s *shortcuts) set(p *plan.Plan, now shortening) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.of == nil {
		s.of = map[digest.Digest]shortening{}
	}
	s.of[p.Graph()] = now
}

// asWritten records that a plan was built without shortcuts.
func (s *shortcuts) asWritten(p *plan.Plan) {
	last, _ := s.get(p)
	s.set(p, shortening{proven: last.proven})
}

// renew has all twins made anew: steps may have run again that have made what is in them.
func (s *shortcuts) renew() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.mark, s.made = "", nil
}

// solveFunc solves a bound graph.
type solveFunc func(b *plan.Bound, evaluate bool) (*gateway.Result, error)

// asWritten solves a plan without shortcuts.
func (b *Builder) asWritten(_ context.Context, g gateway.Client, req Request, _ *tracker, solve solveFunc) (*gateway.Result, error) {
	session := g.BuildOpts().SessionID
	bind := func() (*plan.Bound, error) { return req.Plan.BindEach(b.Binding(req.Contexts, session)) }
	// A check takes what the target's build made of such a stage.
	if req.Plan.Uncached() && !req.NoImage {
		bind = func() (*plan.Bound, error) { return req.Plan.BindUncached(b.Binding(req.Contexts, session), session) }
		defer b.shortcuts.renew()
	}
	if req.NoCache {
		bind = func() (*plan.Bound, error) { return req.Plan.BindAnew(session) }
		defer b.shortcuts.renew()
	}
	bound, err := bind()
	if err != nil {
		return nil, err
	}
	res, err := solve(bound, req.Yields || req.NoImage)
	if err == nil && req.Plan.MayShorten() {
		b.shortcuts.asWritten(req.Plan)
	}
	return res, err
}

// shortened solves a plan with the shortcuts that held in its last build, and proves in the same solve that they hold in
// this one: a step may have run anew and left other links, or other files than those that its twin has. Where they don't,
// and where that can't be told, it fails, and track says that it was misled.
func (b *Builder) shortened(ctx context.Context, g gateway.Client, req Request, track *tracker, solve solveFunc) (*gateway.Result, error) {
	last, mark := b.shortcuts.get(req.Plan)
	if !light(req.Contexts) {
		req.Predictions, last.aside = nil, nil
	}
	p := req.Plan.Shortened(last.proven, req.Predictions, last.aside, mark)
	bound, err := p.BindEach(b.Binding(req.Contexts, g.BuildOpts().SessionID))
	if err == nil && b.lingering.fragile && !b.shortcuts.has(bound) {
		p = req.Plan.Shortened(nil, nil, nil, mark)
		bound, err = p.BindEach(b.Binding(req.Contexts, g.BuildOpts().SessionID))
	}
	if err != nil {
		return nil, err
	}
	seen, res, err := b.lookBeside(ctx, g, bound, solve)
	holds := !p.Shortens() || seen.err == nil && p.Within(seen.proven) && seen.alike
	switch {
	case err == nil && holds:
		b.shortcuts.set(p, shortening{seen.proven, p.DoneAside()})
		b.shortcuts.add(bound)
		return res, nil
	case err != nil && (holds || seen.err != nil):
		// The build failed, or what the copies are taken from.
		return nil, err
	}
	if !seen.alike {
		b.shortcuts.renew()
	}
	b.shortcuts.set(p, shortening{proven: seen.proven})
	track.misled = true
	return nil, errors.New("copying from another state of a stage than the Dockerfile says: it differs from the one of the last build")
}

// look is what the states of a graph show.
type look struct {
	proven plan.Shortcuts
	// alike is set where all twins have what they are to have.
	alike bool
	// err is why that is not known.
	err error
}

func lookAt(ctx context.Context, g gateway.Client, bound *plan.Bound) (l look) {
	s := newStates(ctx, g, bound)
	if l.proven, l.err = bound.Plan.Shortcuts(s); l.err == nil {
		l.alike, l.err = s.alike(bound.Twins())
	}
	return l
}

// lookBeside solves a graph and looks at its states, at the same time where the engine is not fragile. A fragile one crashes
// where a build is given up in the middle of both; there is a look only at a graph with shortcuts, after its solve.
func (b *Builder) lookBeside(ctx context.Context, g gateway.Client, bound *plan.Bound, solve solveFunc) (seen look, res *gateway.Result, err error) {
	if b.lingering.fragile {
		if res, err = solve(bound, true); bound.Plan.Shortens() {
			seen = lookAt(ctx, g, bound)
		}
		return seen, res, err
	}
	looking, stop := context.WithCancel(ctx)
	defer stop()
	looked := make(chan struct{})
	go func() {
		defer close(looked)
		seen = lookAt(looking, g, bound)
	}()
	res, err = solve(bound, true)
	if err != nil && !bound.Plan.Shortens() {
		stop()
	}
	<-looked
	return seen, res, err
}

const (
	// lightFiles and lightBytes are the most that contexts hold which are copied twice: by a step that is done aside, and
	// by the step as it is, in the background. Copying more costs more than a look around the copied folder.
	lightFiles, lightBytes = 2000, 64 << 20
)

// light reports whether the contexts can be copied twice.
func light(contexts map[string]fsutil.FS) bool {
	files, bytes := 0, int64(0)
	for _, context := range contexts {
		served, ok := context.(*tree.FS)
		if !ok {
			return false // What it holds is not known.
		}
		served.Snapshot().Walk("", func(_ string, e tree.Entry) bool {
			files++
			bytes += e.Size
			return files <= lightFiles && bytes <= lightBytes
		})
	}
	return files <= lightFiles && bytes <= lightBytes
}
