package serve

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

// Restart starts a new container of the newest release.
func (a *App) Restart() {
	if a.newest == nil {
		return
	}
	a.stopped, a.trouble = false, nil
	a.showFailure()
	a.crashes = run.Crashes{}
	a.regaining = false
	a.begin(*a.newest, time.Now())
}

// Stop takes the app down until the next release or restart.
func (a *App) Stop() {
	a.takeWaiting()
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
	a.Aside(&a.background, func() { a.retire(a.Ctx(), s, drain, DrainHeld, event.StopAsked) })
}

// Times and numbers of the leaving of old containers.
const (
	// StopWithin bounds the stopping of one container, and stopGrace what it gets of that between SIGTERM and SIGKILL.
	StopWithin = stopGrace + 20*time.Second
	stopGrace  = 3 * time.Second
	// DrainHeld is how long requests in flight may keep an old container while new ones wait for the next.
	DrainHeld = 5 * time.Second
	// drainQuiet is how long they may keep it before that is reported.
	drainQuiet = time.Second
	// MostLeaving bounds the old containers that finish requests, and with them what they take of the machine.
	MostLeaving = 4
)

// errCrowded cuts the requests of a leaving container to make room for newer ones.
var errCrowded = errors.New("as newer ones are finishing requests too")

// leaving is a container that finishes its requests while a newer one serves.
type leaving struct {
	image string
	cut   context.CancelCauseFunc
}

// seeOff lets a container finish its requests now that another one serves, and stops it.
func (a *App) seeOff(s *serving, old Drains) {
	ctx, cut := context.WithCancelCause(a.Ctx())
	one := &leaving{s.release.Image, cut}
	if a.leaving = append(a.leaving, one); len(a.leaving) > MostLeaving {
		a.leaving[0].cut(errCrowded)
		a.leaving = a.leaving[1:]
	}
	a.Aside(&a.background, func() {
		a.retire(ctx, s, old, a.settings.DrainWithin, event.StopReplaced)
		cut(nil)
		a.Do(func() {
			a.leaving = slices.DeleteFunc(a.leaving, func(l *leaving) bool { return l == one })
			a.hooks.Freed()
		})
	})
}

// retire lets requests in flight finish, stops the container and reports it.
func (a *App) retire(ctx context.Context, s *serving, old Drains, within time.Duration, reason event.StopReason) {
	if left := a.finish(ctx, s, old, within); left > 0 && a.Ctx().Err() == nil {
		why := fmt.Sprintf("after %s", within)
		if cause := context.Cause(ctx); cause != nil {
			why = cause.Error()
		}
		w := event.Warning{Code: event.CodeRequestsCut, Message: fmt.Sprintf("build #%d is stopped with %s unfinished, %s", s.release.Build, human.Count(left, "request"), why)}
		if reason == event.StopReplaced && within == a.settings.DrainWithin && context.Cause(ctx) == nil {
			w.Hint = "--drain-timeout gives them more time."
		}
		a.Emit(s.release.Build, w)
	}
	a.halt(s.inst)
	old.cut()
	a.Emit(s.release.Build, event.Stopped{Container: s.inst.ID(), ExitCode: s.inst.Exit().Code, Reason: reason})
	a.Do(a.hooks.Freed)
}

// finish waits for the requests in flight, and reports that where it takes a while. It returns how many are left.
func (a *App) finish(ctx context.Context, s *serving, old Drains, within time.Duration) int {
	limit, cancel := context.WithTimeout(ctx, within)
	defer cancel()
	soon, enough := context.WithTimeout(limit, drainQuiet)
	defer enough()
	left := old.wait(soon)
	if left > 0 && limit.Err() == nil {
		a.Emit(s.release.Build, event.Draining{Container: s.inst.ID(), Requests: left, WithinMS: within.Milliseconds()})
		left = old.wait(limit)
	}
	return left
}

// dispose stops and removes a container in the background.
func (a *App) dispose(inst Instance) {
	a.Aside(&a.background, func() {
		a.halt(inst)
		a.Do(a.hooks.Freed)
	})
}

// halt stops a container even while everything ends.
func (a *App) halt(inst Instance) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(a.Ctx()), StopWithin)
	defer cancel()
	defer context.AfterFunc(a.Ctx(), func() {
		if a.hooks.Silent(ctx) {
			cancel()
		}
	})()
	if err := inst.Stop(ctx, stopGrace); err != nil {
		if ctx.Err() != nil {
			err = fmt.Errorf("stopping container %.12s: %w", inst.ID(), dock.ErrNoAnswer)
		}
		a.Emit(0, event.Warning{Code: event.CodeContainerLeft, Message: dock.Plain(err).Error(), Hint: "It carries the label stagewatch; the next start removes it."})
	}
}

// Quit waits for the starts and stops that are under way and stops what serves. It is called when the desk has ended.
func (a *App) Quit() {
	a.background.Wait()
	if a.current != nil && !a.current.retired {
		a.halt(a.current.inst)
		a.Emit(a.current.release.Build, event.Stopped{Container: a.current.inst.ID(), ExitCode: a.current.inst.Exit().Code, Reason: event.StopQuit})
	}
}
