package check

import (
	"cmp"
	"slices"
	"time"

	"github.com/stagewatch/stagewatch/engine/cause"
	"github.com/stagewatch/stagewatch/engine/event"
	"github.com/stagewatch/stagewatch/engine/plan"
	"github.com/stagewatch/stagewatch/engine/project"
)

// result is how a check ended.
type result struct {
	build int
	// plan is what was built, nil where that could not be planned.
	plan      *plan.Plan
	took      time.Duration
	hits, ran int
	// failed is how it failed, nil where it passed. It is red since a build, and that build is to blame.
	failed *event.Failed
	since  int
	blame  blame
	// output is what it printed, as in [event.Check].
	output  []event.OutputLine
	dropped int
}

// blame is what changed between a result and the one before.
type blame struct {
	reason event.Reason
	paths  []string
}

// changes returns the changes since the last result, up to number seq, by path.
func (k *check) changes(seq int) []plan.Change {
	var out []plan.Change
	for _, ch := range k.since {
		if ch.seq <= seq {
			out = append(out, ch.Change)
		}
	}
	slices.SortFunc(out, func(a, b plan.Change) int { return cmp.Compare(project.Shown(a), project.Shown(b)) })
	return out
}

// drop forgets the changes up to number seq: there is a result that contains them.
func (k *check) drop(seq int) {
	for path, ch := range k.since {
		if ch.seq <= seq {
			delete(k.since, path)
		}
	}
	if k.edited <= seq {
		k.edited = 0
	}
}

// affects reports whether a check has to be built: something changed that may have another result.
func (c *Checks) affects(k *check, b *Build) bool {
	if k.last == nil || k.last.plan == nil || b.anew {
		return true
	}
	predicted := b.plans[k].Predict(k.last.plan, k.changes(b.seq), c.needs.Project.Links())
	return slices.ContainsFunc(predicted, func(p plan.Prediction) bool { return p.Prediction != event.WillHit })
}

// whyRed returns what is to blame if a check is red now: the changes since its last result. The plan is nil where it can't be
// planned.
func (c *Checks) whyRed(k *check, p *plan.Plan, seq int) blame {
	edited := k.edited > 0 && k.edited <= seq
	switch {
	case k.last == nil:
		return blame{reason: event.Reason{Kind: event.ReasonFirstBuild}}
	case p == nil:
		return blame{reason: event.Reason{Kind: event.ReasonDockerfile}, paths: []string{c.needs.Project.Name()}}
	}
	changes := k.changes(seq)
	why := cause.Cause{Changes: project.Events(changes, nil), Read: changes}
	if edited {
		why.AddEdits(p, k.last.plan, c.needs.Project)
		why.Edits = needed(p, why.Edits)
		if len(why.Edits) == 0 && len(changes) > 0 {
			why.Dockerfile = ""
		}
	}
	w := blame{reason: why.Reason(), paths: project.Paths(changes)}
	if why.Dockerfile != "" && !slices.Contains(w.paths, why.Dockerfile) {
		w.paths = append(w.paths, why.Dockerfile)
	}
	return w
}

// needed returns the edits outside of stages that the plan does not need.
func needed(p *plan.Plan, edits []event.Edit) []event.Edit {
	return slices.DeleteFunc(edits, func(e event.Edit) bool {
		return slices.ContainsFunc(p.Stages, func(s plan.Stage) bool { return s.Name == e.Stage && !s.Needed })
	})
}

// decide makes a result the one that holds, and reports it.
func (c *Checks) decide(r *run, k *check, now *result) {
	now.build = r.number
	state := event.CheckPassed
	if now.failed != nil {
		state = event.CheckFailed
		now.since, now.blame = r.number, r.why
		if k.last != nil && sameCause(k.last.failed, now.failed) {
			now.since, now.blame = k.last.since, k.last.blame
		}
	}
	mended := now.failed == nil && k.last != nil && k.last.failed != nil
	k.last = now
	k.drop(r.seq)
	e := k.event(state)
	e.MS, e.Mended = now.took.Milliseconds(), mended
	e.Hits, e.Ran, e.Output, e.Dropped = now.hits, now.ran, now.output, now.dropped
	c.over(r, e)
}

// over reports the end of the first check that is left.
func (c *Checks) over(r *run, e event.Check) {
	r.left = r.left[1:]
	if e.Red() {
		r.red = append(r.red, e)
	}
	c.Emit(r.number, e)
}

// sameCause reports whether two failures have the same cause: the same step failed in the same way.
func sameCause(was, now *event.Failed) bool {
	return was != nil && was.Stage == now.Stage && was.Instruction == now.Instruction && was.Message == now.Message
}

// event returns how the check stands, with the result that holds.
func (k *check) event(state event.CheckState) event.Check {
	e := event.Check{Stage: k.stage(), State: state, Gate: k.gate}
	if k.last == nil {
		return e
	}
	e.Result, e.ResultBuild = event.CheckPassed, k.last.build
	if f := k.last.failed; f != nil {
		e.Result, e.Failed, e.RedSince = event.CheckFailed, f, k.last.since
		e.Paths, e.Reason, e.Because = k.last.blame.paths, k.last.blame.reason, k.last.blame.reason.String()
	}
	return e
}
