package engine

import (
	"context"
	"fmt"
	"sync"
	"time"

	"github.com/stagewatch/stagewatch/engine/desk"
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
	Ready(ctx context.Context, r run.Readiness) error
	// Answered is the HTTP status that it got ready with, 0 for none.
	Answered() int
	// Reachable tells whether it is on a network; Moved, each time that its address is another one, or none.
	Reachable() bool
	Moved() <-chan struct{}
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
type drains []drain

// drain is the emptying of one port's old backend.
type drain interface {
	Wait(ctx context.Context) int
	Cut()
}

// wait returns when nothing is in flight any more, or how much is when the context ends.
func (ds drains) wait(ctx context.Context) int {
	left := 0
	for _, d := range ds {
		left += d.Wait(ctx)
	}
	return left
}

// cut ends what is still in flight.
func (ds drains) cut() {
	for _, d := range ds {
		d.Cut()
	}
}

// app keeps one container of the newest good image serving. Its methods are called on the loop's goroutine.
type app struct {
	desk.Desk
	l      *loop
	runner runner
	door   door
	spec   run.Spec
	// ready is what makes a container ready.
	ready run.Readiness
	// restartSwap stops the old container before the new one starts.
	restartSwap bool
	// drainWithin is how long requests in flight may keep an old container once a new one serves.
	drainWithin time.Duration

	current *serving
	next    *deployment
	// leaving are old containers that finish requests, the oldest first.
	leaving []*leaving
	// waiting is what follows next, nil for nothing, and turns are those of the containers that start.
	waiting *waiting
	turns   turns
	crashes run.Crashes
	// stopped tells that a person stopped the app.
	stopped bool
	// unlogged tells that the log can't be read, and that this was said.
	unlogged bool
	// background counts what goes on beside the loop: starts and stops.
	background sync.WaitGroup
}

// serving is the container that requests go to.
type serving struct {
	job   *job
	inst  instance
	since time.Time
	// asked is when the person's wait for it began.
	asked   time.Time
	retired bool
	// away: it is on no network.
	away bool
}

// deployment is a container on its way to serve.
type deployment struct {
	job    *job
	cancel context.CancelFunc
	// asked is when the person's wait began.
	asked, began time.Time
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
	// After a restart of the engine the container may be gone, and nobody have said so yet.
	kept := a.current != nil && a.current.job.number > a.l.restarted
	if kept && a.alive() && !a.current.away && a.current.job.result.Image == j.result.Image && a.next == nil {
		a.current.job = j
		a.announce(j.saved)
		a.l.measure(j)
		return
	}
	a.begin(j, j.saved)
}

// begin starts a container of the build and lets it take over when it answers.
func (a *app) begin(j *job, asked time.Time) {
	a.waitsNoMore()
	if a.next != nil {
		if turn := a.turns.left(time.Since(a.next.began)); turn > 0 {
			a.wait(j, asked, turn)
			return
		}
		a.next.cancel()
		a.turns.superseded()
	}
	ctx, cancel := context.WithCancel(a.Ctx())
	d := &deployment{job: j, cancel: cancel, asked: asked, began: time.Now()}
	a.next = d
	a.status(front.Status{Title: "Starting", Detail: fmt.Sprintf("Build #%d is ready; its container is starting.", j.number)})
	spec := a.spec
	spec.Image, spec.Build = j.result.Image, j.number
	spec.Log = func(log event.Log) { a.Emit(j.number, log) }
	spec.NoLog = func(driver string) { a.Do(func() { a.noLog(driver) }) }
	ready := a.readiness(j)
	var old *serving
	var drain drains
	if a.restartSwap && a.alive() {
		old, drain = a.current, a.door.Hold()
		old.retired = true
	}
	a.Aside(&a.background, func() {
		if old != nil {
			a.retire(a.Ctx(), old, drain, drainHeld, "replaced")
		}
		inst, err := a.runner.Start(ctx, spec)
		if err == nil {
			err = inst.Ready(ctx, ready)
		}
		a.Do(func() { a.arrived(d, inst, err) })
	})
}

// arrived takes in a container that answers, or that will not.
func (a *app) arrived(d *deployment, inst instance, err error) {
	if d != a.next {
		if inst != nil {
			a.Emit(d.job.number, event.Stopped{Container: inst.ID(), Reason: "replaced"})
			a.dispose(inst)
		}
		return
	}
	a.next = nil
	w := a.waitsNoMore()
	a.turns.ended(w != nil)
	if w != nil {
		defer a.begin(w.job, w.asked)
	}
	if err != nil {
		a.unready(d, inst, err)
		return
	}
	old := a.current
	a.compare(d.job, inst)
	a.current = &serving{job: d.job, inst: inst, since: time.Now(), asked: d.asked}
	drain := a.announce(d.asked)
	if old != nil && !old.retired {
		old.retired = true
		a.seeOff(old, drain)
	}
	cur := a.current
	a.Aside(&a.background, func() {
		if err := inst.TakeName(a.Ctx()); err != nil && a.Ctx().Err() == nil {
			a.Emit(d.job.number, event.Warning{Code: "container-name", Message: err.Error()})
		}
	})
	a.Aside(&a.background, func() { a.attend(cur) })
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
		a.served(a.current.asked)
	}
}

// served reports what serves now.
func (a *app) served(asked time.Time) {
	j := a.current.job
	a.Emit(j.number, event.Serving{URL: a.door.URL(), Container: a.current.inst.ID(), Image: j.result.Image, MS: time.Since(asked).Milliseconds(), EditsBehind: a.l.pending.edits - j.edits})
}
