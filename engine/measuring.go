package engine

import (
	"cmp"
	"fmt"

	"github.com/stagewatch/stagewatch/engine/event"
	"github.com/stagewatch/stagewatch/engine/fault"
	"github.com/stagewatch/stagewatch/engine/measure"
	"github.com/stagewatch/stagewatch/engine/past"
	"github.com/stagewatch/stagewatch/engine/plan"
)

// keep writes down what was built, for the next session to compare with.
func (l *loop) keep(j *job) {
	l.Aside(&l.running, func() {
		if m := past.NewBuild(l.earlier.engine, j.plan, j.snaps); m != nil {
			l.kept(m.Save(l.earlier.file))
		}
	})
}

// kept warns, once, that nothing can be kept for the next session. Nothing else depends on it.
func (l *loop) kept(err error) {
	if err == nil {
		return
	}
	l.reported.unkept.Do(func() {
		l.Emit(0, event.Warning{Code: event.CodeUnkept, Message: "what the next session would know of this one can't be kept: " + err.Error(),
			Hint: "Builds are not affected. Make that folder one that can be written, or name another one with XDG_CACHE_HOME."})
	})
}

// measure sizes a build, off the way from a save to its being served.
func (l *loop) measure(j *job) {
	l.meter.Stop()
	l.images.made[j.result.Image] = true
	if j.sized {
		// Its container was started anew.
		l.measured(j, nil)
		return
	}
	before, err := l.planBefore(j.plan)
	if err != nil {
		l.Emit(j.number, event.Warning{Code: event.CodeUnmeasured, Message: err.Error()})
		l.measured(j, err)
		return
	}
	l.meter.Measure(measure.Build{
		Number: j.number, Plan: j.result.Plan, Image: j.result.Image, Before: before,
		Exported: func(image string) {
			if image != "" {
				l.images.made[image] = true
			}
			l.keep(j)
			l.collect()
		},
		Judged: func(v measure.Verdict) {
			j.judged = true
			l.judged(v)
		},
		Followed: func(err error) {
			j.followed = true
			if l.cfg.Once && l.err == nil {
				l.err = err
			}
		},
		Done: func(sized bool) {
			j.sized = j.sized || sized
			var err error
			if l.cfg.Once && !j.judged && l.limits.Any() {
				err = &fault.Error{What: "checking the budget: the image could not be measured", Hint: "The warnings above say why."}
			}
			if l.cfg.Once && !j.followed && l.cfg.Against.Any() {
				err = &fault.Error{What: fmt.Sprintf("comparing with %s: the image could not be measured", l.cfg.Against.Name()), Hint: "The warnings above say why."}
			}
			l.measured(j, err)
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

// measured goes on once a build is measured, or can't be: it needs nothing more but its checks. They end a session of one
// build, which err makes fail.
func (l *loop) measured(j *job, err error) {
	switch {
	case l.builds.running != nil:
		return
	case l.cfg.Once:
		if l.err == nil {
			l.err = err
		}
	default:
		l.audit()
		l.tidy()
		l.trimHistory(1)
	}
	l.check(j)
}
