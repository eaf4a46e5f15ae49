package engine

import (
	"errors"
	"fmt"
	"strings"

	"github.com/stagewatch/stagewatch/engine/check"
	"github.com/stagewatch/stagewatch/engine/config"
	"github.com/stagewatch/stagewatch/engine/event"
	"github.com/stagewatch/stagewatch/engine/human"
	"github.com/stagewatch/stagewatch/engine/plan"
)

// gates is where the newest good build stands with its gates.
type gates struct {
	// under is the build whose gates are being built, nil for none.
	under *job
	// held is the build that is not handed over as gates of it are red, and red are these; nil for none.
	held *job
	red  []event.Check
}

// newChecks returns the checks that are asked for.
func (l *loop) newChecks(c config.Build) *check.Checks {
	return check.New(l.Desk, c.Gates, c.Checks, check.Needs{
		Solver: l.solver, Project: l.project, Steps: l.earlier.steps,
		Plan: func(stage string) (*plan.Plan, error) { return l.project.Plan(l.Ctx(), l.solver, stage) },
		Record: func(what string) string {
			l.builds.recorded++
			return l.recordName(what)
		},
		Failed: l.failureOf, Rebased: l.rebased,
		Suspect: func(answers func()) {
			if l.cfg.Once {
				answers() // nobody waits for an engine that is gone
				return
			}
			l.engine.check(answers)
		},
	})
}

// failureOf returns an error of planning or building as an event. The plan is nil where there is none.
func (l *loop) failureOf(p *plan.Plan, err error) event.Failed {
	e := failedEvent(err)
	if p != nil {
		l.project.ExplainMissing(&e, p, err)
	}
	return e
}

// stopChecks ends the checks of older builds.
func (l *loop) stopChecks() {
	if l.gates.under != nil {
		l.pace.turns.Superseded()
	}
	l.gates = gates{}
	l.checks.Stop()
}

// pass builds the gates of a build, and brings it into service if they pass.
func (l *loop) pass(j *job) {
	l.gates = gates{under: j}
	l.checks.Gates(j.checks, func(red []event.Check) {
		l.gates = gates{}
		switch {
		case len(red) > 0:
			l.gates = gates{held: j, red: red}
			l.holdOver(j)
		case l.namedLate():
			l.name(j)
		default:
			l.deploy(j)
		}
		l.over()
	})
}

// namedLate reports whether an image gets its names, and is reported, once its gates pass: in a session of one build.
func (l *loop) namedLate() bool { return l.cfg.Once && l.checks.Gated() }

// name names the image of a build whose gates passed.
func (l *loop) name(j *job) {
	l.Aside(&l.running, func() {
		err := l.solver.Name(l.Ctx(), j.result, l.cfg.Tags)
		l.Do(func() {
			if err != nil {
				l.failed(j, err)
				return
			}
			l.reportBuilt(j)
			l.deploy(j)
		})
	})
}

// holdOver keeps what serves serving, as a gate of the build is red.
func (l *loop) holdOver(j *job) {
	if l.app != nil {
		f := *l.gates.red[0].Failed
		f.Message = l.gates.names() + " failed: " + f.Message
		l.app.Stale(fmt.Sprintf("%s of build #%d failed", l.gates.names(), j.number), f)
	}
	l.check(j)
}

// names are those of the red gates: "gate test", "gates lint, test".
func (g gates) names() string {
	var names []string
	for _, e := range g.red {
		names = append(names, e.Stage)
	}
	if len(names) == 1 {
		return "gate " + names[0]
	}
	return "gates " + strings.Join(names, ", ")
}

// check builds the checks of a build, once. What measured an older one may end late.
func (l *loop) check(j *job) {
	if j.checked || j != l.builds.good || l.gates.under != nil {
		return
	}
	j.checked = true
	l.checks.Run(j.checks, func(red []event.Check) {
		l.trimHistory(1)
		if !l.cfg.Once {
			return
		}
		l.done = true
		if n := len(red) + len(l.gates.red); n > 0 {
			l.err = errors.Join(checksFailed(n), l.err)
		}
	})
}

// checksFailed is the error of a session of one build whose checks failed: their number.
type checksFailed int

func (e checksFailed) Error() string { return human.Count(int(e), "check") + " failed" }

// ChecksFailed reports whether an error is that of a build whose checks failed, which has been reported.
func ChecksFailed(err error) bool { return errors.As(err, new(checksFailed)) }

// heldAnswer is the answer where the newest good build is held back by a gate.
func (l *loop) heldAnswer(ans event.Answer) event.Answer {
	ans = failedCheck(ans, l.gates.red[0])
	ans.Message = fmt.Sprintf("%s of build #%d failed, so that it is not handed over", l.gates.names(), l.gates.held.number)
	return ans
}

func failedCheck(ans event.Answer, red event.Check) event.Answer {
	ans.Result, ans.Check, ans.Failed = event.AnswerFailed, red.Stage, red.Failed
	ans.Message, ans.Hint = red.Named()+" failed "+red.Since(), red.Failed.Hint
	return ans
}

// checkedAnswer is the answer to who also asks about the checks of what serves, where that contains what was asked about.
func (l *loop) checkedAnswer(ans event.Answer) (int, event.Answer) {
	build := l.builds.good
	red := l.checks.Red()
	switch {
	case l.gates.held != nil:
		return build.number, l.heldAnswer(ans)
	case l.builds.running != nil:
		ans.Result, ans.Message = event.AnswerPending, fmt.Sprintf("build #%d is under way", l.builds.running.number)
		return l.builds.running.number, ans
	case !build.checked || l.checks.Busy():
		ans.Result, ans.Message = event.AnswerPending, fmt.Sprintf("the checks of build #%d are not done", build.number)
	case len(red) > 0:
		ans = failedCheck(ans, red[0])
	}
	return build.number, ans
}
