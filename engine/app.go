package engine

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/stagewatch/stagewatch/engine/event"
	"github.com/stagewatch/stagewatch/engine/front"
	"github.com/stagewatch/stagewatch/engine/run"
)

// runner starts containers.
type runner interface {
	Start(ctx context.Context, spec run.Spec) (instance, error)
}

// instance is a container that was started.
type instance interface {
	ID() string
	// Backend is where one of the app's ports is dialled.
	Backend(port int) front.Backend
	Ready(ctx context.Context, within time.Duration) error
	TakeName(ctx context.Context) error
	Stop(ctx context.Context, grace time.Duration) error
	Done() <-chan struct{}
	Exit() run.Exit
}

// door is what is published: one port or more.
type door interface {
	// URL is where the app is found, by its first port.
	URL() string
	// Switch hands the ports to the container of a build. It returns false while the first one is somebody
	// else's; see openGate for what happens when it is had.
	Switch(inst instance, build int) (drains drains, open bool)
	// Hold makes new requests wait until the next Switch.
	Hold() drains
	SetStatus(front.Status)
}

// drains are the emptying of the ports' old backends.
type drains []*front.Drain

func (ds drains) wait(ctx context.Context) {
	for _, d := range ds {
		d.Wait(ctx)
	}
}

// cut ends what is still in flight.
func (ds drains) cut() {
	for _, d := range ds {
		d.Cut()
	}
}

// app keeps one container of the newest good image serving. Its methods are called on the loop's goroutine.
type app struct {
	l      *loop
	runner runner
	door   door
	spec   run.Spec
	// restartSwap stops the old container before the new one starts.
	restartSwap bool

	current *serving
	next    *deployment
	crashes run.Crashes
	// stopped tells that a person stopped the app.
	stopped bool
	// background counts what goes on beside the loop: starts and stops.
	background sync.WaitGroup
}

// serving is the container that requests go to.
type serving struct {
	job     *job
	inst    instance
	since   time.Time
	retired bool
}

// deployment is a container on its way to serve.
type deployment struct {
	job    *job
	cancel context.CancelFunc
	// asked is when the person's wait began.
	asked time.Time
}

func (a *app) alive() bool {
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

// deploy brings the image of a build into service.
func (a *app) deploy(j *job) {
	a.stopped = false
	a.crashes = run.Crashes{}
	if a.alive() && a.current.job.result.Image == j.result.Image && a.next == nil {
		a.current.job = j
		a.announce(j.saved)
		a.l.measure(j)
		return
	}
	a.begin(j, j.saved)
}

// begin starts a container of the build and lets it take over when it answers.
func (a *app) begin(j *job, asked time.Time) {
	if a.next != nil {
		a.next.cancel()
	}
	ctx, cancel := context.WithCancel(a.l.ctx)
	d := &deployment{job: j, cancel: cancel, asked: asked}
	a.next = d
	a.door.SetStatus(front.Status{Title: "Starting", Detail: fmt.Sprintf("Build %d is ready; its container is starting.", j.number)})
	spec := a.spec
	spec.Image, spec.Build = j.result.Image, j.number
	spec.Log = func(log event.Log) { a.l.emit(j.number, log) }
	var old *serving
	var drain drains
	if a.restartSwap && a.alive() {
		old, drain = a.current, a.door.Hold()
		old.retired = true
	}
	a.l.aside(&a.background, func() {
		if old != nil {
			a.retire(old, drain, "replaced")
		}
		inst, err := a.runner.Start(ctx, spec)
		if err == nil {
			err = inst.Ready(ctx, run.ReadyWithin)
		}
		a.l.do(func() { a.arrived(d, inst, err) })
	})
}

// arrived takes in a container that answers, or that will not.
func (a *app) arrived(d *deployment, inst instance, err error) {
	if d != a.next {
		if inst != nil {
			a.dispose(inst)
		}
		return
	}
	a.next = nil
	if err != nil {
		a.unready(d, inst, err)
		return
	}
	old := a.current
	a.current = &serving{job: d.job, inst: inst, since: time.Now()}
	drain := a.announce(d.asked)
	if old != nil && !old.retired {
		old.retired = true
		a.l.aside(&a.background, func() { a.retire(old, drain, "replaced") })
	}
	cur := a.current
	a.l.aside(&a.background, func() {
		if err := inst.TakeName(a.l.ctx); err != nil && a.l.ctx.Err() == nil {
			a.l.emit(d.job.number, event.Warning{Code: "container-name", Message: err.Error()})
		}
	})
	a.l.aside(&a.background, func() {
		select {
		case <-inst.Done():
			a.l.do(func() { a.exited(cur) })
		case <-a.l.ctx.Done():
		}
	})
	a.l.measure(d.job)
}

// announce hands the port over and says so.
func (a *app) announce(asked time.Time) drains {
	drain, open := a.door.Switch(a.current.inst, a.current.job.number)
	if open {
		a.served(asked)
	}
	return drain
}

// opened takes in that the port is ours now, after it was somebody else's.
func (a *app) opened() {
	if a.alive() {
		a.served(time.Now())
	}
}

// served reports what serves now.
func (a *app) served(asked time.Time) {
	j := a.current.job
	a.l.emit(j.number, event.Serving{URL: a.door.URL(), Container: a.current.inst.ID(), Image: j.result.Image, MS: time.Since(asked).Milliseconds(), EditsBehind: a.l.pending.edits - j.edits})
}

// unready takes in a container that did not get to serve. What served before goes on.
func (a *app) unready(d *deployment, inst instance, err error) {
	reason := fmt.Sprintf("the container of build %d is not ready: %v", d.job.number, err)
	hint := ""
	stopped := event.Stopped{Reason: "unready"}
	var why *run.UnreadyError
	if errors.As(err, &why) {
		hint = why.Hint
		if why.Exited {
			stopped.Reason, stopped.ExitCode = "exited", why.Exit.Code
		}
	}
	if inst != nil {
		stopped.Container = inst.ID()
		a.dispose(inst)
		a.l.emit(d.job.number, stopped)
	}
	a.stale(reason, event.Failed{Message: reason, Hint: hint})
	a.l.engine.check(func() {
		a.l.emit(d.job.number, event.Warning{Code: "not-ready", Message: reason, Hint: hint})
		a.l.measure(d.job)
		switch {
		case a.next != nil || a.l.good != d.job && a.alive():
			// Something newer is on its way.
		case a.restartSwap && a.current != nil && a.current.job != d.job:
			// The old one had to go first: bring it back.
			a.begin(a.current.job, time.Now())
		case !a.alive() && (stopped.Reason == "exited" || inst == nil):
			a.restartLater(d.job, 0)
		}
	})
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
	a.l.emit(s.job.number, event.Stopped{Container: s.inst.ID(), ExitCode: exit.Code, Reason: "exited"})
	lived := time.Since(s.since)
	a.l.engine.check(func() {
		if a.next == nil && !a.alive() && !a.stopped {
			a.restartLater(s.job, lived)
		}
	})
}

// restartLater starts the build's image again, at once after a first death and ever later after more.
func (a *app) restartLater(j *job, age time.Duration) {
	var delay time.Duration
	a.crashes, delay = a.crashes.Next(age)
	if a.crashes.Looping() {
		reason := fmt.Sprintf("build %d keeps exiting; next try in %s", j.number, delay)
		a.l.emit(j.number, event.Stopped{Reason: "crash-loop"})
		a.stale(reason, event.Failed{Message: reason, Hint: "The container's log says why."})
	}
	time.AfterFunc(delay, func() {
		a.l.do(func() {
			if a.next == nil && !a.alive() && !a.stopped && a.l.good == j {
				a.begin(j, time.Now())
			}
		})
	})
}

// stale says that what serves is not the newest source, and why.
func (a *app) stale(reason string, f event.Failed) {
	e := event.Stale{Reason: reason, EditsBehind: a.l.pending.edits}
	if a.alive() && !a.current.retired {
		e.ServingBuild = a.current.job.number
		e.EditsBehind = a.l.pending.edits - a.current.job.edits
	}
	a.l.emit(0, e)
	a.door.SetStatus(front.Status{Title: "Not built", Detail: f.Message + "\n" + f.Hint, Excerpt: f.Excerpt, Failed: true})
}

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
