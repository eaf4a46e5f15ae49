package dock

import (
	"context"
	"time"

	"github.com/moby/buildkit/client"
	gateway "github.com/moby/buildkit/frontend/gateway/client"
)

// windDown is how long BuildKit gets to take in that requests were given up, before their solve ends. It does not tell when it
// has.
const windDown = 50 * time.Millisecond

// Build is [client.Client.Build] but for its end: where fn fails or ctx ends, the requests of fn are given up first, and their
// solve a moment later.
//
// BuildKit forgets a solve's steps when the solve ends, also while it works on a request of it. Where it gets to such a step
// then it crashes, and with it the engine and all that runs there: seen of Docker Engine 20.10 (in CalcSlowCache) and of 29 (in
// createOutgoingRequest, after "inconsistent graph state").
func (b *BuildKit) Build(ctx context.Context, opt client.SolveOpt, product string, fn gateway.BuildFunc, status chan *client.SolveStatus) (*client.SolveResponse, error) {
	solving, cancel := context.WithCancelCause(context.WithoutCancel(ctx))
	defer cancel(nil)
	defer context.AfterFunc(ctx, func() {
		time.AfterFunc(2*windDown, func() { cancel(context.Cause(ctx)) })
	})()
	return b.Client.Build(solving, opt, product, func(serving context.Context, g gateway.Client) (*gateway.Result, error) {
		asking, giveUp := context.WithCancel(serving)
		stop := context.AfterFunc(ctx, giveUp)
		res, err := fn(asking, g)
		stop()
		giveUp()
		if err != nil {
			select {
			case <-time.After(windDown):
			case <-serving.Done():
			}
		}
		return res, err
	}, status)
}
