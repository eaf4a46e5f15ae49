package engine

import (
	"context"
	"errors"
	"time"

	"github.com/stagewatch/stagewatch/engine/connect"
	"github.com/stagewatch/stagewatch/engine/desk"
	"github.com/stagewatch/stagewatch/engine/dock"
	"github.com/stagewatch/stagewatch/engine/event"
	"github.com/stagewatch/stagewatch/engine/solve"
)

// enginePoll is how often an engine that went away is looked for.
const enginePoll = 500 * time.Millisecond

// pinger asks the engine for a sign of life.
type pinger interface {
	Ping(ctx context.Context) error
	// Silent reports whether the engine does not answer at all.
	Silent(ctx context.Context) bool
	Info(ctx context.Context) (event.Engine, error)
	// Broken returns when the connection to the engine breaks, or ctx ends.
	Broken(ctx context.Context)
}

// engineWatch finds out that the engine went away, and waits for it to come back. It asks only after a failure, or
// where a connection that it keeps has broken: a healthy engine is never polled.
type engineWatch struct {
	desk.Desk
	pinger pinger
	// returned is called when the engine answers again.
	returned func()
	gone     bool
}

// pingWithin bounds one sign of life.
const pingWithin = 5 * time.Second

// follow notices that the engine goes away while nothing is asked of it.
func (e *engineWatch) follow() {
	go func() {
		e.pinger.Broken(e.Ctx())
		select {
		case <-time.After(enginePoll):
			e.Do(func() { e.check(e.follow) })
		case <-e.Ctx().Done():
		}
	}()
}

// check asks in the background whether the engine still answers, and calls ok on the desk's goroutine if it does. If it
// does not, that is reported, and returned is called when it answers again.
func (e *engineWatch) check(ok func()) {
	if e.gone {
		return
	}
	go func() {
		err := e.ping()
		e.Do(func() {
			if err != nil {
				e.lost(err)
			} else {
				ok()
			}
		})
	}()
}

func (e *engineWatch) ping() error {
	ctx, cancel := context.WithTimeout(e.Ctx(), pingWithin)
	defer cancel()
	return e.pinger.Ping(ctx)
}

// lost reports that the engine is gone, and looks for it until it is back.
func (e *engineWatch) lost(err error) {
	if e.Ctx().Err() != nil || e.gone {
		return
	}
	e.gone = true
	w := event.Warning{Code: event.CodeEngineGone, Message: "the engine does not answer any more: " + dock.Plain(err).Error(), Hint: "Start it again; stagewatch continues by itself when it answers."}
	if away := (*connect.AwayError)(nil); errors.As(err, &away) {
		w.Message, w.Hint = away.Error(), "What serves goes on serving. Start it again; stagewatch continues by itself when it answers."
	}
	if !descriptors() {
		w.Message, w.Hint = solve.NoFiles()
	}
	e.Emit(0, w)
	go func() {
		tick := time.NewTicker(enginePoll)
		defer tick.Stop()
		for {
			select {
			case <-tick.C:
			case <-e.Ctx().Done():
				return
			}
			if e.ping() == nil {
				e.Do(e.back)
				return
			}
		}
	}()
}

// back goes on where the engine left off.
func (e *engineWatch) back() {
	e.gone = false
	e.follow()
	e.returned()
}

// resume builds what is pending on an engine that was away. It may have been replaced meanwhile, so its version is
// reported and base images are looked up again.
func (l *loop) resume() {
	l.builds.restarted = l.builds.count
	if l.app != nil {
		l.app.Doubt(l.builds.count)
	}
	if info, err := l.engine.pinger.Info(l.Ctx()); err == nil {
		l.Emit(0, info)
	}
	l.solver.Forget()
	l.replanAnew()
	l.order(event.Reason{Kind: event.ReasonEngineBack}, false)
}
