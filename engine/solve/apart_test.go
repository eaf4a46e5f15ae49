package solve

import (
	"context"
	"fmt"
	"sync"
	"testing"

	gateway "github.com/moby/buildkit/frontend/gateway/client"
	"github.com/moby/buildkit/solver/pb"
	"github.com/opencontainers/go-digest"
	"github.com/tonistiigi/fsutil"

	"github.com/stagewatch/stagewatch/engine/event"
	"github.com/stagewatch/stagewatch/engine/plan"
)

// sentOps are the ops that were sent to an engine, by digest: each with whether it ignores the cache.
type sentOps struct {
	gateway.Client
	mu *sync.Mutex
	by map[digest.Digest]bool
	// ran counts those that ignore the cache.
	ran *int
}

func (s sentOps) Solve(ctx context.Context, req gateway.SolveRequest) (*gateway.Result, error) {
	if err := s.note(req); err != nil {
		return nil, err
	}
	return s.Client.Solve(ctx, req)
}

// note returns an error for a solve that the engine must not get.
func (s sentOps) note(req gateway.SolveRequest) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, dt := range req.Definition.GetDef() {
		d := digest.FromBytes(dt)
		ignores := req.Definition.Metadata[string(d)].GetIgnoreCache()
		if was, sent := s.by[d]; sent && was != ignores {
			var op pb.Op
			_ = op.UnmarshalVT(dt)
			return fmt.Errorf("an op is to be sent both with and without the cache: %v", &op)
		}
		if s.by[d] = ignores; ignores {
			*s.ran++
		}
	}
	return nil
}

// TestNoStepIsSentBothWithAndWithoutTheCache: builds that run beside each other, and that measure, share only steps that treat the
// cache alike. Docker Engine 20.10 does not survive others; here it is looked at what is sent to it.
func TestNoStepIsSentBothWithAndWithoutTheCache(t *testing.T) {
	b := newBench(t)
	b.write("Dockerfile", "FROM python:3.9-alpine AS one\nWORKDIR /app\nRUN echo SECRET\nCOPY file .\nFROM python:3.9-alpine\nCOPY --from=one /app /app\n")
	b.write("file", "SECRET")
	other, err := New(t.Context(), b.engine)
	if err != nil {
		t.Fatal(err)
	}
	defer other.Close()
	ran := 0
	sent := sentOps{mu: &sync.Mutex{}, by: map[digest.Digest]bool{}, ran: &ran}
	send := func(by *Builder, p *plan.Plan, noCache bool) {
		fs, err := fsutil.NewFS(b.dir)
		if err != nil {
			t.Error(err)
			return
		}
		req := Request{Plan: p, Contexts: map[string]fsutil.FS{"context": fs}, NoCache: noCache, Emit: func(event.Body) {}}
		track := by.runs.track(p, req.LastTook, req.Emit)
		collect := by.collect(track, req)
		image, err := by.run(t.Context(), req, track, func(ctx context.Context, g gateway.Client) (*gateway.Result, error) {
			mine := sent
			mine.Client = g
			return collect(ctx, mine)
		})
		track.finish(err, false)
		switch {
		case err == nil:
			b.remove(image)
		case !exportedTwice(err): // which Build would try again
			t.Error(err)
		}
	}
	p := b.plan()
	for range 2 {
		var group sync.WaitGroup
		for _, by := range []*Builder{b.builder, other} {
			group.Go(func() { send(by, p, false) })
			group.Go(func() { send(by, p, true) })
		}
		group.Wait()
		b.write("file", "SECRET, edited")
	}
	// What each of the four builds without the cache sends: WORKDIR, RUN, COPY, COPY, and what they are made of.
	if ran < 4*4 {
		t.Errorf("%d ops ignored the cache", ran)
	}
}
