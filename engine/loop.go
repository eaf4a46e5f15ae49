package engine

import (
	"sync"
	"sync/atomic"
	"time"

	"github.com/stagewatch/stagewatch/engine/advice"
	"github.com/stagewatch/stagewatch/engine/budget"
	"github.com/stagewatch/stagewatch/engine/check"
	"github.com/stagewatch/stagewatch/engine/config"
	"github.com/stagewatch/stagewatch/engine/desk"
	"github.com/stagewatch/stagewatch/engine/event"
	"github.com/stagewatch/stagewatch/engine/measure"
	"github.com/stagewatch/stagewatch/engine/past"
	"github.com/stagewatch/stagewatch/engine/plan"
	"github.com/stagewatch/stagewatch/engine/project"
	"github.com/stagewatch/stagewatch/engine/redact"
	"github.com/stagewatch/stagewatch/engine/serve"
	"github.com/stagewatch/stagewatch/watch"
)

// inputs are what reaches the loop from outside.
type inputs struct {
	batches <-chan project.Batch
	notices <-chan watch.Notice
	intents <-chan event.Intent
}

// loop is the order of work: it decides what is built and when, and what becomes of it. All its state belongs to the
// goroutine that run is called on. Everything else reaches it as a function through the desk.
type loop struct {
	desk.Desk
	cfg     config.Config
	project *project.Project
	solver  *solver

	// Parts with a state of their own: app runs and serves the images, nil where nothing is run.
	app    *serve.App
	meter  *measure.Meter
	checks *check.Checks
	images images
	engine *engineWatch
	// limits are what a build may come to.
	limits budget.Limits
	// outside is asked why a promise broke; nil leaves that out.
	outside outside
	advisor advice.Advisor
	earlier earlier
	// values hide those of build arguments in all that is shown.
	values *atomic.Pointer[redact.Values]

	// plan is that of the Dockerfile as it is now, nil where it is broken.
	plan    *plan.Plan
	pending pending
	pace    pace
	builds  builds
	gates   gates
	// running counts the solves and what else goes on beside the loop.
	running    sync.WaitGroup
	audits     audits
	unreadable unreadable
	awaited    awaited
	reported   reported
	tally      tally
	// paused: watching is off. Missed: something may have changed that no batch reported.
	paused, missed bool
	// unplanned is why there is no plan, and err why the last build failed; done ends a session of one build.
	unplanned, err error
	done           bool
}

// earlier is what earlier sessions left of the project, and where this one leaves it for the next.
type earlier struct {
	// steps are what each step took and printed when it last ran.
	steps *past.Steps
	// build is what was last built before this session, nil where nothing is known.
	build *past.Build
	// file is where this session's builds are kept, and engine the address of the engine that made them.
	file, engine string
	// commits are the sizes of what was built of commits.
	commits past.Commits
}

// builds are those of the session.
type builds struct {
	// count is the number of the newest one, and edits the number of saves that it contains.
	count, edits int
	// running is the one whose result is waited for, nil for none.
	running *job
	// superseded are older ones that still run steps which the running one needs.
	superseded map[*job]bool
	// good is the last successful one, nil for none. The next prediction compares with its plan.
	good *job
	// failure is how the newest one failed, nil where it did not or where it may be tried again by itself.
	failure *failure
	// recorded counts those that the engine's build history may have got since it was last trimmed.
	recorded int
	// again counts the builds in a row that read files while these were written to.
	again int
	// restarted is the number of the last one before the engine was found restarted, 0 for never.
	restarted int
}

// reported is what is reported once in a session, and was.
type reported struct {
	lint map[plan.Lint]bool
	// rules are ignore rules that leave noise out.
	rules  map[string]bool
	unkept sync.Once
}

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
		l.answer()
	}
	return l.err
}

func (l *loop) onIntent(i event.Intent) {
	switch i := i.(type) {
	case event.Rebuild:
		l.solver.Forget()
		// A person who asks for a build may know of a change that we got no notice of.
		l.missed = true
		l.catchUp()
		l.replanAnew()
		l.orderNow(event.Reason{Kind: event.ReasonRequest}, i.NoCache)
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
	case event.Await:
		l.await(i)
	case event.Watch:
		l.paused = !i.On
		l.Emit(0, event.Watching{On: i.On, Mode: l.project.WatchMode()})
		if i.On {
			news := l.catchUp() || l.pending.edits > l.builds.edits
			l.next(trigger{news: news})
		}
	}
}

// replan converts the Dockerfile again. It returns the changes of the contexts that come of it, as steps let paths in
// by naming them. A broken Dockerfile leaves no plan, and the error for the next build.
func (l *loop) replan() []plan.Change {
	l.values.Store(l.cfg.Values(l.project.Source()))
	if l.plan, l.unplanned = l.project.Plan(l.Ctx(), l.solver, ""); l.unplanned != nil {
		return nil
	}
	l.checks.Replan()
	d, err := l.project.Admit(l.Ctx(), append(l.checks.Plans(), l.plan)...)
	if err == nil && len(d.Changed) > 0 && l.project.Frontend() != "" {
		// Its frontend may read the context.
		l.plan, err = l.project.Plan(l.Ctx(), l.solver, "")
	}
	if err != nil {
		l.plan, l.unplanned = nil, err
	}
	return d.Changed
}

// replanAnew replans without an edit: a base image may bring other triggers.
func (l *loop) replanAnew() {
	if changes := l.replan(); len(changes) > 0 {
		l.add(changes, project.Delta{}, time.Now())
	}
}
