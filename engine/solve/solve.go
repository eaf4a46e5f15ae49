package solve

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/containerd/errdefs"
	"github.com/moby/buildkit/exporter/containerimage/exptypes"
	commonexptypes "github.com/moby/buildkit/exporter/exptypes"
	gateway "github.com/moby/buildkit/frontend/gateway/client"
	"github.com/opencontainers/go-digest"
	"github.com/tonistiigi/fsutil"

	"github.com/stagewatch/stagewatch/engine/carry"
	"github.com/stagewatch/stagewatch/engine/event"
	"github.com/stagewatch/stagewatch/engine/plan"
	"github.com/stagewatch/stagewatch/engine/tree"
)

// Request is one build.
type Request struct {
	Plan *plan.Plan
	// Contexts are the plan's local contexts by name; "context" is the main one.
	Contexts map[string]fsutil.FS
	// SharedKey identifies the contexts' place on disk. The engine compares with what it was sent from there before,
	// instead of asking for every file again.
	SharedKey string
	// Tags are the image's names, which it gets when it is made. It may have none.
	Tags []string
	// Predictions are what is expected of each of the plan's steps. It may be nil.
	Predictions []plan.Prediction
	// NoCache makes every step run.
	NoCache bool
	// Yields says that no other build must wait for this one: when its context ends, the engine ends it at once, or
	// what is left of it there does not matter to other builds.
	Yields bool
	// NoImage exports nothing: what the build is for is whether it succeeds. Its result has no image, and it takes no shortcuts.
	NoImage bool
	// Exported waits for the engine's own words on the image, which it has once its record of the build is written.
	Exported bool
	// Record is what the engine's build history is to say of the build.
	Record Record
	// LastTook returns how long a step took when it last ran, 0 if that is not known.
	LastTook func(stage, instruction string) time.Duration
	// Emit is called with Step, Output and Warning events, one at a time. It must not block for long, because BuildKit
	// waits for it.
	Emit func(event.Body)

	// plain is set where the plan's copies are to be taken from where the Dockerfile says.
	plain bool
	// lacking are layers that a builder elsewhere has to send, though the engine seemed to have them.
	lacking []digest.Digest
}

// Result is a build that succeeded.
type Result struct {
	// Plan is the plan as it was built, with its shortcuts.
	Plan *plan.Plan
	// Image is the image's id on the engine, Tags are its names.
	Image string
	Tags  []string
	// Exported are the engine's own words on the image, by BuildKit's keys, where the request asks for them.
	Exported map[string]string
	// Brought is how many bytes of the image came from a builder elsewhere.
	Brought int64
	// Hits and Ran count the steps. A step that BuildKit merged with another one counts in neither.
	Hits, Ran int
	// Saved is the sum of what the hits saved.
	Saved time.Duration
	// Took is how long the solve and its export took.
	Took time.Duration
	// Times are how long each step that ran took.
	Times map[plan.StepID]time.Duration
}

// attempts bounds how often a solve is tried that fails for a reason outside of the build.
const attempts = 3

// Build solves the request's plan and exports its target to the engine's image store, if that is asked for. It returns a [*Failure] for a
// build that failed, and ctx's error for one that was canceled.
func (b *Builder) Build(ctx context.Context, req Request) (*Result, error) {
	start := time.Now()
	for attempt := 1; ; attempt++ {
		track := b.runs.track(req.Plan, req.LastTook, req.Emit)
		image, err := b.solve(ctx, req, track)
		var lacks *carry.LackingError
		if ctxErr := context.Cause(ctx); ctxErr != nil {
			track.finish(ctxErr, true)
			return nil, ctxErr
		}
		if blamed := unread(req.Contexts); err != nil && blamed != nil {
			err = blamed
		} else if err != nil && attempt < attempts && (fromAnotherBuild(err) || exportedTwice(err)) {
			b.shortcuts.renew()
			continue
		} else if err != nil && attempt < attempts && lateSession(err) {
			b.sent.forget()
			continue
		} else if err != nil && track.misled {
			req.plain = true
			continue
		} else if attempt < attempts && errors.As(err, &lacks) {
			req.lacking = append(req.lacking, lacks.Layers...)
			b.refused(req, lacks)
			continue
		}
		var moved []string
		if err != nil && attempt == 1 && track.failedBase(err) {
			// One that was removed and loaded anew is found by its digest only once it was asked for by its name.
			var lost error
			if moved, lost = b.Moved(ctx); lost == nil && len(moved) == 0 {
				continue
			}
		}
		if err != nil {
			failed := track.finish(err, false)
			f := newFailure(req.Plan, failed, err)
			f.Moved = moved
			b.elsewhere(f)
			if _, ok := AbsentPath(f.Message); ok && failed >= 0 {
				f.Missing, f.Like = b.absent(ctx, req, failed)
			}
			return nil, f
		}
		var tags []string
		if !req.NoImage {
			tags, err = b.engine.Name(ctx, image, req.Tags)
		}
		if err != nil && attempt < attempts && errdefs.IsNotFound(err) {
			// Somebody prunes images: without a name it was one of them.
			continue
		}
		track.finish(nil, false)
		if err != nil {
			return nil, cmp.Or(context.Cause(ctx), err)
		}
		res := track.result()
		res.Took, res.Image, res.Tags, res.Brought = time.Since(start), image, tags, track.brought
		res.Exported = withNames(res.Exported, tags)
		return res, nil
	}
}

// fromAnotherBuild reports whether a solve that nobody canceled failed because another one with a shared step was
// canceled. Engines with BuildKit before 0.9 pass on the cancellation, or a file operation finds its output half made;
// with BuildKit before 0.13 the graph lacks what the other one had.
func fromAnotherBuild(err error) bool {
	msg := err.Error()
	return isCanceled(msg) || strings.Contains(msg, "duplicate output ") || strings.Contains(msg, "inconsistent graph state")
}

// exportedTwice reports whether a solve failed because another one put the same image into the containerd store at the same
// moment, as a superseded build and the one after it do when an edit is taken back.
func exportedTwice(err error) bool {
	return strings.Contains(err.Error(), `image "moby-dangling@`) && strings.Contains(err.Error(), "already exists")
}

// lateSession reports whether a solve failed because the engine asked a session that has ended, as it had lost a source
// that it once got from there. Engines that reach sessions through HTTP/1 notice their end after seconds.
func lateSession(err error) bool { return strings.Contains(err.Error(), "only one connection allowed") }

// unread returns an error for the path of the contexts that was requested and could not be read, nil if there was none.
// BuildKit's own error names no file.
func unread(contexts map[string]fsutil.FS) error {
	for _, name := range slices.Sorted(maps.Keys(contexts)) {
		if served, ok := contexts[name].(*tree.FS); ok && served.Failed() != nil {
			return &UnreadError{name, served.Failed()}
		}
	}
	return nil
}

// UnreadError says that a build failed because a path of a context could not be read.
type UnreadError struct {
	// Context is the context's name, "context" for the main one.
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

// collect returns the gateway's part of a build, which solves the plan's target.
func (b *Builder) collect(track *tracker, req Request) gateway.BuildFunc {
	return func(ctx context.Context, g gateway.Client) (*gateway.Result, error) {
		session := g.BuildOpts().SessionID
		if err := b.lingering.join(ctx, g); err != nil {
			return nil, err
		}
		solve := func(bound *plan.Bound, evaluate bool) (*gateway.Result, error) {
			track.bind(bound, session)
			if err := b.require(ctx, g, bound); err != nil {
				return nil, err
			}
			return g.Solve(ctx, gateway.SolveRequest{Definition: bound.Definition, Evaluate: evaluate})
		}
		build := b.asWritten
		if !req.NoCache && !req.Plan.Uncached() && !req.plain && !req.NoImage && req.Plan.MayShorten() {
			build = b.shortened
		}
		res, err := build(ctx, g, req, track, solve)
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
	// Missing is a path that the step reads from a stage or an image and that does not exist, Like what may be meant.
	Missing, Like string
	// Moved are the names of bases that are other images now. It is empty unless the build failed at a base.
	Moved []string
}

func (f *Failure) Error() string {
	if f.Stage == "" {
		return f.Message
	}
	return fmt.Sprintf("building stage %q, step %d (line %d): %s", f.Stage, f.Index, f.Line, f.Message)
}

func (f *Failure) Unwrap() error { return f.Err }
