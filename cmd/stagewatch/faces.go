package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"time"

	"github.com/stagewatch/stagewatch/engine"
	"github.com/stagewatch/stagewatch/engine/event"
)

// face is a way to show events.
type face struct {
	kind    string
	noMouse bool
}

// watch runs the engine and shows it, until the engine ends or the face does.
func watch(ctx context.Context, cfg engine.Config, f face) error {
	ctx, stop := context.WithCancel(ctx)
	defer stop()
	faceGone, gone := context.WithCancel(context.Background())
	defer gone()
	events := make(chan event.Event, 64)
	intents := make(chan event.Intent, 16)
	done := make(chan error, 1)
	go func() { done <- engine.Run(ctx, faceGone, cfg, intents, events) }()
	shown := f.show(ctx, cfg, events, intents)
	stop()
	gone()
	err := <-done
	if cfg.Once && failed(err) {
		// The face has shown it, with its lines.
		return errors.Join(exitCode(1), shown)
	}
	return errors.Join(err, shown)
}

// failed tells whether err is a build's own failure, which the face has shown.
func failed(err error) bool {
	_, ok := engine.BuildFailure(err)
	return ok
}

func (f face) show(ctx context.Context, cfg engine.Config, events <-chan event.Event, intents chan<- event.Intent) error {
	switch f.kind {
	case faceJSON:
		return writeJSON(os.Stdout, events)
	default:
		return writePlain(os.Stdout, events)
	}
}

// show prints what was not run.
func show(bodies []event.Body, f face) error {
	events := make(chan event.Event, len(bodies))
	for _, b := range bodies {
		events <- event.Event{Time: time.Now(), Body: b}
	}
	close(events)
	return f.show(context.Background(), engine.Config{}, events, nil)
}

func writeJSON(w io.Writer, events <-chan event.Event) error {
	for e := range events {
		line, err := event.Encode(e)
		if err != nil {
			return err
		}
		if _, err := w.Write(line); err != nil {
			return fmt.Errorf("writing events: %w", err)
		}
	}
	return nil
}

func writePlain(w io.Writer, events <-chan event.Event) error { return writeJSON(w, events) }
