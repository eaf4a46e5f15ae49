package check

import (
	"context"
	"errors"
	"time"

	"github.com/tonistiigi/fsutil"

	"github.com/stagewatch/stagewatch/engine/event"
	"github.com/stagewatch/stagewatch/engine/plan"
	"github.com/stagewatch/stagewatch/engine/solve"
	"github.com/stagewatch/stagewatch/engine/tree"
)

// attempts bounds how often a check of a build is tried whose files were written to meanwhile, or whose engine was away.
const attempts = 3

var errCanceled = errors.New("a newer change came")

// run is the checks of one build, one after the other.
type run struct {
	*Build
	ctx    context.Context
	cancel context.CancelCauseFunc
	// left are those that were not decided yet, and then is called with those that are red once all are.
	left []*check
	red  []event.Check
	then func(red []event.Check)
	// began is when the first of left began, attempt counts its solves, and why is what changed since its last result.
	began   time.Time
	attempt int
	why     blame
}

// Gates builds the gates of a build, as far as something changed that they depend on, and calls then with those that are red.
func (c *Checks) Gates(b *Build, then func(red []event.Check)) { c.start(b, true, then) }

// Run builds the other checks of a build in the same way.
func (c *Checks) Run(b *Build, then func(red []event.Check)) { c.start(b, false, then) }

func (c *Checks) start(b *Build, gates bool, then func([]event.Check)) {
	c.Stop()
	r := &run{Build: b, then: then}
	for _, k := range c.all {
		if k.gate == gates {
			r.left = append(r.left, k)
		}
	}
	r.ctx, r.cancel = context.WithCancelCause(c.Ctx())
	c.running = r
	c.next(r)
}

// Stop ends the run that is under way, without a result: a newer build takes its place.
func (c *Checks) Stop() {
	r := c.running
	if r == nil {
		return
	}
	c.running = nil
	r.cancel(errCanceled)
	e := r.left[0].event(event.CheckCanceled)
	e.MS = time.Since(r.began).Milliseconds()
	c.Emit(r.number, e)
}

// next goes on with the next check that has to be built, and ends the run where there is none.
func (c *Checks) next(r *run) {
	for len(r.left) > 0 {
		k := r.left[0]
		p := r.plans[k]
		r.why = c.whyRed(k, p, r.seq)
		switch {
		case p == nil:
			r.began = time.Now()
			c.decide(r, k, &result{failed: c.failedAt(nil, k.err)})
		case c.affects(k, r.Build):
			r.began, r.attempt = time.Now(), 0
			c.Emit(r.number, k.event(event.CheckRunning))
			c.build(r, k, p, r.snaps)
			return
		default:
			k.last.plan = p
			k.drop(r.seq)
			c.over(r, k.event(event.CheckUnaffected))
		}
	}
	c.running = nil
	r.cancel(nil)
	r.then(r.red)
}

// build makes one attempt at a check.
func (c *Checks) build(r *run, k *check, p *plan.Plan, snaps map[string]*tree.Snapshot) {
	r.attempt++
	said := &printed{build: r.number, stage: p.Target, steps: c.needs.Steps}
	req := solve.Request{Plan: p, NoImage: true, Yields: true, LastTook: c.needs.Steps.Last, Emit: said.take}
	req.Contexts, req.SharedKey = c.needs.Project.Serve(snaps, false)
	if !k.gate {
		// A gate is waited for, and writing its record takes an engine longer than a gate of which all is in the cache.
		req.Record.Name = c.needs.Record(k.event("").Named())
	}
	c.Aside(&c.background, func() {
		res, err := c.needs.Solver.Build(r.ctx, req)
		c.Do(func() {
			if c.running == r {
				c.ended(r, k, p, res, err, said, moved(req.Contexts))
			}
		})
	})
}

// moved reports whether a file was read that had been written to after its snapshot was taken.
func moved(contexts map[string]fsutil.FS) bool {
	for _, served := range contexts {
		if fs, ok := served.(*tree.FS); ok && len(fs.Moved()) > 0 {
			return true
		}
	}
	return false
}

// ended takes in the end of an attempt.
func (c *Checks) ended(r *run, k *check, p *plan.Plan, res *solve.Result, err error, said *printed, moved bool) {
	switch {
	case c.Ctx().Err() != nil:
	case moved && r.attempt < attempts:
		// It is not known of which content this is the result.
		c.build(r, k, p, c.needs.Project.Snapshots())
	case err == nil:
		passed := &result{plan: p, took: res.Took, hits: res.Hits, ran: res.Ran}
		passed.output, passed.dropped = said.ofStage()
		if res.Ran == 0 && k.last != nil && k.last.failed == nil && len(passed.output) == 0 {
			passed.output, passed.dropped = k.last.output, k.last.dropped
		}
		c.decide(r, k, passed)
		c.next(r)
	default:
		took := time.Since(r.began)
		c.needs.Suspect(func() {
			if c.running != r || c.needs.Rebased(err) {
				return
			}
			if solve.BrokenOff(err) && r.attempt < attempts {
				c.build(r, k, p, r.snaps)
				return
			}
			failed := &result{plan: p, took: took, failed: c.failedAt(p, err)}
			failed.output, failed.dropped = said.of(failed.failed.Stage, failed.failed.Index)
			c.decide(r, k, failed)
			c.next(r)
		})
	}
}

func (c *Checks) failedAt(p *plan.Plan, err error) *event.Failed {
	f := c.needs.Failed(p, err)
	return &f
}
