package engine

import (
	"slices"
	"sync/atomic"

	"github.com/tonistiigi/fsutil"

	"github.com/stagewatch/stagewatch/engine/budget"
	"github.com/stagewatch/stagewatch/engine/config"
	"github.com/stagewatch/stagewatch/engine/desk"
	"github.com/stagewatch/stagewatch/engine/event"
	"github.com/stagewatch/stagewatch/engine/front"
	"github.com/stagewatch/stagewatch/engine/measure"
	"github.com/stagewatch/stagewatch/engine/plan"
	"github.com/stagewatch/stagewatch/engine/project"
	"github.com/stagewatch/stagewatch/engine/redact"
	"github.com/stagewatch/stagewatch/engine/serve"
	"github.com/stagewatch/stagewatch/engine/solve"
)

// deps is what a loop is made of.
type deps struct {
	desk    desk.Desk
	cfg     config.Config
	project *project.Project
	// solver makes the builds. Loops on one engine have one in common.
	solver *solver
	pinger pinger
	images interface {
		measure.Images
		imageStore
	}
	earlier earlier
	// unkept: it was reported that nothing can be kept for the next session.
	unkept bool
	// values hide the values of build arguments in all that is shown. The loop replaces it with each Dockerfile.
	values *atomic.Pointer[redact.Values]

	// outside is asked why a promise broke, and insight accounts for the files of the stages; nil leaves that out.
	outside outside
	insight *measure.Insight
	// budget holds the builds to limits; nil leaves that out.
	budget *measure.Budget
	limits budget.Limits
	// then is done with each build that was measured; nil leaves that out.
	then then
	// app is nil where nothing is run.
	app *appDeps
}

// appDeps is what running and serving the images takes.
type appDeps struct {
	runner   serve.Runner
	door     serve.Door
	settings serve.Settings
}

// newLoop returns a loop that has done nothing yet. Any number of them can work at the same time, on one engine too if
// they have a solver in common.
func newLoop(d deps) *loop {
	l := &loop{
		Desk: d.desk, cfg: d.cfg, project: d.project, outside: d.outside, values: d.values,
		earlier: d.earlier, limits: d.limits,
		solver: d.solver, images: images{store: d.images, made: map[string]bool{}}, pace: newPace(),
		builds: builds{superseded: map[*job]bool{}}, audits: audits{found: map[string]bool{}},
		reported: reported{lint: map[plan.Lint]bool{}, rules: map[string]bool{}},
	}
	if d.unkept {
		l.reported.unkept.Do(func() {})
	}
	l.engine = &engineWatch{Desk: d.desk, pinger: d.pinger, returned: l.resume}
	l.meter = measure.New(d.desk, measure.Needs{
		Images: d.images, Solver: l.solver, Insight: d.insight, Budget: d.budget, Then: d.then, Commit: l.commit(), Sized: l.exact, Inspect: d.cfg.Inspect,
		Contexts: func() (map[string]fsutil.FS, string) { return d.project.Contexts(true) },
		Lost:     func() bool { return l.engine.gone },
	})
	l.checks = l.newChecks(d.cfg.Build)
	if d.app != nil {
		l.app = serve.New(d.desk, d.app.runner, d.app.door, d.app.settings, l.hooks())
	}
	return l
}

// hooks are what the app asks of the loop.
func (l *loop) hooks() serve.Hooks {
	return serve.Hooks{
		Edits:   func() int { return l.pending.edits },
		Freed:   l.collect,
		Suspect: l.engine.check,
		Silent:  l.engine.pinger.Silent,
		Retry: func(err error, again func()) bool {
			if !solve.OutOfFiles(err) {
				return false
			}
			l.block(descriptors, again)
			return true
		},
		Regain: func() {
			if l.builds.running == nil {
				l.orderNow(event.Reason{Kind: event.ReasonImageGone}, false)
			}
		},
		Redact: func(s front.Status) front.Status { return withoutValues(s, l.values.Load()) },
	}
}

// withoutValues returns what the waiting page shows without the values.
func withoutValues(s front.Status, v *redact.Values) front.Status {
	s.Title, s.Detail = v.Text(s.Title), v.Text(s.Detail)
	s.Excerpt = slices.Clone(s.Excerpt)
	for i := range s.Excerpt {
		s.Excerpt[i].Text = v.Text(s.Excerpt[i].Text)
	}
	return s
}

// voiceOf returns a service's voice, which hides the values of build arguments as they are at the time.
func voiceOf(out *desk.Outbox, service string, values *atomic.Pointer[redact.Values]) desk.Voice {
	return out.Voice(service, func(body event.Body) event.Body { return values.Load().Body(body) })
}
