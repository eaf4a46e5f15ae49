package serve_test

import (
	"context"
	"fmt"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stagewatch/stagewatch/engine/config"
	"github.com/stagewatch/stagewatch/engine/desk"
	"github.com/stagewatch/stagewatch/engine/event"
	"github.com/stagewatch/stagewatch/engine/event/eventtest"
	"github.com/stagewatch/stagewatch/engine/front"
	"github.com/stagewatch/stagewatch/engine/serve"
	"github.com/stagewatch/stagewatch/engine/serve/servetest"
)

// rig is an app on a desk, with neither an engine nor a port. It is used within synctest.
type rig struct {
	t      *testing.T
	desk   desk.Desk
	app    *serve.App
	runner *servetest.Runner
	door   *servetest.Door
	events chan event.Event
	builds int
	// regained counts the builds that the app asked for.
	regained int
	// said is called with each event just when it is emitted; nil for nothing.
	said   func(event.Body)
	cancel context.CancelFunc
}

// newRig begins an app that is run as the flags say.
func newRig(t *testing.T, flags config.App) *rig {
	r := &rig{t: t, runner: &servetest.Runner{}, door: &servetest.Door{}, events: make(chan event.Event, 1000)}
	ctx, cancel := context.WithCancel(context.Background())
	r.cancel = cancel
	out := desk.NewOutbox()
	go out.Run(ctx, r.events)
	r.desk = desk.New(ctx, out.Voice("", func(body event.Body) event.Body {
		if r.said != nil {
			r.said(body)
		}
		return body
	}))
	settings := serve.Settings{Spec: flags.Spec(), Ready: flags.Readiness(), StopFirst: flags.Swap == config.Restart, DrainWithin: flags.Drain()}
	r.app = serve.New(r.desk, r.runner, r.door, settings, serve.Hooks{
		Edits:   func() int { return r.builds },
		Freed:   func() {},
		Suspect: func(answers func()) { answers() },
		Silent:  func(context.Context) bool { return false },
		Retry:   func(error, func()) bool { return false },
		Regain:  func() { r.regained++ },
		Redact:  func(s front.Status) front.Status { return s },
	})
	go func() {
		for {
			select {
			case fn := <-r.desk.Tasks():
				fn()
			case <-ctx.Done():
				return
			}
		}
	}()
	return r
}

// close ends the app and everything beside it.
func (r *rig) close() {
	r.cancel()
	r.app.Quit()
}

// deploy gives the app one more build.
func (r *rig) deploy() {
	r.desk.Do(func() {
		r.builds++
		r.app.Deploy(serve.Release{Build: r.builds, Image: fmt.Sprint("image-", r.builds), SavedAt: time.Now(), Edits: r.builds, Deployed: func() {}})
	})
	synctest.Wait()
}

// replace brings one more build into service.
func (r *rig) replace() *servetest.Instance {
	r.deploy()
	inst := r.runner.Last()
	inst.BecomeReady(nil)
	synctest.Wait()
	return inst
}

// serve brings the first build into service.
func (r *rig) serve() *servetest.Instance {
	inst := r.replace()
	r.drain()
	return inst
}

// drain returns the events since the last call.
func (r *rig) drain() []event.Event {
	synctest.Wait()
	return eventtest.Waiting(r.events)
}
