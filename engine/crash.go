package engine

import (
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/stagewatch/stagewatch/engine/event"
	"github.com/stagewatch/stagewatch/engine/fault"
	"github.com/stagewatch/stagewatch/engine/front"
	"github.com/stagewatch/stagewatch/engine/run"
	"github.com/stagewatch/stagewatch/engine/solve"
)

// unready takes in a container that did not get to serve. What served before goes on.
func (a *app) unready(d *deployment, inst instance, err error) {
	reason := fmt.Sprintf("build #%d does not serve: %v", d.job.number, err)
	hint := fault.Hint(err)
	stopped := event.Stopped{Reason: "unready"}
	again := a.again(inst, err)
	var why *run.UnreadyError
	switch {
	case inst == nil && !again:
		hint = strings.TrimSpace(hint + " It is not tried again by itself: the next build does, or a restart (r).")
	case errors.As(err, &why):
		hint = why.Hint
		if why.Exited {
			stopped.Reason, stopped.ExitCode = "exited", why.Exit.Code
		}
	}
	if inst != nil {
		stopped.Container = inst.ID()
		a.dispose(inst)
		a.Emit(d.job.number, stopped)
	}
	a.stale(reason, event.Failed{Message: reason, Hint: hint})
	a.l.engine.check(func() {
		a.Emit(d.job.number, event.Warning{Code: "not-ready", Message: reason, Hint: hint})
		a.l.measure(d.job)
		switch {
		case a.next != nil || a.l.good != d.job && a.alive():
			// Something newer is on its way.
		case solve.OutOfFiles(err):
			a.l.block(descriptors, func() { a.begin(d.job, time.Now()) })
		case a.restartSwap && a.current != nil && a.current.job != d.job:
			// The old one had to go first: bring it back.
			a.begin(a.current.job, time.Now())
		case !a.alive() && again:
			a.restartLater(d.job, 0, stopped)
		}
	})
}

// startTries bounds how often a container is started that does not even come to run.
const startTries = 6

// again tells whether a container that is not ready may be tried again by itself: what ended may live the next time;
// what could not be started only where the reason may pass, and not for ever.
func (a *app) again(inst instance, err error) bool {
	var why *run.UnreadyError
	switch {
	case inst != nil:
		return errors.As(err, &why) && why.Exited
	case run.Refused(err):
		return false
	}
	return a.crashes.Count+1 < startTries
}

// exited takes in the end of the container that served.
func (a *app) exited(s *serving) {
	if s != a.current || s.retired {
		return
	}
	exit := s.inst.Exit()
	// Nobody answers there any more: what waits for it moves on.
	a.door.Hold().cut()
	a.dispose(s.inst)
	s.retired = true
	stopped := event.Stopped{Container: s.inst.ID(), ExitCode: exit.Code, Reason: "exited"}
	a.Emit(s.job.number, stopped)
	lived := time.Since(s.since)
	a.l.engine.check(func() {
		if a.next == nil && !a.alive() && !a.stopped {
			a.restartLater(s.job, lived, stopped)
		}
	})
}

// restartLater starts the build's image again, at once after a first death and ever later after more.
func (a *app) restartLater(j *job, age time.Duration, last event.Stopped) {
	var delay time.Duration
	a.crashes, delay = a.crashes.Next(age)
	if a.crashes.Looping() {
		reason := fmt.Sprintf("the container of build #%d keeps exiting; next try in %s", j.number, delay)
		if last.Container == "" {
			reason = fmt.Sprintf("the container of build #%d does not start; next try in %s", j.number, delay)
		}
		if last.Container != "" {
			a.Emit(j.number, event.Stopped{Container: last.Container, ExitCode: last.ExitCode, Reason: "crash-loop"})
		}
		a.stale(reason, event.Failed{Message: reason, Hint: "The container's log says why."})
	}
	time.AfterFunc(delay, func() {
		a.Do(func() {
			if a.next == nil && !a.alive() && !a.stopped && a.l.good == j {
				a.begin(j, time.Now())
			}
		})
	})
}

// status sets what is shown while nothing serves.
func (a *app) status(s front.Status) { a.door.SetStatus(a.l.values.Load().Status(s)) }

// stale says that what serves is not the newest source, and why.
func (a *app) stale(reason string, f event.Failed) {
	e := event.Stale{Reason: reason, EditsBehind: a.l.pending.edits}
	if a.alive() && !a.current.retired {
		e.ServingBuild = a.current.job.number
		e.EditsBehind = a.l.pending.edits - a.current.job.edits
	}
	a.Emit(0, e)
	a.status(front.Status{Title: "Not built", Detail: f.Message + "\n" + f.Hint, Excerpt: f.Excerpt, Failed: true})
}
