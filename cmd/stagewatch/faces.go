package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"syscall"

	"golang.org/x/term"

	"github.com/stagewatch/stagewatch/engine"
	"github.com/stagewatch/stagewatch/engine/config"
	"github.com/stagewatch/stagewatch/engine/event"
	"github.com/stagewatch/stagewatch/engine/fault"
	"github.com/stagewatch/stagewatch/engine/tree"
	"github.com/stagewatch/stagewatch/ui"
	"github.com/stagewatch/stagewatch/ui/once"
	"github.com/stagewatch/stagewatch/ui/plain"
	"github.com/stagewatch/stagewatch/ui/replay"
	"github.com/stagewatch/stagewatch/ui/story"
)

// face is a way to show events.
type face struct {
	kind    string
	record  string
	noMouse bool
	verbose bool
	// once shows one build in the order of its steps, on a terminal.
	once bool
	// quiet takes the text of a build that is to say nothing unless it fails; nil for all others.
	quiet *bytes.Buffer
	// opener opens shells from the dashboard; nil where it can't.
	opener *opener
	// results are what a build leaves beside its image; nil for none.
	results *results
}

// follow runs the engine and a face until one of them ends.
func follow(ctx context.Context, cfg config.Config, f face) (err error) {
	// A dashboard shows what it waits for. A stream that waits would only look stuck.
	cfg.Await = f.kind == faceTTY && !cfg.Once
	// The file may lie in the context, so it is created before the engine reads that.
	record, err := f.create(ctx, cfg.Outputs)
	if err != nil {
		return err
	}
	if f.results != nil {
		if err := f.results.create(cfg.Tags, cfg.Outputs); err != nil {
			return err
		}
		defer func() { err = errors.Join(err, f.results.end()) }()
	}
	intents := make(chan event.Intent, 16)
	pass, silent := answering(cfg, intents)
	defer silent()
	start := func(ctx, unread context.Context, events chan<- event.Event) error {
		// Who asks while it ends, finds the session that takes its place.
		defer context.AfterFunc(ctx, silent)()
		return engine.Run(ctx, unread, cfg, intents, events)
	}
	told, shown, err := f.through(ctx, start, func(ctx context.Context, stop func(), out io.Writer, events <-chan event.Event, ended chan error) (*story.Story, error) {
		return f.show(ctx, stop, out, cfg, pass(f.results.noting(recording(events, record))), intents, ended)
	})
	if f.kind != faceJSON && f.quiet == nil && told != nil && shown == nil {
		bye(wrapped(os.Stdout), told, cfg, f.record, err == nil)
	}
	if cfg.Once {
		err = outcome(ctx, err)
	}
	return errors.Join(err, shown)
}

// outcome returns the exit code of one build that failed, exceeds a limit or was cut short; what is wrong was shown. It
// returns any other error as it is.
func outcome(ctx context.Context, err error) error {
	_, failed := engine.BuildFailure(err)
	switch {
	case failed || engine.ChecksFailed(err):
		return exitCode(1)
	case engine.OverBudget(err):
		return overLimit
	case err == nil:
		return asTold(ctx, ctx.Err())
	}
	return err
}

// through starts what sends events and shows them until one of both ends. It returns what was shown with its error, and the
// error of what was started. Nobody reads the events any more once unread ends.
func (f face) through(ctx context.Context, start func(ctx, unread context.Context, events chan<- event.Event) error,
	show func(ctx context.Context, stop func(), out io.Writer, events <-chan event.Event, ended chan error) (*story.Story, error)) (told *story.Story, shown, err error) {
	ctx, stop := context.WithCancel(ctx)
	defer stop()
	unread, giveUp := context.WithCancel(context.Background())
	defer giveUp()
	events := make(chan event.Event, 256)
	ended := make(chan error, 1)
	go func() { ended <- start(ctx, unread, events) }()
	told, shown = f.shown(ctx, giveUp, func(out io.Writer) (*story.Story, error) { return show(ctx, stop, out, events, ended) })
	stop()
	giveUp()
	return told, shown, <-ended
}

// shown calls show and returns its results. If nobody reads the output after ctx has ended, it calls giveUp and returns
// nothing.
func (f face) shown(ctx context.Context, giveUp func(), show func(io.Writer) (*story.Story, error)) (*story.Story, error) {
	if f.kind == faceTTY {
		return show(os.Stdout)
	}
	out := &output{w: os.Stdout}
	var told *story.Story
	var err error
	done := make(chan struct{})
	go func() {
		defer close(done)
		told, err = show(out)
	}()
	select {
	case <-done:
		return told, err
	case <-ctx.Done():
	}
	if out.unread(done) {
		giveUp()
		return nil, nil
	}
	<-done
	return told, err
}

// show runs the face. It returns when the events end, or when the user quits the dashboard.
func (f face) show(ctx context.Context, stop func(), out io.Writer, cfg config.Config, events <-chan event.Event, intents chan<- event.Intent, ended chan error) (*story.Story, error) {
	told := story.New(1)
	if f.kind != faceTTY {
		return told, f.stream(out, events, told.Apply)
	}
	go closeOn(ended, stop)
	opt := f.dashboard(ctx, cfg)
	opt.Events, opt.Context = events, contextName(cfg.Context)
	opt.Send = func(i event.Intent) { intents <- i }
	opt.Ended = func(s *story.Story) { told = s }
	return told, noTerminal(ui.Run(ctx, opt))
}

// closeOn closes a dashboard where the engine ends with an error, so that the error is printed on the normal screen.
func closeOn(ended chan error, stop func()) {
	err := <-ended
	ended <- err
	if err != nil {
		stop()
	}
}

// dashboard is what every dashboard of something that is built needs of the world.
func (f face) dashboard(ctx context.Context, cfg config.Config) ui.Options {
	opt := ui.Options{
		Dockerfile: cfg.File, Target: cfg.Target,
		Lent: lending(ctx), Open: openURL, SaveLog: saveLog(cfg.Outputs), Copy: clipboard(), NoMouse: f.noMouse,
	}
	if f.opener != nil {
		opt.Shell, opt.ShellAt = f.opener.in, f.opener.at
	}
	return opt
}

// noTerminal adds a hint to the error of a dashboard that has no terminal.
func noTerminal(err error) error {
	if err != nil && !term.IsTerminal(int(os.Stdin.Fd())) {
		return &fault.Error{What: "opening the dashboard", Err: err, Hint: "The dashboard needs a terminal. Elsewhere use --progress plain or json."}
	}
	return err
}

// stream writes events as lines until they end. It calls note with each event that is not a line of the app's log.
func (f face) stream(w io.Writer, events <-chan event.Event, note func(event.Event)) error {
	if f.quiet != nil {
		w = f.quiet
	}
	write, end := f.printer(w)
	for e := range events {
		if _, log := e.Body.(event.Log); !log {
			note(e)
		}
		if err := write(e); err != nil {
			return unwritten(err)
		}
	}
	return unwritten(end())
}

// printer returns a function that writes one event, and one that writes the end.
func (f face) printer(w io.Writer) (write func(event.Event) error, end func() error) {
	end = func() error { return nil }
	switch {
	case f.kind == faceJSON:
		return func(e event.Event) error { return writeEvent(w, e) }, end
	case f.once:
		p := once.New(w, once.Options{Width: terminalWidth(), Color: terminalColor(os.Stdout), OldOutput: f.verbose})
		return p.Print, p.End
	}
	return plain.New(w, plain.Options{OldOutput: f.verbose}).Print, end
}

func unwritten(err error) error {
	switch {
	case errors.Is(err, syscall.EPIPE):
		// The code by which shells report a program that a closed pipe ended.
		return exitCode(128 + int(syscall.SIGPIPE))
	case err != nil:
		return fmt.Errorf("writing events: %w", err)
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

// create creates the file of the recording, if it may. It returns nil if --record was not given.
func (f face) create(ctx context.Context, outputs *tree.Outputs) (*os.File, error) {
	if f.record == "" {
		return nil, nil
	}
	if err := f.mayRecord(ctx); err != nil {
		return nil, err
	}
	file, err := os.Create(f.record)
	if err != nil {
		return nil, &fault.Error{What: "creating the recording", Err: err, Hint: "Name a file that can be written with --record."}
	}
	outputs.Add(file)
	return file, nil
}

// recording passes events on, and writes each to the file unless that is nil.
func recording(events <-chan event.Event, file *os.File) <-chan event.Event {
	if file == nil {
		return events
	}
	var torn error
	return tapped(events, func(e event.Event) {
		if torn != nil {
			// A full disk must not stop the loop. The event is lost, and replay reports where.
			_, _ = file.WriteString("\n")
		}
		torn = writeEvent(file, e)
	}, func() { _ = file.Close() })
}

// tapped passes events on once take has had them, and calls end behind the last.
func tapped(events <-chan event.Event, take func(event.Event), end func()) <-chan event.Event {
	out := make(chan event.Event, cap(events))
	go func() {
		defer close(out)
		defer end()
		for e := range events {
			take(e)
			out <- e
		}
	}()
	return out
}

// replayed plays a recording.
func (f face) replayed(ctx context.Context, events []event.Event, speed float64) error {
	if f.kind == faceTTY {
		return noTerminal(ui.Run(ctx, ui.Options{Tape: replay.New(events, speed), Send: func(event.Intent) {}, Open: openURL, SaveLog: saveLog(nil), Copy: clipboard(), NoMouse: f.noMouse}))
	}
	return untilTold(ctx, 0, func() error { return f.stream(os.Stdout, queued(events), func(event.Event) {}) })
}

func queued(events []event.Event) <-chan event.Event {
	out := make(chan event.Event, len(events))
	for _, e := range events {
		out <- e
	}
	close(out)
	return out
}
