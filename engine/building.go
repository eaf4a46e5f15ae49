package engine

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/stagewatch/stagewatch/engine/event"
	"github.com/stagewatch/stagewatch/engine/fault"
	"github.com/stagewatch/stagewatch/engine/measure"
	"github.com/stagewatch/stagewatch/engine/past"
	"github.com/stagewatch/stagewatch/engine/plan"
	"github.com/stagewatch/stagewatch/engine/project"
	"github.com/stagewatch/stagewatch/engine/serve"
	"github.com/stagewatch/stagewatch/engine/solve"
)

// start starts a build of all that is pending, as it was decided.
func (l *loop) start(d decision, o order) {
	l.pace.release()
	l.meter.Stop()
	l.stopAudit()
	l.abandon()
	j, ctx := l.newJob(o.noCache)
	l.job = j
	if d.fails {
		l.supersede(j, d.older)
		l.failed(j, l.err)
		return
	}
	l.Emit(j.number, l.planned(j, o.why))
	l.lint(j)
	for _, w := range l.meter.Risks(j.plan) {
		l.Emit(j.number, w)
	}
	// After the plan was reported: steps that j takes over are reported as its own.
	l.supersede(j, d.older)
	req := solve.Request{Plan: j.plan, Tags: l.cfg.Tags, NoCache: j.noCache, Saved: l.history.Last, Emit: j.relay.send}
	req.Contexts, req.SharedKey = l.project.Contexts(false)
	l.Aside(&l.running, func() {
		res, err := l.solver.Build(ctx, req)
		l.Do(func() { l.ended(j, res, err) })
	})
}

// newJob returns the next build, with all that is pending, and the context that it runs in.
func (l *loop) newJob(noCache bool) (*job, context.Context) {
	l.builds++
	ctx, cancel := context.WithCancelCause(l.Ctx())
	j := &job{number: l.builds, plan: l.plan, changes: l.pending.list(), seq: l.pending.last, edits: l.pending.edits, saved: l.pending.saved, cancel: cancel, began: time.Now(), noCache: noCache, snaps: l.project.Snapshots()}
	if j.saved.IsZero() {
		j.saved = j.began
	}
	j.relay = &relay{number: j.number, emit: l.Emit, history: l.history}
	return j, ctx
}

// lint warns of what BuildKit's rules find, once per finding and not at every save.
func (l *loop) lint(j *job) {
	found := slices.Clone(j.plan.Lint)
	if frontend := l.project.Frontend(); frontend != "" {
		found = append(found, plan.Lint{Rule: "custom-frontend", Line: 1,
			Message: "the frontend " + frontend + " makes the build of this Dockerfile: stages and steps are told by the names and numbers that it gives them"})
	}
	for _, w := range found {
		if l.linted[w] {
			continue
		}
		l.linted[w] = true
		l.Emit(j.number, event.Warning{Code: w.Rule, Message: fmt.Sprintf("%s (line %d)", w.Message, w.Line), Hint: w.URL})
	}
}

// planned makes the prediction for j, and returns it as an event.
func (l *loop) planned(j *job, why event.Reason) event.Planned {
	var prev *plan.Plan
	if l.good != nil && !j.noCache {
		prev, j.since = l.good.plan, l.good.number
	}
	var of causes
	if prev == nil && l.memory != nil && !j.noCache {
		of, why = l.recall(j)
	} else {
		of = l.causeOf(j.plan, prev, j.changes)
		j.predictions = j.plan.Predict(prev, j.changes, l.project.Links())
	}
	if why.Kind == "" {
		why = of.reason()
	}
	if j.noCache {
		for i := range j.predictions {
			j.predictions[i] = plan.Prediction{Prediction: event.WillRerun, Reason: event.Reason{Kind: event.ReasonNoCache}}
		}
	}
	e := planEvent(j.plan, j.predictions, of, l.project.Name(), l.history)
	e.Reason, e.Because = why, why.String()
	j.edited = of.dockerfile != ""
	e.Paths = l.withSource(project.Paths(j.changes), j.edited)
	if prev == nil && !j.recalled {
		// Nothing to compare with: everything runs, whatever was saved last.
		e.Chain = ""
	}
	return e
}

// planEvent puts a plan and what it expects into an event.
func planEvent(p *plan.Plan, predictions []plan.Prediction, why causes, file string, h *past.Steps) event.Planned {
	e := event.Planned{Paths: []string{}, Target: p.Target, Reason: why.reason(), Changes: why.changes, Edits: why.edits}
	e.Because = e.Reason.String()
	if len(why.changes) > 0 || why.dockerfile != "" {
		e.Chain = chain(why, file, p.Steps, predictions)
	}
	for _, s := range p.Stages {
		e.Stages = append(e.Stages, event.PlannedStage{Name: s.Name, Base: s.Base, Line: s.Line, Needed: s.Needed, Replaced: s.Replaced, From: s.From})
	}
	for i, pr := range predictions {
		s := p.Steps[i]
		step := event.PlannedStep{Stage: s.Stage, Index: s.Index, Total: s.Total, Instruction: s.Instruction, Line: s.Line, Prediction: pr.Prediction, Reason: pr.Reason, Because: pr.Reason.String(), Inputs: p.Inputs(i)}
		step.LastMS = h.Last(s.Stage, s.Instruction).Milliseconds()
		if step.MergedWith = s.MergedWith; step.MergedWith != nil {
			step.LastMS = 0
		}
		e.Steps = append(e.Steps, step)
	}
	return e
}

// ended takes in the result of a build.
func (l *loop) ended(j *job, res *solve.Result, err error) {
	delete(l.superseded, j)
	switch {
	case j != l.job && err == nil:
		// It was superseded, and finished all the same.
		l.discard(res.Image)
	case j != l.job:
	case err == nil:
		l.succeeded(j, res)
	case l.Ctx().Err() == nil:
		l.failed(j, err)
	}
}

// succeeded takes in a build that ended well. The order of what follows matters:
//
//   - First what became of the build is completed and reported: its event carries the score.
//   - Then it is compared with the good build before it, which explains broken promises and gives advice.
//   - Then it takes that one's place, and its changes are pending no longer.
//   - Then it goes on to serve, which has it measured; and what others still use is known again.
//   - Last comes the build that was held back for the end of this one: it finds everything in place.
func (l *loop) succeeded(j *job, res *solve.Result) {
	l.job = nil
	j.relay.adjust(j.plan, res)
	j.result = res
	l.images.made[res.Image] = true
	broken := l.keepScore(j)
	l.reportBuilt(j)

	l.broke(j, broken)
	l.advise(j)

	l.pending.settle(j.seq)
	l.good = j
	l.err = nil
	l.unblock()

	l.deploy(j)
	l.over()
}

// reportBuilt reports a build that ended well.
func (l *loop) reportBuilt(j *job) {
	res := j.result
	l.saved += res.Saved
	e := event.Built{Target: j.plan.Target, Image: res.Image, MS: res.Took.Milliseconds(), Hits: res.Hits, Ran: res.Ran, SavedMS: res.Saved.Milliseconds(), SessionSavedMS: l.saved.Milliseconds(), Score: l.score}
	if len(res.Tags) > 0 {
		e.Tag, e.MoreTags = res.Tags[0], res.Tags[1:]
	}
	l.Emit(j.number, e)
}

// deploy brings a build into service, where anything is run, and has it measured.
func (l *loop) deploy(j *job) {
	if l.app == nil {
		l.measure(j)
		return
	}
	l.app.Deploy(serve.Release{Build: j.number, Image: j.result.Image, Saved: j.saved, Edits: j.edits, Deployed: func() { l.measure(j) }})
}

// keep writes down what was built, for the next session to compare with.
func (l *loop) keep(j *job) {
	l.Aside(&l.running, func() {
		if m := past.NewBuild(l.host, j.plan, j.snaps); m != nil {
			l.kept(m.Save(l.memoryFile))
		}
	})
}

// kept says, once, that what the next session would know of this one can't be kept. Nothing else hangs on it.
func (l *loop) kept(err error) {
	if err == nil {
		return
	}
	l.unkept.Do(func() {
		l.Emit(0, event.Warning{Code: event.CodeUnkept, Message: "what the next session would know of this one can't be kept: " + err.Error(),
			Hint: "Builds are not affected. Make that folder one that can be written, or name another one with XDG_CACHE_HOME."})
	})
}

// measure has a build sized, off the way from save to served.
func (l *loop) measure(j *job) {
	l.meter.Stop()
	l.images.made[j.result.Image] = true
	if j.sized {
		// Its container was started anew.
		l.measured(nil)
		return
	}
	before, err := l.planBefore(j.plan)
	if err != nil {
		l.Emit(j.number, event.Warning{Code: event.CodeUnmeasured, Message: err.Error()})
		l.measured(err)
		return
	}
	l.meter.Measure(measure.Build{
		Number: j.number, Plan: j.plan, Image: j.result.Image, Before: before,
		Exported: func(image string) {
			if image != "" {
				l.images.made[image] = true
			}
			l.keep(j)
			l.collect()
		},
		Done: func(sized bool) {
			j.sized = j.sized || sized
			l.measured(nil)
		},
	})
}

// planBefore plans the stage that a build is compared with; it returns nil where there is none.
func (l *loop) planBefore(of *plan.Plan) (*plan.Plan, error) {
	before := cmp.Or(l.cfg.Before, of.Before())
	if before == "" {
		return nil, nil
	}
	p, err := l.project.Plan(l.Ctx(), l.solver, before)
	if err != nil {
		// The message stands alone: the Dockerfile is not to blame for a --before that names no stage of it.
		return nil, &fault.Error{What: fmt.Sprintf("comparing with stage %q: %s", before, failedEvent(err).Message), Hint: "Choose a stage of the Dockerfile with --before."}
	}
	return p, nil
}

// measured takes in that the build which was made last needs nothing more. An error ends a session of one build.
func (l *loop) measured(err error) {
	switch {
	case l.job != nil:
	case l.cfg.Once:
		l.done = true
		if l.err == nil {
			l.err = err
		}
	default:
		l.audit()
		l.tidy()
	}
}
