package explain

import (
	"context"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/moby/buildkit/client/llb/sourceresolver"
	"github.com/opencontainers/go-digest"

	"github.com/stagewatch/stagewatch/engine/config"
	"github.com/stagewatch/stagewatch/engine/dock"
	"github.com/stagewatch/stagewatch/engine/event"
	"github.com/stagewatch/stagewatch/engine/fault"
	"github.com/stagewatch/stagewatch/engine/plan"
	"github.com/stagewatch/stagewatch/engine/solve"
)

// A plan waits less long than a build for an engine, or for the registry behind it.
const (
	answersWithin  = 3 * time.Second
	resolvesWithin = 5 * time.Second
)

// offline makes plans without an engine, from what is known of the last build; known is nil where nothing is known.
type offline struct {
	known *plan.EngineFacts

	mu sync.Mutex
	// unknown are the base images of which nothing is known.
	unknown []string
}

// Fill adds what is known of the engine of the last build.
func (o *offline) Fill(in *plan.Input) { o.known.Fill(in) }

// ResolveImageConfig never fails: an image of which nothing is known counts as empty.
func (o *offline) ResolveImageConfig(ctx context.Context, name string, opt sourceresolver.Opt) (string, digest.Digest, []byte, error) {
	if ref, dgst, config, ok := o.known.Resolve(name, opt); ok {
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

// warnings returns what plans assume of the base images of which nothing is known.
func warnings(unknown []string) []event.Body {
	if len(unknown) == 0 {
		return nil
	}
	return []event.Body{event.Warning{
		Code:    event.CodeBaseUnknown,
		Message: "what these bring along is not known here, their ONBUILD instructions above all, and counts as nothing: " + strings.Join(unknown, ", "),
		Hint:    "Build here once, or plan where an engine answers that has them.",
	}}
}

// online makes plans with an engine. For base images that the engine does not know, it goes by what is known of the
// last build.
type online struct {
	*solve.Builder
	*offline
}

// Fill adds what the engine reports.
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

// connection is the engine, if one answers. It is asked once.
type connection struct {
	asked   bool
	engine  *dock.Engine
	builder *solve.Builder
	// away is why a builder elsewhere can't be asked, nil where none is chosen.
	away error
}

// warnings returns what is to be said of the builder.
func (c *connection) warnings() []event.Body {
	if c.away == nil {
		return nil
	}
	return []event.Body{event.Warning{Code: event.CodeBuilderAway, Message: "the builder can't be asked, so this is by what it reported for the last build: " + solve.PlainMessage(c.away.Error()), Hint: fault.Hint(c.away)}}
}

// answers connects to the engine, and reports whether it answers soon.
func (c *connection) answers(ctx context.Context, cfg config.Config) bool {
	if c.asked {
		return c.builder != nil
	}
	c.asked = true
	soon, cancel := context.WithTimeout(ctx, answersWithin)
	defer cancel()
	e, err := dock.Connect(soon, cfg.Engine)
	if err != nil {
		if cfg.Engine.Builder != "" {
			c.away = err
		}
		return false
	}
	b, err := solve.New(soon, e, solve.Credentials())
	if err != nil {
		if e.Elsewhere() != "" {
			c.away = err
		}
		_ = e.Close()
		return false
	}
	c.engine, c.builder = e, b
	return true
}

func (c *connection) close() {
	if c.builder != nil {
		_ = c.builder.Close()
		_ = c.engine.Close()
	}
}

// hedge turns predictions that hold on some engines only into maybes. Others are the predictions for the same steps
// elsewhere.
func hedge(predictions, others []plan.Prediction) {
	for i := range predictions {
		if i < len(others) && predictions[i].Prediction != others[i].Prediction {
			predictions[i].Prediction, predictions[i].Reason = event.MayRerun, event.Reason{Kind: event.ReasonEngine}
		}
	}
}

// unasked turns every prediction into a maybe, as only the Dockerfile's own frontend could make one.
func unasked(predictions []plan.Prediction, frontend string) {
	for i := range predictions {
		if predictions[i].Prediction != event.MayRerun {
			predictions[i] = plan.Prediction{Prediction: event.MayRerun, Reason: event.Reason{Kind: event.ReasonUnasked, Names: []string{frontend}}}
		}
	}
}
