// Package serve keeps the newest good build of an app serving: it starts its container, leads the published ports to
// it once it answers, lets the one before finish its requests, and starts again what ends by itself.
//
// An [App] gets each build as a [Release], and asks back through [Hooks]. It knows nothing of the order of work.
package serve

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/stagewatch/stagewatch/engine/desk"
	"github.com/stagewatch/stagewatch/engine/event"
	"github.com/stagewatch/stagewatch/engine/front"
	"github.com/stagewatch/stagewatch/engine/run"
	"github.com/stagewatch/stagewatch/engine/turns"
)

// App keeps one container of the newest release serving. Its methods are called on the desk's goroutine, but for
// [App.Quit].
type App struct {
	desk.Desk
	runner   Runner
	door     Door
	settings Settings
	hooks    Hooks

	// newest is the release that was deployed last, nil before the first.
	newest  *Release
	current *serving
	next    *deployment
	// leaving are old containers that finish requests, the oldest first.
	leaving []*leaving
	// waiting is what follows next, nil for nothing, and turns are those of the containers that start.
	waiting *waiting
	turns   turns.Turns
	crashes run.Crashes
	// stopped: a person stopped the app.
	stopped bool
	// closed: something else holds the app's port.
	closed bool
	// doubting counts the containers that the engine is asked about before they serve the newest release.
	doubting int
	// trouble is why the newest release does not serve, nil where it does or is on its way.
	trouble *Trouble
	// unbuilt is how the newest build failed, nil where it did not.
	unbuilt *event.Failed
	// doubted is the last build whose container may have gone unnoticed, with an engine that was away.
	doubted int
	// regaining: an image was lost, and no container was started since.
	regaining bool
	// unlogged: the log can't be read, and that was reported.
	unlogged bool
	// background counts what goes on beside the desk: starts and stops.
	background sync.WaitGroup
}

// New returns an app that serves nothing yet.
func New(d desk.Desk, runner Runner, door Door, settings Settings, hooks Hooks) *App {
	// To break off a start costs more than it saves: only one in a row is superseded at once.
	return &App{Desk: d, runner: runner, door: door, settings: settings, hooks: hooks, turns: turns.Turns{Free: 1, First: 5 * time.Second}}
}

// serving is the container that requests go to.
type serving struct {
	release Release
	inst    Instance
	since   time.Time
	// asked is when the person's wait for it began.
	asked   time.Time
	retired bool
	// away: it is on no network.
	away bool
}

// deployment is a container on its way to serve.
type deployment struct {
	release Release
	cancel  context.CancelFunc
	// asked is when the person's wait began.
	asked, began time.Time
}

// alive reports whether the container that requests go to runs.
func (a *App) alive() bool {
	if a.current == nil {
		return false
	}
	select {
	case <-a.current.inst.Done():
		return false
	default:
		return true
	}
}

// Doubt makes the app ask for the containers of the builds up to that number before one of them serves a next release:
// the engine was away meanwhile, and the end of a container may not have been noticed yet.
func (a *App) Doubt(build int) { a.doubted = build }

// Images returns the images that serve, are about to, or finish requests.
func (a *App) Images() []string {
	var images []string
	if a.current != nil {
		images = append(images, a.current.release.Image)
	}
	if a.next != nil {
		images = append(images, a.next.release.Image)
	}
	for _, one := range a.leaving {
		images = append(images, one.image)
	}
	return images
}

// Deploy brings a release into service.
func (a *App) Deploy(r Release) {
	a.newest = &r
	a.stopped, a.trouble, a.unbuilt = false, nil, nil
	a.showFailure()
	a.crashes = run.Crashes{}
	switch {
	case !a.runs(r):
		a.begin(r, r.SavedAt)
	case a.current.release.Build > a.doubted:
		a.keep(r)
	default:
		s := a.current
		a.doubting++
		a.Aside(&a.background, func() {
			lives := s.inst.Lives(a.Ctx())
			a.Do(func() {
				a.doubting--
				switch {
				case a.newest.Build != r.Build || a.stopped:
				case lives && a.current == s && a.runs(r):
					a.keep(r)
				default:
					a.begin(r, r.SavedAt)
				}
			})
		})
	}
}

// runs reports whether a container of the release's image serves, and nothing is about to take its place.
func (a *App) runs(r Release) bool {
	return a.alive() && !a.current.retired && !a.current.away && a.current.release.Image == r.Image && a.next == nil
}

// keep lets the container that serves serve the release.
func (a *App) keep(r Release) {
	a.current.release = r
	a.announce(r.SavedAt)
	r.Deployed()
}

// begin starts a container of the release and lets it take over when it answers.
func (a *App) begin(r Release, asked time.Time) {
	a.takeWaiting()
	if a.next != nil {
		if turn := a.turns.Left(time.Since(a.next.began)); turn > 0 {
			a.wait(r, asked, turn)
			return
		}
		a.next.cancel()
		a.turns.Superseded()
	}
	ctx, cancel := context.WithCancel(a.Ctx())
	d := &deployment{release: r, cancel: cancel, asked: asked, began: time.Now()}
	a.next = d
	a.status(front.Status{Title: "Starting", Detail: fmt.Sprintf("Build #%d is ready; its container is starting.", r.Build)})
	spec := a.settings.Spec
	spec.Image, spec.Build = r.Image, r.Build
	spec.Log = func(log event.Log) { a.Emit(r.Build, log) }
	spec.NoLog = func(why error) { a.Do(func() { a.noLog(why) }) }
	ready := a.readiness(r)
	var old *serving
	var drain Drains
	if a.settings.StopFirst && a.alive() {
		old, drain = a.current, a.door.Hold()
		old.retired = true
	}
	a.Aside(&a.background, func() {
		if old != nil {
			a.retire(a.Ctx(), old, drain, DrainHeld, event.StopReplaced)
		}
		inst, err := a.runner.Start(ctx, spec)
		if err == nil {
			err = inst.Ready(ctx, ready)
		}
		a.Do(func() { a.arrived(d, inst, err) })
	})
}

// arrived handles a container that answers, or one that will not.
func (a *App) arrived(d *deployment, inst Instance, err error) {
	if d != a.next {
		if inst != nil {
			a.Emit(d.release.Build, event.Stopped{Container: inst.ID(), Reason: event.StopReplaced})
			a.dispose(inst)
		}
		return
	}
	a.next = nil
	w := a.takeWaiting()
	a.turns.Ended(w != nil)
	a.regaining = a.regaining && inst == nil
	if w != nil {
		defer a.begin(w.release, w.asked)
	}
	switch {
	case errors.Is(err, run.ErrNoImage) && d.release.Build == a.newest.Build && !a.regaining:
		// No try will bring it back, and a build does. One that is lost as well is not built for ever.
		a.regaining = true
		a.hooks.Regain()
		return
	case err != nil:
		a.unready(d, inst, err)
		return
	}
	old := a.current
	a.compare(d.release, inst)
	a.current = &serving{release: d.release, inst: inst, since: time.Now(), asked: d.asked}
	drain := a.announce(d.asked)
	if old != nil && !old.retired {
		old.retired = true
		a.seeOff(old, drain)
	}
	cur := a.current
	a.Aside(&a.background, func() {
		if err := inst.TakeName(a.Ctx()); err != nil && a.Ctx().Err() == nil {
			a.Emit(d.release.Build, event.Warning{Code: event.CodeContainerName, Message: err.Error()})
		}
	})
	a.Aside(&a.background, func() { a.attend(cur) })
	d.release.Deployed()
}

// announce leads the ports to the container, and reports that it serves.
func (a *App) announce(asked time.Time) Drains {
	drain, open := a.door.Switch(a.current.inst, a.current.release.Build)
	a.closed = !open
	if a.current.release.Build == a.newest.Build {
		a.trouble = nil
		a.showFailure()
	}
	if open {
		a.served(asked)
	}
	return drain
}

// PortFree reports what serves: the port is ours now, after something else held it.
func (a *App) PortFree() {
	a.closed = false
	if a.alive() {
		a.served(a.current.asked)
	}
}

// served reports what serves now.
func (a *App) served(asked time.Time) {
	r := a.current.release
	a.Emit(r.Build, event.Serving{URL: a.door.URL(), Container: a.current.inst.ID(), Image: r.Image, MS: time.Since(asked).Milliseconds(), EditsBehind: a.hooks.Edits() - r.Edits})
}
