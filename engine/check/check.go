// Package check builds other targets of the Dockerfile beside the one that serves, its tests say, and knows of each whether
// it passes and which edit turned it red. A check shares its steps with the target through the builder's cache, and exports
// nothing.
//
// A [Checks] gets builds as values. It knows nothing of the order of work, and hands nothing over itself: who asks for the
// gates of a build decides what becomes of it.
package check

import (
	"context"
	"slices"
	"strings"
	"sync"

	"github.com/stagewatch/stagewatch/engine/desk"
	"github.com/stagewatch/stagewatch/engine/event"
	"github.com/stagewatch/stagewatch/engine/past"
	"github.com/stagewatch/stagewatch/engine/plan"
	"github.com/stagewatch/stagewatch/engine/project"
	"github.com/stagewatch/stagewatch/engine/solve"
	"github.com/stagewatch/stagewatch/engine/tree"
)

// Solver makes builds, one at a time.
type Solver interface {
	// Build waits until no other solve is under way.
	Build(ctx context.Context, req solve.Request) (*solve.Result, error)
}

// Needs is what checks work with.
type Needs struct {
	Solver  Solver
	Project *project.Project
	// Plan converts the Dockerfile as it is now for a stage.
	Plan func(stage string) (*plan.Plan, error)
	// Steps are what each step took and printed when it last ran.
	Steps *past.Steps
	// Record is called with each solve that begins, and returns what the engine's build history is to call it.
	Record func(what string) string
	// Failed returns an error of planning or building as an event; the plan is nil where there is none.
	Failed func(p *plan.Plan, err error) event.Failed
	// Suspect is called when a check failed, which an engine that is gone would explain. It calls answers, on the desk's
	// goroutine, if the engine does answer.
	Suspect func(answers func())
	// Rebased reports whether err only says that base images are others now, and then has all built anew.
	Rebased func(err error) bool
}

// Checks are those of a session. The methods are called on the desk's goroutine, but for [Checks.Wait].
type Checks struct {
	desk.Desk
	needs Needs
	// all are the checks, the gates first.
	all []*check
	// running is the run that is under way, nil for none.
	running    *run
	background sync.WaitGroup
}

// check is one of them.
type check struct {
	// asked is the stage as it was asked for.
	asked string
	gate  bool
	// plan is that of the Dockerfile as it is now, or of the last that could be planned; err is why it is not.
	plan *plan.Plan
	err  error
	// since are the changes since the last result that a step of it reads, by path; edited is the number of the last change
	// of the Dockerfile since then, 0 for none.
	since  map[string]numbered
	edited int
	// last is the last result, nil for none.
	last *result
}

// numbered is a change with its number in the session.
type numbered struct {
	plan.Change
	seq int
}

// New returns checks of which nothing is known yet. A stage that is both is a gate.
func New(d desk.Desk, gates, checks []string, needs Needs) *Checks {
	c := &Checks{Desk: d, needs: needs}
	for i, stage := range slices.Concat(gates, checks) {
		if !slices.ContainsFunc(c.all, func(known *check) bool { return strings.EqualFold(known.asked, stage) }) {
			c.all = append(c.all, &check{asked: stage, gate: i < len(gates), since: map[string]numbered{}})
		}
	}
	return c
}

// stage returns the name of the check's stage.
func (k *check) stage() string {
	if k.plan != nil {
		return k.plan.Target
	}
	return k.asked
}

// Gated reports whether there are gates.
func (c *Checks) Gated() bool { return len(c.all) > 0 && c.all[0].gate }

// Busy reports whether a check is being built.
func (c *Checks) Busy() bool { return c.running != nil }

// Red returns how those checks stand that failed.
func (c *Checks) Red() []event.Check {
	var red []event.Check
	for _, k := range c.all {
		if k.last != nil && k.last.failed != nil {
			red = append(red, k.event(event.CheckFailed))
		}
	}
	return red
}

// Wait returns when nothing goes on in the background any more.
func (c *Checks) Wait() { c.background.Wait() }

// Replan plans the checks.
func (c *Checks) Replan() {
	for _, k := range c.all {
		p, err := c.needs.Plan(k.asked)
		if k.err = err; err == nil {
			k.plan = p
		}
	}
}

// Plans are those of the checks that can be planned.
func (c *Checks) Plans() []*plan.Plan {
	var plans []*plan.Plan
	for _, k := range c.all {
		if k.plan != nil && k.err == nil {
			plans = append(plans, k.plan)
		}
	}
	return plans
}

// Add takes in the changes of a save, of which the last has number seq.
func (c *Checks) Add(changes []plan.Change, dockerfile bool, seq int) {
	for _, k := range c.all {
		for _, ch := range k.reads(changes, c.needs.Project.Links()) {
			k.since[project.Shown(ch)] = numbered{ch, seq}
		}
		if dockerfile {
			k.edited = seq
		}
	}
}

// Reads returns the changes that a step of a check reads, in their order.
func (c *Checks) Reads(changes []plan.Change) []plan.Change {
	if len(c.all) == 0 {
		return nil
	}
	links := c.needs.Project.Links()
	var read []plan.Change
	for _, k := range c.all {
		read = append(read, k.reads(changes, links)...)
	}
	return slices.DeleteFunc(slices.Clone(changes), func(ch plan.Change) bool { return !slices.Contains(read, ch) })
}

// reads returns the changes that a step reads, now or when it was last built.
func (k *check) reads(changes []plan.Change, links plan.Tree) []plan.Change {
	var read []plan.Change
	if k.plan != nil {
		read = k.plan.Relevant(changes, links)
	}
	if k.last != nil && k.last.plan != nil && k.last.plan != k.plan {
		read = append(read, k.last.plan.Relevant(changes, links)...)
	}
	return read
}

// Build is a build of the target, as its checks see it.
type Build struct {
	number, seq int
	snaps       map[string]*tree.Snapshot
	anew        bool
	plans       map[*check]*plan.Plan
}

// Of returns the checks' part of the build with that number, which contains the changes up to number seq. The snapshots are its
// contexts. Anew: nothing is known to be as it was, so that every check is built.
func (c *Checks) Of(number, seq int, snaps map[string]*tree.Snapshot, anew bool) *Build {
	b := &Build{number: number, seq: seq, snaps: snaps, anew: anew, plans: map[*check]*plan.Plan{}}
	for _, k := range c.all {
		if k.err == nil {
			b.plans[k] = k.plan
		}
	}
	return b
}
