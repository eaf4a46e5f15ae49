package engine

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/stagewatch/stagewatch/engine/dock"
	"github.com/stagewatch/stagewatch/engine/event"
	"github.com/stagewatch/stagewatch/engine/front"
	"github.com/stagewatch/stagewatch/engine/human"
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
	a.status(front.Status{Title: "Stopped", Detail: "The app was stopped. The next build starts it again.", Failed: true})
	if !a.alive() || a.current.retired {
		return
	}
	s, drain := a.current, a.door.Hold()
	s.retired = true
	a.Aside(&a.background, func() { a.retire(a.Ctx(), s, drain, drainHeld, "asked") })
}

// Times and numbers of the leaving of old containers.
const (
	// drainHeld is how long requests in flight may keep an old container while new ones wait for the next.
	drainHeld = 5 * time.Second
	// drainTold is how long they may keep it before that is worth a word.
	drainTold = time.Second
	// mostLeaving bounds the old containers that finish requests, and with them what they take of the machine.
	mostLeaving = 4
)

// errCrowded ends a leaving to make room for newer ones.
var errCrowded = errors.New("as newer ones are finishing requests too")

// leaving is a container that finishes its requests while a newer one serves.
type leaving struct {
	image string
	cut   context.CancelCauseFunc
}

// seeOff lets a container finish its requests now that another one serves, and stops it.
func (a *app) seeOff(s *serving, old drains) {
	ctx, cut := context.WithCancelCause(a.Ctx())
	one := &leaving{s.job.result.Image, cut}
	if a.leaving = append(a.leaving, one); len(a.leaving) > mostLeaving {
		a.leaving[0].cut(errCrowded)
		a.leaving = a.leaving[1:]
	}
	a.Aside(&a.background, func() {
		a.retire(ctx, s, old, a.drainWithin, "replaced")
		cut(nil)
		a.Do(func() {
			a.leaving = slices.DeleteFunc(a.leaving, func(l *leaving) bool { return l == one })
			a.l.collect()
		})
	})
}

// retire lets requests in flight finish, stops the container and reports it.
func (a *app) retire(ctx context.Context, s *serving, old drains, within time.Duration, reason string) {
	if left := a.finish(ctx, s, old, within); left > 0 && a.Ctx().Err() == nil {
		why := fmt.Sprintf("after %s", within)
		if cause := context.Cause(ctx); cause != nil {
			why = cause.Error()
		}
		w := event.Warning{Code: "requests-cut", Message: fmt.Sprintf("build #%d is stopped with %s unfinished, %s", s.job.number, human.Count(left, "request"), why)}
		if reason == "replaced" && within == a.drainWithin && context.Cause(ctx) == nil {
			w.Hint = "--drain-timeout gives them more time."
		}
		a.Emit(s.job.number, w)
	}
	a.halt(s.inst)
	old.cut()
	a.Emit(s.job.number, event.Stopped{Container: s.inst.ID(), ExitCode: s.inst.Exit().Code, Reason: reason})
	a.Do(a.l.collect)
}

// finish waits for the requests in flight, and tells of it where that takes a while. It returns how many are left.
func (a *app) finish(ctx context.Context, s *serving, old drains, within time.Duration) int {
	limit, cancel := context.WithTimeout(ctx, within)
	defer cancel()
	soon, enough := context.WithTimeout(limit, drainTold)
	defer enough()
	left := old.wait(soon)
	if left > 0 && limit.Err() == nil {
		a.Emit(s.job.number, event.Draining{Container: s.inst.ID(), Requests: left, WithinMS: within.Milliseconds()})
		left = old.wait(limit)
	}
	return left
}

// dispose stops and removes a container in the background.
func (a *app) dispose(inst instance) {
	a.Aside(&a.background, func() {
		a.halt(inst)
		a.Do(a.l.collect)
	})
}

// halt stops a container even while everything ends.
func (a *app) halt(inst instance) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(a.Ctx()), stopGrace+cleanWithin)
	defer cancel()
	defer context.AfterFunc(a.Ctx(), func() {
		if silent(ctx, a.l.engine.pinger) {
			cancel()
		}
	})()
	if err := inst.Stop(ctx, stopGrace); err != nil {
		if ctx.Err() != nil {
			err = fmt.Errorf("stopping container %.12s: %w", inst.ID(), dock.ErrNoAnswer)
		}
		a.Emit(0, event.Warning{Code: "container-left", Message: dock.Plain(err).Error(), Hint: "It carries the label stagewatch; the next start removes it."})
	}
}

// quit stops what runs.
func (a *app) quit() {
	a.background.Wait()
	if a.current != nil && !a.current.retired {
		a.halt(a.current.inst)
		a.Emit(a.current.job.number, event.Stopped{Container: a.current.inst.ID(), ExitCode: a.current.inst.Exit().Code, Reason: "quit"})
	}
}
