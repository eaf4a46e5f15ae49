package engine

import (
	"context"
	"time"

	"github.com/stagewatch/stagewatch/engine/event"
	"github.com/stagewatch/stagewatch/engine/front"
	"github.com/stagewatch/stagewatch/engine/run"
)

// restart starts a new container of what serves.
func (a *app) restart() {
	if a.l.good == nil {
		return
	}
	a.stopped = false
	a.crashes = run.Crashes{}
	a.begin(a.l.good, time.Now())
}

// stop takes the app down until the next build or restart.
func (a *app) stop() {
	a.waitsNoMore()
	if a.next != nil {
		a.next.cancel()
		a.next = nil
	}
	a.stopped = true
	a.door.SetStatus(front.Status{Title: "Stopped", Detail: "The app was stopped. The next build starts it again.", Failed: true})
	if !a.alive() || a.current.retired {
		return
	}
	s, drain := a.current, a.door.Hold()
	s.retired = true
	a.l.aside(&a.background, func() { a.retire(s, drain, "asked") })
}

// drainWithin bounds how long requests in flight may keep an old container alive.
const drainWithin = 5 * time.Second

// retire lets requests in flight finish, stops the container and reports it.
func (a *app) retire(s *serving, old drains, reason string) {
	ctx, cancel := context.WithTimeout(a.l.ctx, drainWithin)
	old.wait(ctx)
	cancel()
	a.halt(s.inst)
	old.cut()
	a.l.emit(s.job.number, event.Stopped{Container: s.inst.ID(), ExitCode: s.inst.Exit().Code, Reason: reason})
	a.l.do(a.l.collect)
}

// dispose stops and removes a container in the background.
func (a *app) dispose(inst instance) {
	a.l.aside(&a.background, func() {
		a.halt(inst)
		a.l.do(a.l.collect)
	})
}

// halt stops a container even while everything ends.
func (a *app) halt(inst instance) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(a.l.ctx), stopGrace+cleanWithin)
	defer cancel()
	if err := inst.Stop(ctx, stopGrace); err != nil {
		a.l.emit(0, event.Warning{Code: "container-left", Message: err.Error(), Hint: "It carries the label stagewatch; the next start removes it."})
	}
}

// quit stops what runs.
func (a *app) quit() {
	a.background.Wait()
	if a.current != nil && !a.current.retired {
		a.halt(a.current.inst)
		a.l.emit(a.current.job.number, event.Stopped{Container: a.current.inst.ID(), ExitCode: a.current.inst.Exit().Code, Reason: "quit"})
	}
}
