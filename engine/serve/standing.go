package serve

import (
	"fmt"

	"github.com/stagewatch/stagewatch/engine/front"
)

// Trouble is why a release does not serve, and what to do about it.
type Trouble struct{ Message, Hint string }

// Standing is how the app stands.
type Standing struct {
	// Serves is the release that answers requests, nil for none.
	Serves *Release
	// Coming: a container of the newest release is on its way, or found out about.
	Coming bool
	// Trouble is why the newest release does not serve, and will not by itself for now; nil where none is known.
	Trouble *Trouble
}

// Standing returns how the app stands.
func (a *App) Standing() Standing {
	s := Standing{Coming: a.next != nil || a.waiting != nil || a.doubting > 0, Trouble: a.trouble}
	up := a.alive() && !a.current.retired
	switch {
	case a.stopped:
		s.Trouble = &Trouble{"the app was stopped", "stagewatch restart starts it again, and so does the next build."}
	case up && a.current.away:
		s.Trouble = &Trouble{"the container is on no network, so that requests wait", fmt.Sprintf("docker network connect NETWORK %.12s brings it back.", a.current.inst.ID())}
	case up && a.closed:
		s.Trouble = &Trouble{"the app runs, but something else holds its port", "stagewatch doctor names what does. Stop that, and the port is taken over."}
	case up:
		s.Serves = &a.current.release
	}
	return s
}

// noteTrouble notes why a release does not serve, if it is the newest.
func (a *App) noteTrouble(r Release, message, hint string) {
	if r.Build == a.newest.Build {
		a.trouble = &Trouble{message, hint}
		a.showFailure()
	}
}

// showFailure shows over pages that follow why the newest source does not serve, or that it does or is on its way.
func (a *App) showFailure() {
	var s *front.Status
	switch {
	case a.unbuilt != nil:
		s = &front.Status{Title: "The build failed", Detail: a.unbuilt.Message + "\n" + a.unbuilt.Hint, Excerpt: a.unbuilt.Excerpt}
	case a.trouble != nil:
		s = &front.Status{Title: "The newest build does not serve", Detail: a.trouble.Message + "\n" + a.trouble.Hint}
	}
	if s != nil {
		*s = a.hooks.Redact(*s)
	}
	a.door.SetFailure(s)
}
