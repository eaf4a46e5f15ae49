package engine

import (
	"fmt"
	"time"

	"github.com/stagewatch/stagewatch/engine/event"
	"github.com/stagewatch/stagewatch/engine/front"
	"github.com/stagewatch/stagewatch/engine/run"
)

// troublePatience is how long a new container may answer with an error of its own (5xx) before it serves all the same,
// where the old one did not.
const troublePatience = 5 * time.Second

// readiness is what makes the container of a build ready.
func (a *app) readiness(j *job) run.Readiness {
	r := a.ready
	if a.alive() && !a.current.retired && !troubled(a.current.inst) {
		r.Patience = troublePatience
	}
	r.Waiting = func(w event.Waiting) {
		a.Emit(j.number, w)
		if w.Message != "" {
			a.status(front.Status{Title: "Starting", Detail: w.Message + "\n" + w.Hint})
		}
	}
	return r
}

// troubled tells whether a container got ready with an answer that tells of an error of its own.
func troubled(inst instance) bool { return inst.Answered() >= 500 }

// compare tells of a container that answers with an error where the one before it did not.
func (a *app) compare(j *job, inst instance) {
	if a.current == nil || a.current.job == j || !troubled(inst) || a.current.inst.Answered() == 0 || troubled(a.current.inst) {
		return
	}
	a.Emit(j.number, event.Warning{
		Code:    "answers-error",
		Message: fmt.Sprintf("build #%d answers GET / with %d, where build #%d answered with %d", j.number, inst.Answered(), a.current.job.number, a.current.inst.Answered()),
		Hint:    "It serves all the same, as / may not be what tells: --ready-path names a path that has to answer with 2xx or 3xx.",
	})
}

// attend waits for what becomes of a container that serves.
func (a *app) attend(s *serving) {
	for {
		select {
		case <-s.inst.Moved():
			a.Do(func() { a.moved(s) })
		case <-s.inst.Done():
			a.Do(func() { a.exited(s) })
			return
		case <-a.Ctx().Done():
			return
		}
	}
}

// moved takes in that the container that serves is at another address, or at none. What is in flight at the old one
// can't be finished.
func (a *app) moved(s *serving) {
	if s != a.current || s.retired {
		return
	}
	if !s.inst.Reachable() {
		s.away = true
		a.status(front.Status{Title: "No network", Detail: "The app's container was taken off its network."})
		a.door.Hold().cut()
		a.Emit(s.job.number, event.Warning{Code: "network-lost", Message: fmt.Sprintf("the container of build #%d is on no network any more; requests wait", s.job.number),
			Hint: fmt.Sprintf("docker network connect NETWORK %.12s brings it back.", s.inst.ID())})
		return
	}
	old, _ := a.door.Switch(s.inst, s.job.number)
	old.cut()
	if s.away {
		s.away = false
		a.Emit(s.job.number, event.Warning{Code: "network-back", Message: fmt.Sprintf("the container of build #%d is on a network again, and serves", s.job.number)})
	}
}

// noLog says once why there is no log.
func (a *app) noLog(driver string) {
	if a.unlogged {
		return
	}
	a.unlogged = true
	why, hint := run.Unreadable(driver)
	a.Emit(0, event.Warning{Code: "no-log", Message: "the app's log can't be shown: " + why, Hint: hint})
}
