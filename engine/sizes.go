package engine

import (
	"context"
	"fmt"
	"sync"

	"github.com/stagewatch/stagewatch/engine/desk"
	"github.com/stagewatch/stagewatch/engine/event"
	"github.com/stagewatch/stagewatch/engine/fault"
	"github.com/stagewatch/stagewatch/engine/image"
	"github.com/stagewatch/stagewatch/engine/plan"
	"github.com/stagewatch/stagewatch/engine/solve"
)

// images is what the loop needs of the engine's image store.
type images interface {
	// Measure returns the sizes of an image's layers; the first base ones came with the base image.
	Measure(ctx context.Context, image string, base int) (event.StageSize, error)
	// Basis says what Measure counts.
	Basis() string
	// Made lists the session's images on the engine.
	Made(ctx context.Context) ([]string, error)
	// Remove takes away an image of ours; one that is in use stays.
	Remove(ctx context.Context, image string) error
}

// sizes measures builds in the background: the stage before is solved and exported only here, never on the
// way from a save to its being served.
type sizes struct {
	desk.Desk
	l      *loop
	images images
	// insight accounts for the files of the stages; nil leaves that out.
	insight *insight
	// files are those that were accounted for last.
	files inspection
	// before is the stage asked for, empty for the plan's choice.
	before string

	cancel     context.CancelFunc
	background sync.WaitGroup
	// last is the newest measurement, and beforeImage the image that it exported.
	last        *event.Sized
	beforeImage string
	// made are the images of this session that may still be there.
	made map[string]bool
}

// stop ends a measurement that a newer build makes worthless, and that would slow it down.
func (s *sizes) stop() {
	if s.cancel != nil {
		s.cancel()
		s.cancel = nil
	}
}

// measure sizes the build, and calls done on the loop's goroutine: with an error where what was asked for can't be
// compared. A measurement that fails, as where somebody saves in the meantime, is told of, and no fault of the build.
func (s *sizes) measure(j *job, done func(error)) {
	s.stop()
	s.made[j.result.Image] = true
	if j.sized {
		// Its container was started anew.
		done(nil)
		return
	}
	ctx, cancel := context.WithCancel(s.Ctx())
	s.cancel = cancel
	before := s.before
	if before == "" {
		before = j.plan.Before()
	}
	var beforePlan *plan.Plan
	var err error
	if before != "" {
		beforePlan, err = s.l.project.plan(ctx, s.l.builder, before)
	}
	if err != nil {
		// In its own words: the Dockerfile is not to blame for a --before that names no stage of it.
		err = &fault.Error{What: fmt.Sprintf("comparing with stage %q: %s", before, failedEvent(err).Message), Hint: "Choose a stage of the Dockerfile with --before."}
		s.Emit(j.number, event.Warning{Code: "unmeasured", Message: err.Error()})
		done(err)
		return
	}
	s.Aside(&s.background, func() {
		var sized event.Sized
		var beforeImage string
		err := s.l.builder.Quiet(ctx)
		if err == nil {
			err = whileFrozen(ctx, func() (err error) {
				sized, beforeImage, err = s.both(ctx, j, beforePlan)
				return err
			})
		}
		s.Do(func() {
			if beforeImage != "" {
				s.made[beforeImage] = true
			}
			s.l.keep(j)
			if ctx.Err() == nil && !s.l.engine.gone {
				s.took(j, sized, beforeImage, err)
			}
			s.l.collect()
		})
		if err == nil && s.insight != nil {
			s.account(ctx, j, measured{before: beforePlan, after: j.plan, beforeImage: beforeImage, afterImage: j.result.Image, sized: sized})
		}
		s.Do(func() {
			if ctx.Err() == nil {
				j.sized = err == nil
				s.stop()
			}
			done(nil)
		})
	})
}

// account tells where the bytes of a measured build are, and what its files make one fear.
func (s *sizes) account(ctx context.Context, j *job, m measured) {
	var a accounted
	err := whileFrozen(ctx, func() error {
		return s.l.inTurn(ctx, func() (err error) {
			contexts, key := s.l.project.contexts(true)
			a, err = s.insight.read(ctx, m, contexts, key)
			return err
		})
	})
	switch {
	case ctx.Err() != nil:
		// A newer build has taken over.
	case err != nil:
		w := event.Warning{Code: "unaccounted", Message: err.Error()}
		if solve.OutOfFiles(err) {
			w.Message, w.Hint = solve.NoFiles()
		}
		s.Emit(j.number, w)
	default:
		s.Emit(j.number, a.ledger)
		for _, w := range a.warnings {
			s.Emit(j.number, w)
		}
		s.Do(func() { s.l.inspected(j.number, a.files) })
	}
}

func (s *sizes) both(ctx context.Context, j *job, before *plan.Plan) (sized event.Sized, beforeImage string, err error) {
	sized.Basis = s.images.Basis()
	if sized.After, err = s.images.Measure(ctx, j.result.Image, j.plan.BaseLayers); err != nil {
		return sized, "", fmt.Errorf("measuring stage %q: %w", j.plan.Target, err)
	}
	sized.After.Stage = j.plan.Target
	image.Attribute(&sized.After, j.plan)
	if before == nil {
		return sized, "", nil
	}
	contexts, key := s.l.project.contexts(true)
	res, err := s.l.solve(ctx, solve.Request{Plan: before, Contexts: contexts, SharedKey: key, Emit: func(event.Body) {}, Yields: true})
	if err != nil {
		return sized, "", fmt.Errorf("exporting stage %q to measure it: %w", before.Target, err)
	}
	if sized.Before, err = s.images.Measure(ctx, res.Image, before.BaseLayers); err != nil {
		return sized, res.Image, fmt.Errorf("measuring stage %q: %w", before.Target, err)
	}
	sized.Before.Stage = before.Target
	image.Attribute(&sized.Before, before)
	sized.Ratio = float64(sized.After.Bytes) / float64(max(sized.Before.Bytes, 1))
	return sized, res.Image, nil
}

// took takes in a measurement.
func (s *sizes) took(j *job, sized event.Sized, beforeImage string, err error) {
	if err != nil {
		s.Emit(j.number, event.Warning{Code: "unmeasured", Message: err.Error()})
		return
	}
	if s.last != nil {
		sized.Delta = sized.After.Bytes - s.last.After.Bytes
		sized.BeforeDelta = sized.Before.Bytes - s.last.Before.Bytes
	}
	s.last, s.beforeImage = &sized, beforeImage
	s.Emit(j.number, sized)
}

// discard notes an image that nobody will use.
func (s *sizes) discard(image string) {
	s.made[image] = true
	s.l.collect()
}

// tidy removes images of the session that nobody here knows of: of a build that was canceled just when the engine put
// its image into the store, or that was superseded when it had taken the name already. It is for when all is done.
func (l *loop) tidy() {
	builds := l.builds
	l.Aside(&l.sizes.background, func() {
		made, err := l.sizes.images.Made(l.Ctx())
		if err != nil {
			// They are found the next time, and at the end.
			return
		}
		l.Do(func() {
			// Else one of them may be that of a build whose end is not known here yet.
			if l.builds != builds || l.job != nil || len(l.superseded) > 0 || l.sizes.cancel != nil {
				return
			}
			for _, image := range made {
				l.sizes.made[image] = true
			}
			l.collect()
		})
	})
}

// collect removes the images of superseded builds.
func (l *loop) collect() {
	keep := map[string]bool{l.sizes.beforeImage: true}
	if l.good != nil {
		keep[l.good.result.Image] = true
	}
	if a := l.app; a != nil {
		for _, image := range a.Images() {
			keep[image] = true
		}
	}
	for image := range l.sizes.made {
		if keep[image] {
			continue
		}
		delete(l.sizes.made, image)
		l.Aside(&l.sizes.background, func() {
			ctx, cancel := context.WithTimeout(context.WithoutCancel(l.Ctx()), cleanWithin)
			defer cancel()
			if err := l.sizes.images.Remove(ctx, image); err != nil {
				// Its container is still going down: the next collection finds it again.
				l.Do(func() { l.sizes.made[image] = true })
			}
		})
	}
}
