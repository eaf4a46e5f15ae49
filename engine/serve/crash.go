package serve

import (
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/stagewatch/stagewatch/engine/event"
	"github.com/stagewatch/stagewatch/engine/fault"
	"github.com/stagewatch/stagewatch/engine/front"
	"github.com/stagewatch/stagewatch/engine/run"
)

// unready handles a container that did not become ready. What served before goes on.
func (a *App) unready(d *deployment, inst Instance, err error) {
	reason := fmt.Sprintf("build #%d does not serve: %v", d.release.Build, err)
	hint := fault.Hint(err)
	stopped := event.Stopped{Reason: event.StopUnready}
	again := a.again(inst, err)
	var why *run.UnreadyError
	switch {
	case inst == nil && !again:
		hint = strings.TrimSpace(hint + " It is not tried again by itself: the next build does, or a restart (r).")
	case errors.As(err, &why):
		hint = why.Hint
		if why.Exited {
			stopped.Reason, stopped.ExitCode = event.StopExited, why.Exit.Code
		}
	}
	if inst != nil {
		stopped.Container = inst.ID()
		a.dispose(inst)
		a.Emit(d.release.Build, stopped)
	}
	a.stale(reason, event.Failed{Message: reason, Hint: hint})
	a.hooks.Suspect(func() {
		a.Emit(d.release.Build, event.Warning{Code: event.CodeNotReady, Message: reason, Hint: hint})
		a.noteTrouble(d.release, reason, hint)
		d.release.Deployed()
		switch {
		case a.next != nil || a.newest.Build != d.release.Build && a.alive():
			// Something newer is on its way.
		case a.hooks.Retry(err, func() { a.begin(d.release, time.Now()) }):
		case a.settings.StopFirst && a.current != nil && a.current.release.Build != d.release.Build:
			// The old one had to go first: bring it back.
			a.begin(a.current.release, time.Now())
		case !a.alive() && again:
			a.restartLater(d.release, 0, stopped)
		}
	})
}

// StartTries bounds how often the container of a release is started without ever running.
const StartTries = 6

// again reports whether a container that is not ready may be tried again by itself. One that ended may live the next
// time. One that could not be started is tried only where the reason may pass, and not for ever.
func (a *App) again(inst Instance, err error) bool {
	var why *run.UnreadyError
	switch {
	case inst != nil:
		return errors.As(err, &why) && why.Exited
	case run.Refused(err):
		return false
	}
	return a.crashes.Count+1 < StartTries
}

// exited handles the end of the container that served.
func (a *App) exited(s *serving) {
	if s != a.current || s.retired {
		return
	}
	exit := s.inst.Exit()
	// Nothing answers there any more: requests that wait for it are led to the next container.
	a.door.Hold().cut()
	a.dispose(s.inst)
	s.retired = true
	stopped := event.Stopped{Container: s.inst.ID(), ExitCode: exit.Code, Reason: event.StopExited}
	a.Emit(s.release.Build, stopped)
	lived := time.Since(s.since)
	a.hooks.Suspect(func() {
		if a.next == nil && !a.alive() && !a.stopped {
			a.restartLater(s.release, lived, stopped)
		}
	})
}

// restartLater starts the build's image again, at once after a first death and ever later after more.
func (a *App) restartLater(r Release, age time.Duration, last event.Stopped) {
	var delay time.Duration
	a.crashes, delay = a.crashes.Next(age)
	if a.crashes.Looping() {
		reason := fmt.Sprintf("the container of build #%d keeps exiting; next try in %s", r.Build, delay)
		if last.Container == "" {
			reason = fmt.Sprintf("the container of build #%d does not start; next try in %s", r.Build, delay)
		}
		if last.Container != "" {
			a.Emit(r.Build, event.Stopped{Container: last.Container, ExitCode: last.ExitCode, Reason: event.StopCrashLoop})
		}
		const hint = "The container's log says why."
		a.stale(reason, event.Failed{Message: reason, Hint: hint})
		a.noteTrouble(r, reason, hint)
	}
	time.AfterFunc(delay, func() {
		a.Do(func() {
			// The one that served last is as good as it was, where the newest does not run.
			wanted := a.newest.Build == r.Build || a.current != nil && a.current.release.Build == r.Build
			if a.next == nil && !a.alive() && !a.stopped && wanted {
				a.begin(r, time.Now())
			}
		})
	})
}

// status sets what is shown while nothing serves.
func (a *App) status(s front.Status) { a.door.SetStatus(a.hooks.Redact(s)) }

// Stale reports that what serves is not the newest source, as a build of that failed.
func (a *App) Stale(reason string, f event.Failed) {
	a.unbuilt = &f
	a.showFailure()
	a.stale(reason, f)
}

func (a *App) stale(reason string, f event.Failed) {
	e := event.Stale{Reason: reason, EditsBehind: a.hooks.Edits()}
	if a.alive() && !a.current.retired {
		e.ServingBuild = a.current.release.Build
		e.EditsBehind = a.hooks.Edits() - a.current.release.Edits
	}
	// Whoever is told of it finds it on the page.
	a.status(front.Status{Title: "Not built", Detail: f.Message + "\n" + f.Hint, Excerpt: f.Excerpt, Failed: true})
	a.Emit(0, e)
}
