package engine

import (
	"context"
	"errors"
	"fmt"
	"os"
	"sync/atomic"
	"time"

	"github.com/stagewatch/stagewatch/engine/config"
	"github.com/stagewatch/stagewatch/engine/connect"
	"github.com/stagewatch/stagewatch/engine/desk"
	"github.com/stagewatch/stagewatch/engine/dock"
	"github.com/stagewatch/stagewatch/engine/event"
	"github.com/stagewatch/stagewatch/engine/fault"
	"github.com/stagewatch/stagewatch/engine/front"
	"github.com/stagewatch/stagewatch/engine/measure"
	"github.com/stagewatch/stagewatch/engine/past"
	"github.com/stagewatch/stagewatch/engine/project"
	"github.com/stagewatch/stagewatch/engine/redact"
	"github.com/stagewatch/stagewatch/engine/run"
	"github.com/stagewatch/stagewatch/engine/serve"
	"github.com/stagewatch/stagewatch/engine/solve"
	"github.com/stagewatch/stagewatch/engine/state"
)

// Run does all that cfg asks for until ctx ends or, with [config.Session.Once], until the one build is done. It sends
// what happens to events, which it closes at the end, and receives from intents what a person asks for. When it
// returns, nothing that it made on the engine is left but what was asked for. A face that stops reading events must end
// quit: Run waits for it otherwise.
func Run(ctx, quit context.Context, cfg config.Config, intents <-chan event.Intent, events chan<- event.Event) (err error) {
	var values atomic.Pointer[redact.Values]
	out := newOutbox(&values)
	sent := make(chan struct{})
	go func() {
		defer close(sent)
		out.Run(quit, events)
	}()
	defer func() {
		out.Close()
		<-sent
		err = values.Load().Error(err)
	}()
	values.Store(cfg.Values(nil))
	emit := func(body event.Body) { out.Put(event.Event{Time: time.Now(), Body: body}) }

	if err := cfg.Check(); err != nil {
		return err
	}
	makeStateDir()
	cfg.Waiting = func(file string) {
		emit(event.Warning{Code: event.CodeDockerfilePipe, Message: fmt.Sprintf("waiting for %s, a pipe, to be written and closed", file)})
	}
	p, c, err := openBoth(ctx, cfg, emit)
	if err != nil {
		return unlessEnded(ctx, err)
	}
	defer func() { err = errors.Join(err, p.Close()) }()
	busy := false
	defer func() { err = errors.Join(err, c.Close(ctx, busy)) }()

	cfg = c.Named(cfg)
	values.Store(cfg.Values(p.Source()))
	p.Label(dock.Label, c.Session.ID)
	work, stop := context.WithCancel(ctx)
	defer stop()
	d := deps{
		desk: desk.New(work, out), cfg: cfg, project: p, values: &values,
		solver: newSolver(c), pinger: c, outside: c, images: c.Images, insight: measure.NewInsight(c.Reader, c.Binding),
		earlier: earlierOf(p, c.Engine.Host), unkept: c.Session.Unkept != nil,
	}
	in := inputs{intents: intents}
	var l *loop
	if !cfg.Once {
		ports, err := d.serve(work, c, emit, func() { l.app.PortFree() })
		if err != nil {
			return err
		}
		defer func() {
			closing, cancel := context.WithTimeout(context.WithoutCancel(ctx), time.Second)
			defer cancel()
			_ = ports.Close(closing)
		}()
		in.batches, in.notices = p.Watch(work)
	}
	l = newLoop(d)
	if !cfg.Once {
		l.engine.follow()
		emit(event.Watching{On: true, Mode: p.WatchMode(), Files: p.Files()})
	}
	err = l.run(in)
	busy = l.builds.running != nil || len(l.builds.superseded) > 0 || l.meter.Busy()
	stop()
	l.wait()
	l.kept(l.earlier.steps.Save())
	return err
}

// makeStateDir makes the folder of our own files before a context is read that may hold it. Made later, a folder above
// it would count as a change.
func makeStateDir() {
	if dir := state.Dir(""); dir != "" {
		// Whoever has to write there reports that it can't.
		_ = os.MkdirAll(dir, 0o700)
	}
}

// openBoth reads the project while it connects to the engine: with a large context, both take a while. Where both fail,
// the error is that of the project.
func openBoth(ctx context.Context, cfg config.Config, emit func(event.Body)) (*project.Project, *connect.Connection, error) {
	connecting, giveUp := context.WithCancel(ctx)
	defer giveUp()
	var p *project.Project
	var broken error
	read := make(chan struct{})
	go func() {
		defer close(read)
		if p, broken = project.OpenChecked(ctx, cfg); broken != nil {
			giveUp()
		}
	}()
	c, err := connect.Open(connecting, cfg, emit)
	<-read
	switch {
	case broken != nil && err == nil:
		return nil, nil, errors.Join(broken, c.Close(ctx, false))
	case broken != nil:
		return nil, nil, broken
	case err != nil && solve.OutOfFiles(err):
		what, hint := solve.NoFiles()
		return nil, nil, errors.Join(&fault.Error{What: what, Hint: hint}, p.Close())
	case err != nil:
		return nil, nil, errors.Join(err, p.Close())
	}
	return p, c, nil
}

// appSettings returns what the flags say of the app's container, and where it is published.
func appSettings(c config.App) (serve.Settings, []front.Published, error) {
	ports, err := c.Ports()
	if err != nil {
		return serve.Settings{}, nil, err
	}
	s := serve.Settings{Spec: c.Spec(), Ready: c.Readiness(), StopFirst: c.Swap == config.Restart, DrainWithin: c.Drain()}
	s.Spec.Port = ports[0].Port
	s.Spec.Published = ports[0].Ports()
	for _, p := range ports[1:] {
		s.Spec.MorePorts = append(s.Spec.MorePorts, p.Port)
	}
	return s, ports, nil
}

// serve has the loop run and serve what it builds, on ports that it opens. Free is called on the desk's goroutine when
// the app's own port is ours after something else held it.
func (d *deps) serve(ctx context.Context, c *connect.Connection, emit func(event.Body), free func()) (serve.Ports, error) {
	settings, published, err := appSettings(d.cfg.App)
	if err != nil {
		return nil, err
	}
	runner := run.New(ctx, c.Engine, c.Session.Labels())
	if err := runner.Check(ctx, settings.Spec); err != nil {
		return nil, err
	}
	for _, name := range settings.Spec.FolderNames() {
		emit(event.Warning{Code: event.CodeVolumeName, Message: fmt.Sprintf("--volume %s mounts a volume of the engine, and not the folder of that name", name), Hint: fmt.Sprintf("For the folder write --volume ./%s", name)})
	}
	ports, err := serve.OpenPorts(ctx, published, serve.Opening{
		Holder: func(addr string) string { return runner.WhoHolds(ctx, addr) },
		Emit:   emit,
		Free:   func() { d.desk.Do(free) },
	})
	if err != nil {
		return nil, err
	}
	d.app = &appDeps{runner: serve.OnEngine(runner), door: ports, settings: settings}
	return ports, nil
}

// earlierOf reads what earlier sessions left of a project on an engine.
func earlierOf(p *project.Project, engine string) earlier {
	e := earlier{steps: past.OpenSteps(past.StepsFile(p.Root(), p.Dockerfile())), file: past.BuildFile(p.Root(), p.Dockerfile()), engine: engine}
	e.build = past.LoadBuild(e.file, engine)
	return e
}

// wait returns when nothing goes on beside the loop any more.
func (l *loop) wait() {
	l.running.Wait()
	l.audits.running.Wait()
	if l.app != nil {
		l.app.Quit()
	}
	l.meter.Wait()
	l.images.removing.Wait()
}

// unlessEnded returns err, or nil where it only comes of ctx having ended.
func unlessEnded(ctx context.Context, err error) error {
	if ctx.Err() != nil {
		return nil
	}
	return err
}
