package engine

import (
	"context"
	"errors"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/moby/buildkit/client/llb/sourceresolver"
	"github.com/opencontainers/go-digest"

	"github.com/stagewatch/stagewatch/engine/config"
	"github.com/stagewatch/stagewatch/engine/dock"
	"github.com/stagewatch/stagewatch/engine/event"
	"github.com/stagewatch/stagewatch/engine/plan"
	"github.com/stagewatch/stagewatch/engine/solve"
)

// Who only plans does not wait for an engine, or for the registry behind it, as one does who builds.
const (
	answersWithin  = 3 * time.Second
	resolvesWithin = 5 * time.Second
)

// offline plans with no engine at hand: with what was told for the last build, nil where nothing is known.
type offline struct {
	told *plan.Told

	mu sync.Mutex
	// unknown are the base images that nothing was told of.
	unknown []string
}

// Fill puts in what is known of the engine of the last build.
func (o *offline) Fill(in *plan.Input) { o.told.Fill(in) }

// ResolveImageConfig never fails: what is not known counts as nothing.
func (o *offline) ResolveImageConfig(ctx context.Context, name string, opt sourceresolver.Opt) (string, digest.Digest, []byte, error) {
	if ref, dgst, config, ok := o.told.Resolve(name, opt); ok {
		return ref, dgst, config, nil
	}
	o.mu.Lock()
	defer o.mu.Unlock()
	if short := strings.TrimPrefix(strings.TrimPrefix(name, "docker.io/"), "library/"); !slices.Contains(o.unknown, short) {
		o.unknown = append(o.unknown, short)
		slices.Sort(o.unknown)
	}
	return plan.Offline{}.ResolveImageConfig(ctx, name, opt)
}

// warnings say what the plan takes for granted.
func (o *offline) warnings() []event.Body {
	if len(o.unknown) == 0 {
		return nil
	}
	return []event.Body{event.Warning{
		Code:    event.CodeBaseUnknown,
		Message: "what these bring along is not known here, their ONBUILD instructions above all, and counts as nothing: " + strings.Join(o.unknown, ", "),
		Hint:    "Build here once, or plan where an engine answers that has them.",
	}}
}

// online plans with what an engine tells, and takes of base images that it can't tell of what else is known.
type online struct {
	*solve.Builder
	engine *dock.Engine
	*offline
}

// Fill puts in what the engine tells.
func (o *online) Fill(in *plan.Input) { o.Builder.Fill(in) }

func (o *online) ResolveImageConfig(ctx context.Context, name string, opt sourceresolver.Opt) (string, digest.Digest, []byte, error) {
	asking, cancel := context.WithTimeout(ctx, resolvesWithin)
	defer cancel()
	ref, dgst, image, err := o.Builder.ResolveImageConfig(asking, name, opt)
	if err != nil && ctx.Err() == nil {
		return o.offline.ResolveImageConfig(ctx, name, opt)
	}
	return ref, dgst, image, err
}

func (o *online) close() {
	_ = o.Builder.Close()
	_ = o.engine.Close()
}

// answering connects to the engine, if one answers soon.
func answering(ctx context.Context, cfg config.Config, known *offline) (*online, error) {
	soon, cancel := context.WithTimeout(ctx, answersWithin)
	defer cancel()
	e, err := dock.Connect(soon, cfg.Engine)
	if err != nil {
		return nil, err
	}
	b, err := solve.New(soon, e, solve.Credentials())
	if err != nil {
		return nil, errors.Join(err, e.Close())
	}
	return &online{Builder: b, engine: e, offline: known}, nil
}

// hedge takes back what holds on some engines only; others is what is expected of the same steps elsewhere.
func hedge(predictions, others []plan.Prediction) {
	for i := range predictions {
		if i < len(others) && predictions[i].Prediction != others[i].Prediction {
			predictions[i].Prediction, predictions[i].Reason = event.MayRerun, event.Reason{Kind: event.ReasonEngine}
		}
	}
}

// unasked takes back all that is certain of steps which only the Dockerfile's own frontend can tell.
func unasked(predictions []plan.Prediction, frontend string) {
	for i := range predictions {
		if predictions[i].Prediction != event.MayRerun {
			predictions[i] = plan.Prediction{Prediction: event.MayRerun, Reason: event.Reason{Kind: event.ReasonUnasked, Names: []string{frontend}}}
		}
	}
}
