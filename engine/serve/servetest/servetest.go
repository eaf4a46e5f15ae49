// Package servetest has a container runner and a port that do what a test says. They are used within testing/synctest.
package servetest

import (
	"context"
	"fmt"
	"sync"
	"sync/atomic"
	"testing/synctest"
	"time"

	"github.com/stagewatch/stagewatch/engine/front"
	"github.com/stagewatch/stagewatch/engine/run"
	"github.com/stagewatch/stagewatch/engine/serve"
)

// Runner starts containers that get ready, or end, when the test says so, or get ready after a while.
type Runner struct {
	// Tries counts the starts, those that fail included.
	Tries int
	// NoLog is that of the newest container's spec.
	NoLog func(why error)

	mu      sync.Mutex
	takes   time.Duration
	err     error
	started []*Instance
}

// Take lets each container take so long to get ready from now on, with 0 until the test says so.
func (f *Runner) Take(d time.Duration) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.takes = d
}

// Fail lets starts fail from now on, with nil no more.
func (f *Runner) Fail(err error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.err = err
}

func (f *Runner) Start(_ context.Context, spec run.Spec) (serve.Instance, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.Tries++
	if f.err != nil {
		return nil, f.err
	}
	i := &Instance{takes: f.takes, id: fmt.Sprint("container-", len(f.started)+1), Image: spec.Image, At: time.Now(), ready: make(chan error, 1), moved: make(chan struct{}, 1), done: make(chan struct{})}
	f.started = append(f.started, i)
	f.NoLog = spec.NoLog
	return i, nil
}

// Last returns the newest container, once all has come to rest; nil for none.
func (f *Runner) Last() *Instance {
	synctest.Wait()
	f.mu.Lock()
	defer f.mu.Unlock()
	if len(f.started) == 0 {
		return nil
	}
	return f.started[len(f.started)-1]
}

// Instance is a container that does what the test says.
type Instance struct {
	Image string
	// At is when it was started.
	At time.Time
	// Asked is how it was asked whether it is ready, and Status what it answered then.
	Asked  run.Readiness
	Status int
	// Hangs: the engine does not stop it.
	Hangs atomic.Bool
	// Lost: it has ended, and nobody has been told yet.
	Lost atomic.Bool

	id      string
	takes   time.Duration
	ready   chan error
	moved   chan struct{}
	away    atomic.Bool
	done    chan struct{}
	end     sync.Once
	exit    run.Exit
	stopped atomic.Bool
}

func (i *Instance) ID() string                     { return i.id }
func (i *Instance) Backend(int) front.Backend      { return front.Backend{Addr: i.id} }
func (i *Instance) TakeName(context.Context) error { return nil }
func (i *Instance) Done() <-chan struct{}          { return i.done }
func (i *Instance) Exit() run.Exit                 { <-i.done; return i.exit }
func (i *Instance) Answered() int                  { return i.Status }
func (i *Instance) Lives(context.Context) bool     { return !i.Lost.Load() }
func (i *Instance) Moved() <-chan struct{}         { return i.moved }
func (i *Instance) Reachable() bool                { return !i.away.Load() }
func (i *Instance) Ready(ctx context.Context, r run.Readiness) error {
	i.Asked = r
	var took <-chan time.Time
	if i.takes > 0 {
		took = time.After(i.takes)
	}
	select {
	case <-took:
		return nil
	case err := <-i.ready:
		return err
	case <-i.done:
		return &run.UnreadyError{Exited: true, Exit: i.exit}
	case <-ctx.Done():
		return ctx.Err()
	}
}
func (i *Instance) Stop(ctx context.Context, _ time.Duration) error {
	if i.Hangs.Load() {
		<-ctx.Done()
		i.Die(0)
		return ctx.Err()
	}
	i.stopped.Store(true)
	i.Die(0)
	return nil
}

// BecomeReady ends the wait for it, with an error where it did not get ready.
func (i *Instance) BecomeReady(err error) { i.ready <- err }

// Move takes the container off its network, or brings it back.
func (i *Instance) Move(away bool) {
	i.away.Store(away)
	i.moved <- struct{}{}
}

// Stopped reports whether it was stopped.
func (i *Instance) Stopped() bool { return i.stopped.Load() }

// Die ends the container.
func (i *Instance) Die(code int) {
	i.end.Do(func() {
		i.exit = run.Exit{Code: code}
		close(i.done)
	})
}

// Door is a published port that nobody asks.
type Door struct {
	mu      sync.Mutex
	backend string
	held    bool
	status  front.Status
	failure *front.Status
	// busy are the requests in flight on what serves, by container.
	busy map[string]*Drain
}

// Drain is requests in flight that end when the test says so.
type Drain struct {
	left int
	none chan struct{}
	cut  atomic.Bool
}

func (d *Drain) Wait(ctx context.Context) int {
	select {
	case <-d.none:
		return 0
	case <-ctx.Done():
		return d.left
	}
}

func (d *Drain) Cut() { d.cut.Store(true) }

// End ends the requests.
func (d *Drain) End() { close(d.none) }

// WasCut reports whether the requests were cut.
func (d *Drain) WasCut() bool { return d.cut.Load() }

// InFlight puts requests on what serves.
func (d *Door) InFlight(n int) *Drain {
	one := &Drain{left: n, none: make(chan struct{})}
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.busy == nil {
		d.busy = map[string]*Drain{}
	}
	d.busy[d.backend] = one
	return one
}

// drains are what is in flight on what serves. The lock is held.
func (d *Door) drains() serve.Drains {
	if one := d.busy[d.backend]; one != nil {
		return serve.Drains{one}
	}
	return nil
}

func (d *Door) URL() string { return "http://fake" }
func (d *Door) Switch(inst serve.Instance, _ int) (serve.Drains, bool) {
	d.mu.Lock()
	defer d.mu.Unlock()
	old := d.drains()
	d.backend, d.held = inst.ID(), false
	return old, true
}
func (d *Door) Hold() serve.Drains {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.held = true
	return d.drains()
}
func (d *Door) SetStatus(s front.Status) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.status = s
}
func (d *Door) SetFailure(s *front.Status) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.failure = s
}

// Status returns what is shown while nothing serves, at this very moment.
func (d *Door) Status() front.Status {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.status
}

// Failure returns what pages that follow show, nil for nothing, once all has come to rest.
func (d *Door) Failure() *front.Status {
	synctest.Wait()
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.failure
}

// Serves returns the container that requests go to, empty for none, once all has come to rest.
func (d *Door) Serves() string {
	synctest.Wait()
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.held {
		return ""
	}
	return d.backend
}
