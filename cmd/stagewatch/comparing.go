package main

import (
	"context"
	"fmt"
	"slices"

	"github.com/stagewatch/stagewatch/engine"
	"github.com/stagewatch/stagewatch/engine/event"
	"github.com/stagewatch/stagewatch/engine/fault"
)

// comparing compares the last image of the recording with another one, where that is asked for.
func (r *reporting) comparing(ctx context.Context, events []event.Event) ([]event.Event, error) {
	against := r.cfg.Against
	if !against.Any() {
		return events, nil
	}
	cfg, err := r.config([]string{r.context})
	if err != nil {
		return nil, err
	}
	cfg.Once = true
	for _, e := range slices.Backward(events) {
		sized, is := e.Body.(event.Sized)
		if !is {
			continue
		}
		c, err := engine.Compare(ctx, cfg, builtOf(e, events), sized)
		return append(events, event.Event{Time: e.Time, Service: e.Service, Build: e.Build, Body: c}), err
	}
	return nil, &fault.Error{What: fmt.Sprintf("comparing with %s: the recording has no image with sizes", against.Name()), Hint: "Record a build that succeeds."}
}

// builtOf returns the build whose sizes an event has.
func builtOf(sized event.Event, events []event.Event) (built event.Built) {
	for _, e := range events {
		if b, is := e.Body.(event.Built); is && e.Build == sized.Build && e.Service == sized.Service {
			built = b
		}
	}
	return built
}
