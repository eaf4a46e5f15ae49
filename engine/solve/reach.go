package solve

import (
	"context"

	"github.com/moby/buildkit/client"
	gateway "github.com/moby/buildkit/frontend/gateway/client"
	"github.com/opencontainers/go-digest"

	"github.com/stagewatch/stagewatch/engine/plan"
)

// Spot is where a process can be started in a build: an op of a plan that executes something, with the files that it gets.
type Spot struct {
	Plan *plan.Plan
	// Op is the op, as an index into the ops of the plan when it is bound.
	Op int
}

// Reach builds all that comes before a probe's place, and exports nothing. It uses the request's contexts and Emit. The spot is
// that of the probe's place or, with a [*Failure], that of the command that failed. Where what failed is no command, but
// a COPY, say, there is no spot; step is then the step that failed, as an index into the plan's steps, and -1 where none did.
func (b *Builder) Reach(ctx context.Context, probe *plan.Probe, req Request) (at *Spot, step int, err error) {
	for attempt := 1; ; attempt++ {
		track := b.runs.track(probe.Plan, nil, req.Emit)
		bound, err := b.reach(ctx, probe, req, track)
		switch {
		case context.Cause(ctx) != nil:
			return nil, -1, context.Cause(ctx)
		case err == nil:
			track.finish(nil, false)
			return &Spot{probe.Plan, probe.Op}, -1, nil
		case attempt < attempts && fromAnotherBuild(err):
			continue
		case attempt < attempts && lateSession(err):
			b.sent.forget()
			continue
		}
		if blamed := unread(req.Contexts); blamed != nil {
			err = blamed
		}
		step = track.finish(err, false)
		f := newFailure(probe.Plan, step, err)
		if bound == nil {
			return nil, step, f
		}
		// BuildKit before 0.9 blames no vertex in its error, only in its progress.
		if op, ok := bound.At[track.failed]; ok && bound.Ops[op].GetExec() != nil {
			at = &Spot{probe.Plan, op}
		}
		return at, step, f
	}
}

// reach makes one attempt, and returns the graph that it solved a part of.
func (b *Builder) reach(ctx context.Context, probe *plan.Probe, req Request, track *tracker) (bound *plan.Bound, err error) {
	status := make(chan *client.SolveStatus)
	tracked := make(chan struct{})
	go func() {
		defer close(tracked)
		track.follow(status, false)
	}()
	opt := client.SolveOpt{LocalMounts: req.Contexts, SharedKey: req.SharedKey, Session: b.attachables, Internal: true, AllowedEntitlements: probe.Plan.Grants()}
	_, err = b.client.Build(ctx, opt, "stagewatch", func(ctx context.Context, g gateway.Client) (*gateway.Result, error) {
		session := g.BuildOpts().SessionID
		var err error
		if bound, err = probe.BindEach(b.Binding(req.Contexts, session)); err != nil {
			return nil, err
		}
		track.bind(bound, session)
		if err := b.require(ctx, g, bound); err != nil {
			return nil, err
		}
		for _, in := range bound.Ops[probe.Op].Inputs {
			if _, err := upTo(ctx, g, bound, bound.At[digest.Digest(in.Digest)]); err != nil {
				return nil, err
			}
		}
		return gateway.NewResult(), nil
	}, status)
	<-tracked
	b.noteSent(track, req, err != nil)
	return bound, err
}
