package engine

import (
	"cmp"
	"errors"
	"fmt"

	"github.com/stagewatch/stagewatch/engine/event"
	"github.com/stagewatch/stagewatch/engine/fault"
	"github.com/stagewatch/stagewatch/engine/plan"
	"github.com/stagewatch/stagewatch/engine/solve"
)

// failed handles a build that did not succeed. Its changes stay pending.
func (l *loop) failed(j *job, err error) {
	l.builds.running = nil
	l.err = err
	e := l.failureOf(j.plan, err)
	l.Emit(j.number, e)
	if l.app != nil {
		reason := fmt.Sprintf("build #%d failed", j.number)
		if e.Stage != "" {
			reason += fmt.Sprintf(" at %s, line %d", stepName(j.plan, e), e.Line)
		} else if e.Line > 0 {
			reason += fmt.Sprintf(" at line %d", e.Line)
		}
		l.app.Stale(reason, e)
	}
	if l.cfg.Once {
		l.done = true
		return
	}
	if l.rebased(err) {
		return
	}
	l.blame(err)
	l.audit()
	l.over()
	l.engine.check(func() {
		if j.number == l.builds.count {
			l.builds.failure = &failure{j, e}
		}
		// It was away for a moment only. A build that was started because of that is not tried again.
		if solve.BrokenOff(err) && l.builds.running == nil && j.number == l.builds.count && (l.builds.restarted == 0 || j.number > l.builds.restarted+1) {
			l.resume()
		}
	})
}

// failure is a build that failed, and how.
type failure struct {
	*job
	event event.Failed
}

// stepName returns the failed step as BuildKit numbers it: "build 4/6".
func stepName(p *plan.Plan, e event.Failed) string {
	for _, s := range p.Steps {
		if s.Stage == e.Stage && s.Index == e.Index {
			return s.Name()
		}
	}
	return event.StepID{Stage: e.Stage, Index: e.Index}.String()
}

// failedEvent returns an error of planning or building as an event.
func failedEvent(err error) event.Failed {
	var f *solve.Failure
	if errors.As(err, &f) {
		return f.Failed
	}
	var p *plan.Error
	if errors.As(err, &p) {
		return event.Failed{Line: p.Line, Message: p.Message, Excerpt: p.Excerpt, Hint: cmp.Or(p.Hint, solve.Hint(p.Message))}
	}
	var pr *fault.Error
	if errors.As(err, &pr) {
		return event.Failed{Message: pr.Error(), Hint: pr.Hint}
	}
	return event.Failed{Message: solve.PlainMessage(err.Error()), Hint: solve.Hint(err.Error())}
}

// BuildFailure returns the event of an error that is the failure of a build or of a Dockerfile, which has been
// reported. It returns false for any other error.
func BuildFailure(err error) (event.Failed, bool) {
	var f *solve.Failure
	var p *plan.Error
	if errors.As(err, &f) || errors.As(err, &p) {
		return failedEvent(err), true
	}
	return event.Failed{}, false
}
