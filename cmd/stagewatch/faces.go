package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"syscall"

	"github.com/stagewatch/stagewatch/engine"
	"github.com/stagewatch/stagewatch/engine/event"
	"github.com/stagewatch/stagewatch/ui"
	"github.com/stagewatch/stagewatch/ui/plain"
	"github.com/stagewatch/stagewatch/ui/replay"
)

// face is a way to show events.
type face struct {
	kind    string
	record  string
	noMouse bool
}

// follow runs the engine and shows it, until the engine ends or the face does.
func follow(ctx context.Context, cfg engine.Config, f face) error {
	// Who looks at a dashboard sees what is missing; a stream that waits for ever would only look stuck.
	cfg.Await = f.kind == faceTTY && !cfg.Once
	ctx, stop := context.WithCancel(ctx)
	defer stop()
	unread, giveUp := context.WithCancel(context.Background())
	defer giveUp()
	events := make(chan event.Event, 256)
	intents := make(chan event.Intent, 16)
	ended := make(chan error, 1)
	go func() { ended <- engine.Run(ctx, unread, cfg, intents, events) }()
	recorded, err := f.recording(events)
	if err != nil {
		giveUp()
		stop()
		return errors.Join(err, <-ended)
	}
	shown := f.shown(ctx, giveUp, func(out io.Writer) error { return f.show(ctx, stop, out, cfg, recorded, intents, ended) })
	stop()
	giveUp()
	err = <-ended
	if _, told := engine.BuildFailure(err); told && cfg.Once {
		return errors.Join(exitCode(1), shown)
	}
	return errors.Join(err, shown)
}

// shown shows something until it has been. Once ctx has ended, it gives up where nobody reads.
func (f face) shown(ctx context.Context, giveUp func(), show func(io.Writer) error) error {
	if f.kind == faceTTY {
		return show(os.Stdout)
	}
	out := &output{w: os.Stdout}
	result, done := make(chan error, 1), make(chan struct{})
	go func() {
		defer close(done)
		result <- show(out)
	}()
	select {
	case <-done:
		return <-result
	case <-ctx.Done():
	}
	if out.unread(done) {
		giveUp()
		return nil
	}
	return <-result
}

// show is the face itself; it returns when the events end or, with a dashboard, when the person quits.
func (f face) show(ctx context.Context, stop func(), out io.Writer, cfg engine.Config, events <-chan event.Event, intents chan<- event.Intent, ended chan error) error {
	if f.kind != faceTTY {
		return f.stream(out, events)
	}
	// What ends before there was anything to see belongs on the screen that is left behind.
	go func() {
		err := <-ended
		ended <- err
		if err != nil {
			stop()
		}
	}()
	return ui.Run(ctx, ui.Options{
		Events:     events,
		Send:       func(i event.Intent) { intents <- i },
		Context:    contextName(cfg.Context),
		Dockerfile: cfg.File,
		Target:     cfg.Target,
		Shell:      shellIn(cfg.Engine),
		Open:       openURL,
		SaveLog:    saveLog,
		Copy:       clipboard(),
		NoMouse:    f.noMouse,
	})
}

// stream writes events as lines, until they end.
func (f face) stream(w io.Writer, events <-chan event.Event) error {
	write := plain.New(w, plain.Options{}).Print
	if f.kind == faceJSON {
		write = func(e event.Event) error { return writeEvent(w, e) }
	}
	for e := range events {
		switch err := write(e); {
		case errors.Is(err, syscall.EPIPE):
			// As a shell has it of who is ended by a closed pipe.
			return exitCode(128 + int(syscall.SIGPIPE))
		case err != nil:
			return fmt.Errorf("writing events: %w", err)
		}
	}
	return nil
}

func writeEvent(w io.Writer, e event.Event) error {
	line, err := event.Encode(e)
	if err == nil {
		_, err = w.Write(line)
	}
	return err
}

// recording passes events on and writes each to the file that was asked for.
func (f face) recording(events <-chan event.Event) (<-chan event.Event, error) {
	if f.record == "" {
		return events, nil
	}
	file, err := os.Create(f.record)
	if err != nil {
		return nil, &engine.Problem{What: "recording", Err: err, Hint: "Give --record a file that can be written."}
	}
	out := make(chan event.Event, cap(events))
	go func() {
		defer close(out)
		defer file.Close()
		var torn error
		for e := range events {
			if torn != nil {
				// A disk that was full must not stop the loop: what did not fit is lost, and replay says where.
				_, _ = file.WriteString("\n")
			}
			torn = writeEvent(file, e)
			out <- e
		}
	}()
	return out, nil
}

// replayed shows a recording.
func (f face) replayed(ctx context.Context, events []event.Event, speed float64) error {
	if f.kind == faceTTY {
		return ui.Run(ctx, ui.Options{Tape: replay.New(events, speed), Send: func(event.Intent) {}, Open: openURL, SaveLog: saveLog, Copy: clipboard(), NoMouse: f.noMouse})
	}
	return untilTold(ctx, 0, func() error { return f.stream(os.Stdout, queued(events)) })
}

func queued(events []event.Event) <-chan event.Event {
	out := make(chan event.Event, len(events))
	for _, e := range events {
		out <- e
	}
	close(out)
	return out
}

// contextName is the context's folder as a person calls it.
func contextName(dir string) string {
	abs, err := filepath.Abs(dir)
	if err != nil {
		return dir
	}
	return filepath.Base(abs)
}
