package engine

import (
	"context"
	"fmt"
	"io"
	"maps"
	"slices"
	"sync"
	"sync/atomic"

	"github.com/stagewatch/stagewatch/engine/compose"
	"github.com/stagewatch/stagewatch/engine/dock"
	"github.com/stagewatch/stagewatch/engine/dockercompose"
	"github.com/stagewatch/stagewatch/engine/event"
	"github.com/stagewatch/stagewatch/engine/run"
	"github.com/stagewatch/stagewatch/engine/serve"
)

// composer is docker compose for the project.
type composer interface {
	State(ctx context.Context, service string) (dockercompose.State, error)
	Template(ctx context.Context, service string) (*run.Likeness, error)
	Anew(service string)
	Up(ctx context.Context, service string) error
	Logs(ctx context.Context, service string, out, errs io.Writer) error
}

// team is how the services of a project stand to each other: who waits for whom, and for what.
type team struct {
	compose composer
	after   map[string]map[string]compose.Condition
	// here are the services that are built here.
	here map[string]bool

	mu sync.Mutex
	// built and served are the services that a build succeeded of, and that served once.
	built, served map[string]bool
	// moved is closed and made anew when anything may have changed.
	moved chan struct{}
}

func newTeam(c composer) *team {
	return &team{compose: c, after: map[string]map[string]compose.Condition{}, here: map[string]bool{}, built: map[string]bool{}, served: map[string]bool{}, moved: make(chan struct{})}
}

// saw takes in an event of a service.
func (t *team) saw(service string, body event.Body) {
	t.mu.Lock()
	defer t.mu.Unlock()
	switch body.(type) {
	case event.Built:
		t.built[service] = true
	case event.Serving:
		t.served[service] = true
	default:
		return
	}
	t.move()
}

// move wakes all that wait. The lock is held.
func (t *team) move() {
	close(t.moved)
	t.moved = make(chan struct{})
}

// change wakes all that wait: one of the project's containers has changed.
func (t *team) change() {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.move()
}

// until calls done at once and whenever anything may have changed, until it returns true or ctx ends.
func (t *team) until(ctx context.Context, done func() bool) error {
	for {
		t.mu.Lock()
		moved := t.moved
		t.mu.Unlock()
		if done() {
			return ctx.Err()
		}
		select {
		case <-moved:
		case <-ctx.Done():
			return context.Cause(ctx)
		}
	}
}

// await returns once what a service waits for has come, or ctx ends. Say is called with what that is, whenever that changes.
func (t *team) await(ctx context.Context, service string, say func(event.Waiting)) error {
	said := ""
	return t.until(ctx, func() bool {
		for _, other := range slices.Sorted(maps.Keys(t.after[service])) {
			why := t.missing(ctx, other, t.after[service][other])
			if why == "" {
				continue
			}
			if why != said {
				said = why
				say(event.Waiting{For: other, Message: why})
			}
			return false
		}
		return true
	})
}

// missing is what a service lacks for a condition, empty for nothing.
func (t *team) missing(ctx context.Context, service string, condition compose.Condition) string {
	if t.here[service] {
		t.mu.Lock()
		defer t.mu.Unlock()
		if !t.served[service] {
			return service + " does not serve yet"
		}
		return ""
	}
	s, err := t.compose.State(ctx, service)
	switch {
	case err != nil:
		return fmt.Sprintf("%s: %v", service, dock.Plain(err))
	case condition == compose.Completed:
		switch {
		case s.Exited && s.Code != 0:
			return fmt.Sprintf("%s ended with exit code %d", service, s.Code)
		case !s.Exited:
			return service + " has not ended yet"
		}
		return ""
	case s.Exited:
		return fmt.Sprintf("%s has ended with exit code %d", service, s.Code)
	case !s.Running:
		return service + " does not run yet"
	case condition == compose.Healthy && !s.Healthy:
		return service + " is not healthy yet"
	}
	return ""
}

// firstBuilt returns once a build of each of the services has succeeded.
func (t *team) firstBuilt(ctx context.Context, services []string) error {
	return t.until(ctx, func() bool {
		t.mu.Lock()
		defer t.mu.Unlock()
		return !slices.ContainsFunc(services, func(s string) bool { return t.here[s] && !t.built[s] })
	})
}

// runner returns what runs the containers of a service that is built here: as docker compose would make them, and once what it
// waits for is there.
func (t *team) runner(service string, r serve.Runner, emit func(int, event.Body)) serve.Runner {
	return &member{team: t, service: service, Runner: r, emit: emit}
}

type member struct {
	serve.Runner
	team    *team
	service string
	emit    func(int, event.Body)
	// begun: its first container was started, and waits for nobody any more.
	begun atomic.Bool
}

func (m *member) Start(ctx context.Context, spec run.Spec) (serve.Instance, error) {
	if !m.begun.Load() {
		if err := m.team.await(ctx, m.service, func(w event.Waiting) { m.emit(spec.Build, w) }); err != nil {
			return nil, err
		}
	}
	like, err := m.team.compose.Template(ctx, m.service)
	if err != nil {
		return nil, err
	}
	spec.Like = like
	inst, err := m.Runner.Start(ctx, spec)
	if err == nil {
		m.begun.Store(true)
	}
	return inst, err
}
