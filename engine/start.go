package engine

import (
	"context"
	"errors"
	"fmt"
	"os"

	"github.com/stagewatch/stagewatch/engine/config"
	"github.com/stagewatch/stagewatch/engine/desk"
	"github.com/stagewatch/stagewatch/engine/event"
	"github.com/stagewatch/stagewatch/engine/state"
)

// Run does all that cfg asks for until ctx ends or, with [config.Session.Once], until the one build is done. It sends
// what happens to events, which it closes at the end, and receives from intents what a person asks for. When it
// returns, nothing that it made on the engine is left but what was asked for. A face that stops reading events must end
// quit: Run waits for it otherwise.
func Run(ctx, quit context.Context, cfg config.Config, intents <-chan event.Intent, events chan<- event.Event) error {
	return telling(quit, events, func(out *desk.Outbox) error {
		h := newHosting(out)
		return errors.Join(newSession(cfg, out).run(ctx, h, intents), h.Close())
	})
}

// Build builds services, each as [Run] builds with [config.Session.Once], one after the other and in their order. It ends
// with the first that fails, and reports those that are not built then; one that is over its budget is built.
func Build(ctx, quit context.Context, services []config.Config, events chan<- event.Event) error {
	return telling(quit, events, func(out *desk.Outbox) error {
		h := newHosting(out)
		var sessions []*session
		for _, cfg := range services {
			cfg.Once = true
			sessions = append(sessions, newSession(cfg, out))
		}
		var over error
		for i, s := range sessions {
			err := s.run(ctx, h, nil)
			if OverBudget(err) {
				over, err = errors.Join(over, err), nil
			}
			if err == nil && ctx.Err() == nil {
				continue
			}
			if err != nil {
				err = fmt.Errorf("building service %q: %w", s.cfg.Service, err)
				for _, rest := range sessions[i+1:] {
					rest.emit(event.Warning{Code: event.CodeNotBuilt, Message: fmt.Sprintf("not built, as service %s was not", s.cfg.Service)})
				}
			}
			return errors.Join(err, h.Close())
		}
		return errors.Join(over, h.Close())
	})
}

// telling calls work with an outbox whose events are sent to events, which it closes at the end.
func telling(quit context.Context, events chan<- event.Event, work func(*desk.Outbox) error) error {
	out := desk.NewOutbox()
	sent := make(chan struct{})
	go func() {
		defer close(sent)
		out.Run(quit, events)
	}()
	defer func() {
		out.Close()
		<-sent
	}()
	return work(out)
}

// makeStateDir makes the folder of our own files before a context is read that may hold it. Made later, a folder above
// it would count as a change.
func makeStateDir() {
	if dir := state.Dir(""); dir != "" {
		// Whoever has to write there reports that it can't.
		_ = os.MkdirAll(dir, 0o700)
	}
}
