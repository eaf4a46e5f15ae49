// Package measure finds out, beside the way from a save to its being served, how large a build is: the layers of its
// image and of the stage that it is compared with, where their bytes are, which files they hold, and how the image
// compares with another one.
//
// A [Meter] gets builds as values. It knows nothing of the order of work.
package measure

import (
	"context"
	"fmt"
	"sync"

	"github.com/tonistiigi/fsutil"

	"github.com/stagewatch/stagewatch/engine/desk"
	"github.com/stagewatch/stagewatch/engine/event"
	"github.com/stagewatch/stagewatch/engine/image"
	"github.com/stagewatch/stagewatch/engine/plan"
	"github.com/stagewatch/stagewatch/engine/solve"
)

// Images is what a Meter needs of the engine's image store.
type Images interface {
	// Measure returns the sizes of an image's layers; the first base ones came with the base image.
	Measure(ctx context.Context, image string, base int) (event.StageSize, error)
	// Basis returns what Measure counts: [image.Files], or what comes near to it.
	Basis() string
	// Shown returns the sizes that docker shows of images, by id, where they are others than those of Measure.
	Shown(ctx context.Context) (map[string]int64, error)
}

// Solver makes builds, one at a time.
type Solver interface {
	// Build waits until no other solve is under way.
	Build(ctx context.Context, req solve.Request) (*solve.Result, error)
	// InTurn calls fn when no solve is under way, and lets none begin until fn returns.
	InTurn(ctx context.Context, fn func() error) error
	// Settle builds what a build did in another way than the Dockerfile says, as it says.
	Settle(ctx context.Context, p *plan.Plan, contexts map[string]fsutil.FS) error
	// Quiet waits until the engine is done with the solves that were given up.
	Quiet(ctx context.Context) error
}

// Build is a build to be measured.
type Build struct {
	Number int
	Plan   *plan.Plan
	Image  string
	// Before is the plan of the stage that the build is compared with, nil for none.
	Before *plan.Plan

	// Exported is called when all is sized that can be, with the image of the stage before; that is empty where it was
	// not made.
	Exported func(before string)
	// Judged is called once the build was compared with its budget.
	Judged func(Verdict)
	// Followed is called with the error of [Needs.Then].
	Followed func(error)
	// Done is called at the end. Sized reports whether the sizes are known, so that nobody need measure again.
	Done func(sized bool)
}

// Needs is what a Meter works with.
type Needs struct {
	Images Images
	Solver Solver
	// Insight accounts for the files of the stages; nil leaves that out.
	Insight *Insight
	// Budget holds builds to their limits; nil leaves that out.
	Budget *Budget
	// Then is called with a build that was measured, and what it returns is reported; nil leaves that out.
	Then func(context.Context, Measured) (event.Body, error)
	// Commit returns the commit that the context is at; nil leaves that out.
	Commit func(context.Context) event.Commit
	// Sized is called with sizes that are reported, but not with rough ones; nil leaves that out.
	Sized func(event.Sized)
	// Contexts returns the local contexts by name, and their shared key, for a solve that fails when one of them has
	// just changed. It is called from any goroutine.
	Contexts func() (dirs map[string]fsutil.FS, sharedKey string)
	// Lost reports whether the engine is gone, and with it the reason to report a failure.
	Lost func() bool
	// Inspect: somebody wants to look through the files of every build.
	Inspect bool
}

// Meter measures builds in the background. The stage before is solved and exported only here, and never on the way
// from a save to its being served. The methods of a Meter are called on the desk's goroutine, but for [Meter.Wait].
type Meter struct {
	desk.Desk
	needs Needs
	// files are those that were accounted for last.
	files files

	cancel     context.CancelFunc
	background sync.WaitGroup
	// last is the newest measurement, and beforeImage the image that it exported.
	last        *event.Sized
	beforeImage string
}

// New returns a meter that has measured nothing yet.
func New(d desk.Desk, needs Needs) *Meter {
	return &Meter{Desk: d, needs: needs, files: files{wanted: needs.Inspect}}
}

// Busy reports whether a measurement is under way.
func (m *Meter) Busy() bool { return m.cancel != nil }

// BeforeImage returns the image of the stage before that the newest measurement made, empty for none.
func (m *Meter) BeforeImage() string { return m.beforeImage }

// Stop ends a measurement that a newer build makes worthless, and that would slow it down.
func (m *Meter) Stop() {
	if m.cancel != nil {
		m.cancel()
		m.cancel = nil
	}
}

// Wait returns when nothing goes on in the background any more.
func (m *Meter) Wait() { m.background.Wait() }

// Measure sizes a build in place of the one that is being measured. A failure, as where somebody saves in the meantime,
// is reported as a warning: it is no fault of the build.
func (m *Meter) Measure(b Build) {
	m.Stop()
	ctx, cancel := context.WithCancel(m.Ctx())
	m.cancel = cancel
	m.Aside(&m.background, func() {
		of := Measured{Before: b.Before, After: b.Plan, AfterImage: b.Image}
		var commit event.Commit
		if m.needs.Commit != nil {
			commit = m.needs.Commit(ctx)
		}
		err := m.needs.Solver.Quiet(ctx)
		if err == nil {
			m.settle(ctx, b)
			err = whileFrozen(ctx, func() (err error) {
				if of.Sized, of.BeforeImage, err = m.sizeBoth(ctx, b); err != nil {
					return err
				}
				of.Sized.Commit = commit
				shown, err := m.needs.Images.Shown(ctx)
				of.Sized.Before.Docker, of.Sized.After.Docker = shown[of.BeforeImage], shown[of.AfterImage]
				return err
			})
		}
		sized := of // which is read while the files are being looked at
		m.Do(func() {
			switch {
			case ctx.Err() != nil || m.needs.Lost():
			case err != nil:
				m.Emit(b.Number, event.Warning{Code: event.CodeUnmeasured, Message: err.Error()})
			default:
				m.beforeImage = sized.BeforeImage
				if !sized.rough() || m.needs.Insight == nil {
					m.took(b.Number, sized.Sized)
				}
			}
			b.Exported(sized.BeforeImage)
		})
		if err == nil && m.needs.Insight != nil {
			of.Sized = m.account(ctx, b, of)
		}
		if err == nil && m.needs.Then != nil {
			m.follow(ctx, b, of)
		}
		m.Do(func() {
			current := ctx.Err() == nil
			if current {
				m.Stop()
			}
			b.Done(current && err == nil)
		})
	})
}

// follow does what is to be done with a build that was measured.
func (m *Meter) follow(ctx context.Context, b Build, of Measured) {
	body, err := m.needs.Then(ctx, of)
	m.Do(func() {
		if ctx.Err() != nil {
			return
		}
		if err == nil && body != nil {
			m.Emit(b.Number, body)
		}
		b.Followed(err)
	})
}

// settle has the engine build what the stage before, another Dockerfile and a session that begins expect to be in the cache.
// Where that fails, who needs it builds it.
func (m *Meter) settle(ctx context.Context, b Build) {
	_ = m.needs.Solver.InTurn(ctx, func() error {
		contexts, _ := m.needs.Contexts()
		return m.needs.Solver.Settle(ctx, b.Plan, contexts)
	})
}

// sizeBoth sizes the build's image and, after exporting it, that of the stage before.
func (m *Meter) sizeBoth(ctx context.Context, b Build) (sized event.Sized, before string, err error) {
	sized.Basis = m.needs.Images.Basis()
	if sized.After, err = m.size(ctx, b.Image, b.Plan); err != nil || b.Before == nil {
		return sized, "", err
	}
	contexts, key := m.needs.Contexts()
	res, err := m.needs.Solver.Build(ctx, solve.Request{Plan: b.Before, Contexts: contexts, SharedKey: key, Emit: func(event.Body) {}, Yields: true})
	if err != nil {
		return sized, "", fmt.Errorf("exporting stage %q to measure it: %w", b.Before.Target, err)
	}
	if sized.Before, err = m.size(ctx, res.Image, b.Before); err != nil {
		return sized, res.Image, err
	}
	return sized, res.Image, nil
}

// size returns the sizes of an image's layers, by the instructions of the plan that made them.
func (m *Meter) size(ctx context.Context, of string, p *plan.Plan) (event.StageSize, error) {
	size, err := m.needs.Images.Measure(ctx, of, p.BaseLayers)
	if err != nil {
		return size, fmt.Errorf("measuring stage %q: %w", p.Target, err)
	}
	size.Stage = p.Target
	image.Attribute(&size, p)
	return size, nil
}

// took records sizes, and reports them beside those of the build before if both count the same.
func (m *Meter) took(build int, sized event.Sized) {
	if sized.Before.Stage != "" {
		sized.Ratio = float64(sized.After.Bytes) / float64(max(sized.Before.Bytes, 1))
	}
	if m.last != nil && m.last.Basis == sized.Basis {
		sized.Delta = sized.After.Bytes - m.last.After.Bytes
		sized.BeforeDelta = sized.Before.Bytes - m.last.Before.Bytes
	}
	m.last = &sized
	m.Emit(build, sized)
	if m.needs.Sized != nil && sized.Basis == image.Files {
		m.needs.Sized(sized)
	}
}

// Risks returns warnings of what a plan is likely to break, each once in a session.
func (m *Meter) Risks(p *plan.Plan) []event.Warning {
	if m.needs.Insight == nil {
		return nil
	}
	return m.needs.Insight.Risks(p)
}

// Inspect reports the files of the newest build that was accounted for, and from now on those of each.
func (m *Meter) Inspect() {
	m.files.wanted = true
	m.reportFiles()
}

func (m *Meter) reportFiles() {
	if e, ok := m.files.report(); ok {
		m.Emit(m.files.number, e)
	}
}
