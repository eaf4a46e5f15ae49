package engine

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/stagewatch/stagewatch/engine/compose"
	"github.com/stagewatch/stagewatch/engine/config"
	"github.com/stagewatch/stagewatch/engine/desk"
	"github.com/stagewatch/stagewatch/engine/dock"
	"github.com/stagewatch/stagewatch/engine/dockercompose"
	"github.com/stagewatch/stagewatch/engine/event"
	"github.com/stagewatch/stagewatch/engine/fault"
)

// Services are those of a compose project, as they are built and run.
type Services struct {
	Compose dockercompose.Options
	Engine  dock.Options
	// Built are built here, and each run as the only one of its kind. Others docker compose runs.
	Built  []config.Config
	Others []string
	// After are the services that each waits for, and On those whose images its build reads.
	After map[string]map[string]compose.Condition
	On    map[string][]string
	// File is what the project's file is called, and Sources are all files that say what it is. Edits reads them again, and
	// returns what changed since the last time.
	File    string
	Sources []string
	Edits   func(ctx context.Context) ([]compose.Edit, error)
}

// RunServices does for each service that is built what [Run] does for one build, and has docker compose run the others. The
// first that can't go on ends all. An intent that names no service is for all that are built.
func RunServices(ctx, quit context.Context, p Services, intents <-chan event.Intent, events chan<- event.Event) error {
	return telling(quit, events, func(out *desk.Outbox) (err error) {
		h := newHosting(out)
		defer func() { err = errors.Join(err, h.Close()) }()
		host, err := h.reach(ctx, p.Engine)
		if err != nil {
			return unlessEnded(ctx, err)
		}
		c, err := dockercompose.Find(ctx, host.Engine, p.Engine.Context, p.Compose)
		if err != nil {
			return unlessEnded(ctx, err)
		}
		if err := p.free(ctx, host.Engine, c); err != nil {
			return unlessEnded(ctx, err)
		}
		work, stop := context.WithCancelCause(ctx)
		defer stop(nil)
		t := newTeam(c)
		t.after = p.After
		var sessions []*session
		to := map[string]chan event.Intent{}
		for _, cfg := range p.Built {
			t.here[cfg.Service] = true
			s := newSession(cfg, out)
			s.join(t, out)
			sessions = append(sessions, s)
			to[cfg.Service] = make(chan event.Intent, 16)
		}
		go pass(work, intents, to)
		voice := func(service string) desk.Voice {
			return out.Voice(service, func(b event.Body) event.Body { return b })
		}
		var running sync.WaitGroup
		running.Go(func() { c.Follow(work, t.change) })
		for _, name := range p.Others {
			running.Go(func() { t.other(work, name, voice(name)) })
		}
		running.Go(func() { p.reconfigured(work, t, voice, to) })
		var mu sync.Mutex
		for _, s := range sessions {
			running.Go(func() {
				if t.firstBuilt(work, p.On[s.cfg.Service]) != nil {
					return
				}
				if broken := s.run(work, h, to[s.cfg.Service]); broken != nil {
					mu.Lock()
					err = errors.Join(err, fmt.Errorf("service %q: %w", s.cfg.Service, broken))
					mu.Unlock()
					stop(broken)
				}
			})
		}
		running.Wait()
		closing, cancel := context.WithTimeout(context.WithoutCancel(ctx), stopWithin)
		defer cancel()
		return errors.Join(err, c.Close(closing))
	})
}

// stopWithin bounds how long docker compose may take to stop what it started.
const stopWithin = 60 * time.Second

// free returns an error if a service that is built here runs already, by docker compose or by another session. What killed
// sessions left is removed first: docker compose would take it for its own.
func (p Services) free(ctx context.Context, e *dock.Engine, c *dockercompose.Compose) error {
	own := dock.NewSession(e.Host)
	// The sessions of the services sweep again, and report what can't be removed.
	_, _ = e.Sweep(ctx, own)
	if err := own.Close(); err != nil {
		return err
	}
	for _, cfg := range p.Built {
		names, err := c.Running(ctx, cfg.Service)
		if err != nil {
			return fmt.Errorf("looking for the project's containers: %w", dock.Plain(err))
		}
		if len(names) > 0 {
			return &fault.Error{What: fmt.Sprintf("running service %q: it runs already, as %s", cfg.Service, strings.Join(names, ", ")), Hint: "Stop it with docker compose stop " + cfg.Service + ", or end the other session."}
		}
	}
	return nil
}

// pass passes intents on to the services that they are for, until ctx ends.
func pass(ctx context.Context, intents <-chan event.Intent, to map[string]chan event.Intent) {
	for {
		var i event.Intent
		select {
		case i = <-intents:
		case <-ctx.Done():
			return
		}
		names := slices.Collect(maps.Keys(to))
		if one, addressed := i.(event.ForService); addressed {
			i, names = one.Intent, []string{one.Service}
		}
		for _, name := range names {
			select {
			case to[name] <- i:
			case <-ctx.Done():
				return
			}
		}
	}
}
