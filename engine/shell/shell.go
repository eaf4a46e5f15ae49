// Package shell opens a shell in a state of a build: behind a step, or before the one that fails; or in a running container,
// beside it where it has none. It builds what is missing for that, and leaves nothing on the engine. It knows nothing of
// what a session builds, and of terminals only their size.
package shell

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strconv"
	"strings"

	"github.com/tonistiigi/fsutil"

	"github.com/stagewatch/stagewatch/engine/config"
	"github.com/stagewatch/stagewatch/engine/connect"
	"github.com/stagewatch/stagewatch/engine/dock"
	"github.com/stagewatch/stagewatch/engine/event"
	"github.com/stagewatch/stagewatch/engine/fault"
	"github.com/stagewatch/stagewatch/engine/plan"
	"github.com/stagewatch/stagewatch/engine/project"
	"github.com/stagewatch/stagewatch/engine/redact"
	"github.com/stagewatch/stagewatch/engine/solve"
)

// Size is that of a terminal.
type Size = solve.Size

// Request is what is to be opened, and how.
type Request struct {
	At plan.Place
	// Container is the name or id of a running container that it is opened in instead; empty for none.
	Container string
	// Docker runs the docker command with the arguments of its run or exec, attached to what the person sees, and returns
	// its exit code.
	Docker func(ctx context.Context, args []string) (code int, err error)
	// Command is what to run; empty for a shell.
	Command []string
	Stdin   io.ReadCloser
	Stdout  io.WriteCloser
	Stderr  io.WriteCloser
	// Take takes the terminal for the process, once that is about to start, and returns its sizes as they change and what
	// gives it back. It is nil where there is no terminal.
	Take func() (sizes <-chan Size, giveBack func(), err error)
	// Emit is called with what is built, and with how that fails.
	Emit func(event.Body)
	// Say is called with what is opened, a line each, before it is.
	Say func(lines []string)
}

// ParsePlace reads STAGE or STAGE:STEP.
func ParsePlace(value string) (plan.Place, error) {
	stage, step, numbered := strings.Cut(value, ":")
	at := plan.Place{Stage: stage}
	var err error
	if numbered {
		at.Step, err = strconv.Atoi(step)
	}
	if stage == "" || err != nil || numbered && at.Step < 1 {
		return at, &fault.Error{What: fmt.Sprintf("reading --at %q: it is no stage, and no step of one", value), Hint: "Write --at STAGE or --at STAGE:STEP, e.g. --at build:4 for step build 4/6."}
	}
	return at, nil
}

// opening is one shell that is being opened.
type opening struct {
	Request
	project *project.Project
	builder *solve.Builder
	// contexts are what the builder is served, key is their place on disk.
	contexts map[string]fsutil.FS
	key      string
	// before is the stage with tools that was named, empty for none.
	before string
}

// Open opens the shell, or runs the command, and returns its exit code once it has ended.
func Open(ctx context.Context, cfg config.Config, r Request) (code int, err error) {
	cfg.Once = true
	if err := cfg.Check(); err != nil {
		return 0, err
	}
	if r.Container != "" {
		return r.inContainer(ctx, cfg)
	}
	return r.inProject(ctx, cfg, func(o *opening) (int, error) {
		e, err := dock.Connect(ctx, cfg.Engine)
		if err != nil {
			return 0, err
		}
		code, err := o.onEngine(ctx, cfg, e, o.open)
		return code, errors.Join(err, e.Close())
	})
}

// inProject reads the project for what do opens.
func (r Request) inProject(ctx context.Context, cfg config.Config, do func(*opening) (int, error)) (code int, err error) {
	p, err := project.OpenChecked(ctx, cfg)
	if err != nil {
		return 0, cfg.Values(nil).Error(err)
	}
	defer func() { err = errors.Join(err, p.Close()) }()
	values := cfg.Values(p.Source())
	code, err = do(&opening{Request: r.hiding(values), project: p, before: cfg.Before})
	return code, values.Error(err)
}

// hiding returns the request with the values of build arguments taken out of what it shows.
func (r Request) hiding(values *redact.Values) Request {
	emit, say := r.Emit, r.Say
	r.Emit = func(b event.Body) { emit(values.Body(b)) }
	r.Say = func(lines []string) {
		for i := range lines {
			lines[i] = values.Text(lines[i])
		}
		say(lines)
	}
	return r
}

// onEngine has the engine's builder for what do opens.
func (o *opening) onEngine(ctx context.Context, cfg config.Config, e *dock.Engine, do func(context.Context) (int, error)) (code int, err error) {
	attachables, err := connect.Attach(cfg)
	if err != nil {
		return 0, err
	}
	if o.builder, err = solve.New(ctx, e, attachables...); err != nil {
		return 0, err
	}
	defer func() { err = errors.Join(err, o.builder.Close()) }()
	version := func() (string, error) {
		info, err := e.Info(ctx)
		return info.Name + " " + info.Version, err
	}
	if err := connect.Undone(o.builder, cfg, version, o.Emit); err != nil {
		return 0, err
	}
	return do(ctx)
}

// open builds what is missing and opens the shell there, or before what fails.
func (o *opening) open(ctx context.Context) (int, error) {
	probe, err := o.probe(ctx, o.At)
	if err != nil {
		return 0, err
	}
	spot, failed, err := o.builder.Reach(ctx, probe, o.request())
	var failure *solve.Failure
	switch {
	case err == nil:
		return o.enter(ctx, spot, after(probe), "")
	case !errors.As(err, &failure):
		return 0, err
	}
	o.Emit(failure.Failed)
	if failed < 0 {
		return 0, errFailed
	}
	step := probe.Steps[failed]
	where := "before " + step.Name() + ", which fails"
	if spot != nil {
		return o.enter(ctx, spot, where, failure.Instruction)
	}
	// It executes nothing: a command that does nothing takes its place.
	if probe, err = o.probe(ctx, plan.Place{Stage: step.Stage, Step: step.Index, Before: true}); err != nil {
		return 0, errFailed
	}
	if spot, _, err = o.builder.Reach(ctx, probe, o.request()); err != nil {
		return 0, err
	}
	return o.enter(ctx, spot, where, "")
}

// errFailed says that the build failed where there is nothing to look into, which was emitted.
var errFailed = &fault.Error{What: "opening a shell: nothing is built before what failed", Hint: "Correct that first, or name an earlier step with --at STAGE:STEP."}

// runInstead is what to do where no shell can be opened in a build.
const runInstead = "Build the stage and run it: stagewatch build --target STAGE -t NAME, docker run --rm -it NAME sh"

func (o *opening) request() solve.Request {
	return solve.Request{Contexts: o.contexts, SharedKey: o.key, Emit: o.built}
}

// built passes on what is built. What is in the cache is nothing to wait for.
func (o *opening) built(b event.Body) {
	if s, ok := b.(event.Step); ok && s.State == event.Hit {
		return
	}
	o.Emit(b)
}

func (o *opening) probe(ctx context.Context, at plan.Place) (*plan.Probe, error) {
	probe, err := o.project.Probe(ctx, o.builder, at)
	var nowhere *plan.PlaceError
	switch {
	case errors.As(err, &nowhere):
		return nil, &fault.Error{What: "opening a shell: " + nowhere.Error(), Hint: fmt.Sprintf("It has %d. FROM counts where it names an image, and instructions that make no layer do not.", nowhere.Steps)}
	case errors.Is(err, plan.ErrNoProbe):
		return nil, &fault.Error{What: "opening a shell", Err: err, Hint: runInstead}
	}
	if err == nil {
		_, err = o.project.Admit(ctx, probe.Plan)
	}
	o.contexts, o.key = o.project.Contexts(false)
	return probe, err
}

// after says where the place of a probe is.
func after(p *plan.Probe) string {
	if p.Last < 0 {
		return "in stage " + p.Target
	}
	s := p.Steps[p.Last]
	return "after " + s.Name() + " " + event.OneLine(s.Instruction)
}
