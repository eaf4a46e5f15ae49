package engine

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/stagewatch/stagewatch/engine/event"
	"github.com/stagewatch/stagewatch/engine/plan"
	"github.com/stagewatch/stagewatch/engine/solve"
)

// start starts a build of all that is pending, as decided.
func (l *loop) start(d decision, o order) {
	l.pace.release()
	l.meter.Stop()
	l.stopChecks()
	l.stopAudit()
	l.abandon()
	j, ctx := l.newJob(o.noCache)
	j.asked = o.why.Kind == event.ReasonRequest
	j.checks = l.checks.Of(j.number, j.seq, j.snaps, o.why.Kind != "")
	l.builds.running = j
	if d.fails {
		l.supersede(j, d.older)
		l.failed(j, l.unplanned)
		return
	}
	planned := l.planned(j, o.why)
	l.Emit(j.number, planned)
	l.lint(j)
	for _, w := range l.meter.Risks(j.plan) {
		l.Emit(j.number, w)
	}
	// The plan is reported first: steps that j takes over are reported as its own.
	l.supersede(j, d.older)
	req := solve.Request{Plan: j.plan, Tags: l.cfg.Tags, Predictions: j.predictions, NoCache: j.noCache, Exported: l.cfg.Exported, LastTook: l.earlier.steps.Last, Emit: j.relay.send}
	if l.namedLate() {
		req.Tags = nil
	}
	req.Contexts, req.SharedKey = l.project.Contexts(false)
	j.contexts = req.Contexts
	req.Record.Name = l.recordName(planned.Because)
	l.builds.recorded++
	l.Aside(&l.running, func() {
		res, err := l.solver.Build(ctx, req)
		l.Do(func() { l.ended(j, res, err) })
	})
}

// newJob returns the next build, with all that is pending, and the context that it runs in.
func (l *loop) newJob(noCache bool) (*job, context.Context) {
	l.builds.count++
	l.builds.edits, l.builds.failure = l.pending.edits, nil
	ctx, cancel := context.WithCancelCause(l.Ctx())
	j := &job{number: l.builds.count, plan: l.plan, changes: l.pending.list(), seq: l.pending.last, edits: l.pending.edits, savedAt: l.pending.savedAt, cancel: cancel, began: time.Now(), noCache: noCache, snaps: l.project.Snapshots()}
	if j.savedAt.IsZero() {
		j.savedAt = j.began
	}
	j.relay = &relay{number: j.number, emit: l.Emit, history: l.earlier.steps}
	return j, ctx
}

// lint warns of what BuildKit's rules find, once for each finding and not at every save.
func (l *loop) lint(j *job) {
	found := slices.Clone(j.plan.Lint)
	if frontend := l.project.Frontend(); frontend != "" {
		found = append(found, plan.Lint{Rule: "custom-frontend", Line: 1,
			Message: "the frontend " + frontend + " makes the build of this Dockerfile: stages and steps have the names and numbers that it gives them"})
	}
	for _, w := range found {
		if l.reported.lint[w] {
			continue
		}
		l.reported.lint[w] = true
		l.Emit(j.number, event.Warning{Code: w.Rule, Message: fmt.Sprintf("%s (line %d)", w.Message, w.Line), Hint: w.URL})
	}
}
