package engine

import (
	"cmp"
	"context"
	"errors"
	"fmt"

	"github.com/stagewatch/stagewatch/engine/budget"
	"github.com/stagewatch/stagewatch/engine/config"
	"github.com/stagewatch/stagewatch/engine/desk"
	"github.com/stagewatch/stagewatch/engine/event"
	"github.com/stagewatch/stagewatch/engine/fault"
	"github.com/stagewatch/stagewatch/engine/measure"
)

// then is what is done with a build once it is measured.
type then = func(context.Context, measure.Measured) (event.Body, error)

// against returns what compares a build as the flags ask, nil where they do not. That the engine lacks the image is found
// before anything is built. Name is what the target's image is called.
func (s *session) against(ctx context.Context, h *hosting, name string) (then, error) {
	a := s.cfg.Against
	if s.then != nil || !a.Any() {
		return s.then, nil
	}
	bits, err := a.Bits()
	if err != nil {
		return nil, err
	}
	other := func(ctx context.Context) (measure.Side, error) { return s.single(ctx, h) }
	if a.Image != "" {
		id, err := h.ImageID(ctx, a.Image, "docker pull "+a.Image)
		if err != nil {
			return nil, err
		}
		other = func(ctx context.Context) (measure.Side, error) {
			return measure.ReadSide(ctx, h, a.Name(), id, nil)
		}
	}
	return func(ctx context.Context, m measure.Measured) (event.Body, error) {
		target, err := sideOf(ctx, h, name, m)
		if err != nil {
			return nil, err
		}
		against, err := other(ctx)
		if err != nil {
			return nil, err
		}
		return measure.Compare(target, against, bits), nil
	}, nil
}

// sideOf reads the image of a build.
func sideOf(ctx context.Context, h *hosting, name string, m measure.Measured) (measure.Side, error) {
	return measure.ReadSide(ctx, h, name, m.AfterImage, m.Exact())
}

// single builds the Dockerfile to compare with in a session of its own, which keeps no image and says nothing.
func (s *session) single(ctx context.Context, h *hosting) (side measure.Side, err error) {
	cfg, name := s.cfg, s.cfg.Against.Name()
	cfg.File, cfg.Inline, cfg.Target, cfg.Before, cfg.Tags, cfg.Against = cfg.Against.File, "", "", "", nil, config.Against{}
	cfg.Once, cfg.Exported, cfg.Inspect, cfg.Budget = true, false, false, budget.Flags{CIConfig: config.NoRules}
	read := false
	err = silently(ctx, func(out *desk.Outbox) error {
		inner := newSession(cfg, out)
		inner.then = func(ctx context.Context, m measure.Measured) (_ event.Body, err error) {
			side, err = sideOf(ctx, h, name, m)
			read = err == nil
			return nil, err
		}
		return inner.run(ctx, h, nil)
	})
	if failed, is := BuildFailure(err); is {
		err = &fault.Error{What: fmt.Sprintf("line %d: %s", failed.Line, failed.Message), Hint: failed.Hint}
	}
	if err == nil && !read && ctx.Err() == nil {
		err = errors.New("the image could not be measured")
	}
	if err != nil {
		err = fmt.Errorf("building %s to compare with: %w", name, err)
	}
	return side, err
}

// silently calls work with an outbox that nobody reads.
func silently(ctx context.Context, work func(*desk.Outbox) error) error {
	events := make(chan event.Event)
	go func() {
		for range events {
		}
	}()
	return telling(ctx, events, work)
}

// Compare compares the image of a recorded build, which the engine has to have still, as the configuration asks.
func Compare(ctx context.Context, cfg config.Config, built event.Built, sized event.Sized) (c event.Compared, err error) {
	if err := cfg.Check(); err != nil {
		return c, err
	}
	return c, silently(ctx, func(out *desk.Outbox) (err error) {
		h := newHosting(out)
		if _, err := h.reach(ctx, cfg.Engine); err != nil {
			return err
		}
		defer func() { err = errors.Join(err, h.Close()) }()
		compare, err := newSession(cfg, out).against(ctx, h, cmp.Or(built.Tag, built.Target))
		if err != nil {
			return err
		}
		id, err := h.ImageID(ctx, built.Image, "The image of the recording is gone. Build it with -t so that it stays, or compare with stagewatch build.")
		if err != nil {
			return err
		}
		body, err := compare(ctx, measure.Measured{AfterImage: id, Sized: sized})
		c, _ = body.(event.Compared)
		return err
	})
}
