package solve

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/moby/buildkit/client"
	"github.com/moby/buildkit/exporter/containerimage/exptypes"
	commonexptypes "github.com/moby/buildkit/exporter/exptypes"
	gateway "github.com/moby/buildkit/frontend/gateway/client"
	"github.com/moby/buildkit/session"
	"github.com/tonistiigi/fsutil"

	"github.com/stagewatch/stagewatch/engine/dock"
	"github.com/stagewatch/stagewatch/engine/event"
	"github.com/stagewatch/stagewatch/engine/plan"
	"github.com/stagewatch/stagewatch/engine/tree"
)

// Request is one build.
type Request struct {
	Plan *plan.Plan
	// Contexts serves the plan's local contexts by name; "context" is the main one.
	Contexts map[string]fsutil.FS
	// SharedKey names the contexts' place on disk, so that the engine compares with what it was sent from
	// there before, instead of asking for every file again.
	SharedKey string
	// Tags name the image; none leaves it with its id only.
	Tags []string
	// NoCache makes every step run.
	NoCache bool
	// Yields makes the build one that nobody's build has to wait for: when its context ends, it is gone from the
	// engine at once, or no other build minds what is left of it there.
	Yields bool
	// Saved returns how long a step last ran for real, 0 where that is not known.
	Saved func(stage, instruction string) time.Duration
	// Emit is called with Step, Output and Warning events, one at a time. It must not block for long:
	// BuildKit waits for it.
	Emit func(event.Body)
}

// Result is a build that succeeded.
type Result struct {
	// Image is the image's id on the engine, Tags are its names.
	Image string
	Tags  []string
	// Hits and Ran count the steps; a step that BuildKit merged with another counts in neither.
	Hits, Ran int
	// Saved sums what the hits saved.
	Saved time.Duration
	// Took is the time of the solve with its export.
	Took time.Duration
	// Times are how long each step that ran took.
	Times map[plan.StepID]time.Duration
}

// attempts bounds how often a solve is tried that fails for reasons that are not the build's own.
const attempts = 3

// Build solves the request's plan and exports its target into the engine's image store. A failing build
// comes back as a [*Failure]; a canceled one as ctx's error.
func (b *Builder) Build(ctx context.Context, req Request) (*Result, error) {
	start := time.Now()
	for attempt := 1; ; attempt++ {
		track := newTracker(req.Plan, req.Saved, req.Emit)
		image, err := b.solve(ctx, req, track)
		if ctxErr := context.Cause(ctx); ctxErr != nil {
			track.finish(ctxErr, true)
			return nil, ctxErr
		}
		if blamed := unread(req.Contexts); err != nil && blamed != nil {
			err = blamed
		} else if err != nil && attempt < attempts && fromAnotherBuild(err) {
			continue
		}
		if err != nil {
			failed := track.finish(err, false)
			f := newFailure(req.Plan, failed, err)
			if _, ok := AbsentPath(f.Message); ok && failed >= 0 {
				f.Missing, f.Like = b.absent(ctx, req, failed)
			}
			return nil, f
		}
		track.finish(nil, false)
		res := track.result()
		res.Took, res.Image, res.Tags = time.Since(start), image, req.Tags
		return res, nil
	}
}

// fromAnotherBuild reports whether a solve, which nobody canceled, failed because another one that shared a
// step with it was: engines before BuildKit 0.9 let that through, as the cancellation itself or as a file
// operation that finds its output half made, and those before 0.13 as a graph that misses what the other had.
func fromAnotherBuild(err error) bool {
	msg := err.Error()
	return isCanceled(msg) || strings.Contains(msg, "duplicate output ") || strings.Contains(msg, "inconsistent graph state")
}

// unread returns what of the contexts was asked for and could not be read, nil for nothing: what BuildKit makes of
// that names no file.
func unread(contexts map[string]fsutil.FS) error {
	for _, name := range slices.Sorted(maps.Keys(contexts)) {
		if served, ok := contexts[name].(*tree.FS); ok && served.Failed() != nil {
			return &UnreadError{name, served.Failed()}
		}
	}
	return nil
}

// UnreadError tells that a build failed for what could not be read of a context.
type UnreadError struct {
	// Context is the context's name, "context" the main one's.
	Context string
	*tree.ReadError
}

func (e *UnreadError) Error() string {
	if e.Context == "context" {
		return e.ReadError.Error()
	}
	return fmt.Sprintf("%v (of the context %q)", e.ReadError, e.Context)
}

func (e *UnreadError) Unwrap() error { return e.ReadError }

// solve is one attempt. It returns the image's id.
func (b *Builder) solve(ctx context.Context, req Request, track *tracker) (string, error) {
	if req.Yields {
		return b.yield(ctx, req, track)
	}
	return b.run(ctx, req, track, b.collect(track, req))
}

// run solves what collect returns, and exports it.
func (b *Builder) run(ctx context.Context, req Request, track *tracker, collect gateway.BuildFunc) (string, error) {
	status := make(chan *client.SolveStatus)
	tracked := make(chan struct{})
	go func() {
		defer close(tracked)
		for s := range status {
			track.update(s)
		}
	}()
	attrs := map[string]string{}
	if len(req.Tags) > 0 {
		attrs["name"] = strings.Join(req.Tags, ",")
	}
	files, err := dock.Files(req.Contexts, func(context string, filter *fsutil.FilterOpt) error {
		if served, ok := req.Contexts[context].(*tree.FS); ok {
			served.Unfiltered(filter)
		}
		return nil
	})
	if err != nil {
		return "", err
	}
	opt := client.SolveOpt{
		Exports:   []client.ExportEntry{{Type: "moby", Attrs: attrs}},
		SharedKey: req.SharedKey,
		Session:   append([]session.Attachable{files}, b.attachables...),
	}
	resp, err := b.client.Build(ctx, opt, "stagewatch", collect, status)
	<-tracked
	b.noteSent(track, req)
	if err != nil {
		return "", err
	}
	image := resp.ExporterResponse[exptypes.ExporterImageDigestKey]
	if image == "" {
		return "", errors.New("building: the engine's BuildKit named no image; is its \"moby\" exporter there?")
	}
	return image, nil
}

// collect returns the gateway's part of a build: it has the plan's target made.
func (b *Builder) collect(track *tracker, req Request) gateway.BuildFunc {
	return func(ctx context.Context, g gateway.Client) (*gateway.Result, error) {
		session := g.BuildOpts().SessionID
		bind := func() (*plan.Bound, error) { return req.Plan.BindEach(b.Binding(req.Contexts, session)) }
		if req.NoCache {
			bind = func() (*plan.Bound, error) { return req.Plan.BindAnew(session) }
		}
		bound, err := bind()
		if err != nil {
			return nil, err
		}
		if err := b.left.join(ctx, g); err != nil {
			return nil, err
		}
		track.bind(bound, session)
		res, err := g.Solve(ctx, gateway.SolveRequest{Definition: bound.Definition, Evaluate: req.Yields})
		if err != nil {
			return nil, err
		}
		res.AddMeta(exptypes.ExporterImageConfigKey, req.Plan.Image)
		if req.Plan.Epoch != "" {
			res.AddMeta(commonexptypes.ExporterEpochKey, []byte(req.Plan.Epoch))
		}
		return res, nil
	}
}

// Failure is a build that failed.
type Failure struct {
	event.Failed
	Err error
	// Missing is a path of a stage or an image that the step reads and that is not there, Like what may have been meant.
	Missing, Like string
}

func (f *Failure) Error() string {
	if f.Stage == "" {
		return f.Message
	}
	return fmt.Sprintf("building stage %q, step %d (line %d): %s", f.Stage, f.Index, f.Line, f.Message)
}

func (f *Failure) Unwrap() error { return f.Err }
