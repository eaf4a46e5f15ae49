package serve

import (
	"fmt"
	"time"

	"github.com/stagewatch/stagewatch/engine/event"
	"github.com/stagewatch/stagewatch/engine/fault"
	"github.com/stagewatch/stagewatch/engine/front"
	"github.com/stagewatch/stagewatch/engine/run"
)

// TroublePatience is how long a new container may answer with an error of its own (5xx) before it serves all the same,
// where the old one did not.
const TroublePatience = 5 * time.Second

// readiness returns what makes the container of a release ready.
func (a *App) readiness(r Release) run.Readiness {
	ready := a.settings.Ready
	if a.alive() && !a.current.retired && !troubled(a.current.inst) {
		ready.Patience = TroublePatience
	}
	ready.Waiting = func(w event.Waiting) {
		a.Emit(r.Build, w)
		if w.Message != "" {
			a.status(front.Status{Title: "Starting", Detail: w.Message + "\n" + w.Hint})
		}
	}
	return ready
}

// troubled reports whether a container became ready with an answer that is an error of its own.
func troubled(inst Instance) bool { return inst.Answered() >= 500 }

// compare warns of a container that answers with an error where the one before it did not.
func (a *App) compare(r Release, inst Instance) {
	if a.current == nil || a.current.release.Build == r.Build || !troubled(inst) || a.current.inst.Answered() == 0 || troubled(a.current.inst) {
		return
	}
	a.Emit(r.Build, event.Warning{
		Code:    event.CodeAnswersError,
		Message: fmt.Sprintf("build #%d answers GET / with %d, where build #%d answered with %d", r.Build, inst.Answered(), a.current.release.Build, a.current.inst.Answered()),
		Hint:    "It serves all the same, as / may not be what tells: --ready-path names a path that has to answer with 2xx or 3xx.",
	})
}

// attend waits for what becomes of a container that serves.
func (a *App) attend(s *serving) {
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

// moved handles that the container that serves is at another address, or at none. What is in flight at the old one
// can't be finished.
func (a *App) moved(s *serving) {
	if s != a.current || s.retired {
		return
	}
	if !s.inst.Reachable() {
		s.away = true
		a.status(front.Status{Title: "No network", Detail: "The app's container was taken off its network."})
		a.door.Hold().cut()
		a.Emit(s.release.Build, event.Warning{Code: event.CodeNetworkLost, Message: fmt.Sprintf("the container of build #%d is on no network any more; requests wait", s.release.Build),
			Hint: fmt.Sprintf("docker network connect NETWORK %.12s brings it back.", s.inst.ID())})
		return
	}
	old, _ := a.door.Switch(s.inst, s.release.Build)
	old.cut()
	if s.away {
		s.away = false
		a.Emit(s.release.Build, event.Warning{Code: event.CodeNetworkBack, Message: fmt.Sprintf("the container of build #%d is on a network again, and serves", s.release.Build)})
	}
}

// noLog reports, once, why there is no log.
func (a *App) noLog(why error) {
	if a.unlogged {
		return
	}
	a.unlogged = true
	a.Emit(0, event.Warning{Code: event.CodeNoLog, Message: "the app's log can't be shown: " + why.Error(), Hint: fault.Hint(why)})
}
