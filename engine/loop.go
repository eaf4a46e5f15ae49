package engine

import (
	"context"
	"errors"
	"sync"
	"sync/atomic"
	"time"

	"github.com/stagewatch/stagewatch/engine/config"
	"github.com/stagewatch/stagewatch/engine/desk"
	"github.com/stagewatch/stagewatch/engine/event"
	"github.com/stagewatch/stagewatch/engine/measure"
	"github.com/stagewatch/stagewatch/engine/past"
	"github.com/stagewatch/stagewatch/engine/plan"
	"github.com/stagewatch/stagewatch/engine/project"
	"github.com/stagewatch/stagewatch/engine/redact"
	"github.com/stagewatch/stagewatch/engine/serve"
	"github.com/stagewatch/stagewatch/engine/solve"
	"github.com/stagewatch/stagewatch/engine/tree"
	"github.com/stagewatch/stagewatch/watch"
)

// inputs are what reaches the loop from outside.
type inputs struct {
	batches <-chan project.Batch
	notices <-chan watch.Notice
	intents <-chan event.Intent
}

// loop decides: what is pending, what is built, what serves. All its state belongs to the goroutine that
// run is called on; everything else reaches it as a function through Do.
type loop struct {
	desk.Desk
	cfg     config.Config
	project *project.Project
	solver  *solver
	// app runs and serves the images; nil where nothing is run.
	app    *serve.App
	meter  *measure.Meter
	images images
	engine *engineWatch
	// outside is asked why a promise broke; nil leaves that out.
	outside outside
	history *past.Steps
	// memory is what was last built before this session, nil where nothing is known; memoryFile is where
	// what is built now is kept.
	memory     *past.Build
	memoryFile string
	unkept     sync.Once
	host       string
	// values hide those of build arguments in all that is shown.
	values *atomic.Pointer[redact.Values]
	// running counts the solves that go on beside the loop.
	running sync.WaitGroup
	// auditing ends the audit that is under way, audits counts them.
	auditing context.CancelFunc
	audits   sync.WaitGroup
	// found are the paths that an audit found, and that was said of.
	found map[string]bool

	plan    *plan.Plan
	pending pending
	pace    pace
	// unreadable is what of the contexts can't be read.
	unreadable unreadable
	// good is the last successful build; its plan is what the next prediction compares with.
	good *job
	job  *job
	// superseded are older builds that still run steps which the newer ones wait for.
	superseded map[*job]bool
	linted     map[plan.Lint]bool
	// toldOf are the ignore rules that were told of.
	toldOf  map[string]bool
	builds  int
	score   event.Score
	advisor advisor
	// saved is what the hits of the session saved.
	saved time.Duration
	// restarted is the last build before the engine was found restarted, 0 for never.
	restarted int
	paused    bool
	missed    bool
	err       error
	done      bool
}

// job is one build.
type job struct {
	number  int
	plan    *plan.Plan
	changes []plan.Change
	// snaps are the contexts as they were when the build began, or a moment before.
	snaps map[string]*tree.Snapshot
	// predictions are what was told of each of the plan's steps.
	predictions []plan.Prediction
	// since is the build that they compare with, 0 for none of this session.
	since   int
	noCache bool
	// edited tells that the Dockerfile was written to.
	edited bool
	// recalled tells that they rest on what an earlier session built.
	recalled bool
	// seq and edits say which changes the build contains.
	seq, edits int
	// saved is the save that caused it, or the time it was asked for.
	saved  time.Time
	cancel context.CancelCauseFunc
	result *solve.Result
	// sized tells that its sizes were measured.
	sized bool
	began time.Time
	relay *relay
}

// main is the main context as it was.
func (j *job) main() *tree.Snapshot { return j.snaps[""] }

var errSuperseded = errors.New("superseded by a newer change")

// run works until its context ends or, with [config.Session.Once], until the build is done; the error is then that of the
// build. A panic beside the loop is raised again here, so that what has to be cleaned up is.
func (l *loop) run(in inputs) error {
	l.replan()
	l.leftOut(l.project.LeftOut())
	l.order(event.Reason{Kind: event.ReasonFirstBuild}, l.cfg.NoCache)
	l.awaitReadable()
	for !l.done {
		select {
		case b, ok := <-in.batches:
			if !ok {
				in.batches = nil
				continue
			}
			l.onBatch(b)
		case n, ok := <-in.notices:
			if !ok {
				in.notices = nil
				continue
			}
			l.Emit(0, event.Warning{Code: event.CodeWatch + n.Code, Message: n.Message, Hint: n.Hint})
		case i := <-in.intents:
			l.onIntent(i)
		case fn := <-l.Tasks():
			fn()
		case <-l.Ctx().Done():
			return nil
		}
	}
	return l.err
}

func (l *loop) onIntent(i event.Intent) {
	switch i := i.(type) {
	case event.Rebuild:
		l.solver.Forget()
		// Who asks may know of what nothing told us.
		l.missed = true
		l.catchUp()
		l.replanAnew()
		l.pending.saved = time.Now()
		l.order(event.Reason{Kind: event.ReasonRequest}, i.NoCache)
	case event.Restart:
		if l.app != nil {
			l.app.Restart()
		}
	case event.Stop:
		if l.app != nil {
			l.app.Stop()
		}
	case event.Inspect:
		l.meter.Inspect()
	case event.Watch:
		l.paused = !i.On
		l.Emit(0, event.Watching{On: i.On, Mode: l.project.WatchMode()})
		if i.On {
			news := l.catchUp()
			l.next(trigger{news: news})
		}
	}
}

// replan converts the Dockerfile again, and returns what its steps let into the contexts by naming it, or no longer
// do. A broken one leaves no plan, and the error for the next build.
func (l *loop) replan() []plan.Change {
	l.values.Store(l.cfg.Values(l.project.Source()))
	if l.plan, l.err = l.project.Plan(l.Ctx(), l.solver, ""); l.err != nil {
		return nil
	}
	d, err := l.project.Admit(l.Ctx(), l.plan)
	if err == nil && len(d.Changed) > 0 && l.project.Frontend() != "" {
		// Its frontend may look at what is in the context.
		l.plan, err = l.project.Plan(l.Ctx(), l.solver, "")
	}
	if err != nil {
		l.plan, l.err = nil, err
	}
	return d.Changed
}

// replanAnew replans where no edit asks for it: a base image may bring other triggers.
func (l *loop) replanAnew() {
	if changes := l.replan(); len(changes) > 0 {
		l.pending.add(changes, project.Delta{}, time.Now())
	}
}
