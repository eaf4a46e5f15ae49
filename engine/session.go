package engine

import (
	"context"
	"errors"
	"fmt"
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
)

// hosting is the engine that sessions have in common, from the first that needs it. Which one it is, none of them says.
type hosting struct {
	*connect.Host
	turn  turn
	voice desk.Voice
}

func newHosting(out *desk.Outbox) *hosting {
	return &hosting{turn: newTurn(), voice: out.Voice("", func(b event.Body) event.Body { return b })}
}

// reach returns the engine.
func (h *hosting) reach(ctx context.Context, o dock.Options) (_ *connect.Host, err error) {
	if h.Host == nil {
		h.Host, err = connect.Reach(ctx, o, func(b event.Body) { h.voice.Emit(0, b) })
	}
	return h.Host, err
}

// session is all the work on what is built from one configuration.
type session struct {
	cfg config.Config
	// values hide those of build arguments in all that is said.
	values *atomic.Pointer[redact.Values]
	voice  desk.Voice
	// then is done with each build that was measured; nil does what the configuration asks for.
	then then
	// team is nil where nothing else belongs to what is built.
	team *team
}

// join makes the session that of a service among others.
func (s *session) join(t *team, out *desk.Outbox) {
	s.team = t
	s.voice = out.Voice(s.cfg.Service, func(body event.Body) event.Body {
		t.saw(s.cfg.Service, body)
		return s.values.Load().Body(body)
	})
}

func newSession(cfg config.Config, out *desk.Outbox) *session {
	s := &session{cfg: cfg, values: &atomic.Pointer[redact.Values]{}}
	s.values.Store(cfg.Values(nil))
	s.voice = voiceOf(out, cfg.Service, s.values)
	return s
}

func (s *session) emit(body event.Body) { s.voice.Emit(0, body) }

// run works until ctx ends or, where one build was asked for, until that is done.
func (s *session) run(ctx context.Context, h *hosting, intents <-chan event.Intent) (err error) {
	defer func() { err = s.values.Load().Error(err) }()
	cfg := s.cfg
	if err := cfg.Check(); err != nil {
		return err
	}
	limits, err := cfg.Limits()
	if err != nil {
		return err
	}
	makeStateDir()
	cfg.Waiting = func(file string) {
		s.emit(event.Warning{Code: event.CodeDockerfilePipe, Message: fmt.Sprintf("waiting for %s, a pipe, to be written and closed", file)})
	}
	p, c, err := s.open(ctx, cfg, h)
	if err != nil {
		return unlessEnded(ctx, err)
	}
	defer func() { err = errors.Join(err, p.Close()) }()
	busy := false
	defer func() { err = errors.Join(err, c.Close(ctx, busy)) }()

	cfg = c.Named(cfg)
	follow, err := s.against(ctx, h, cfg.Tags[0])
	if err != nil {
		return unlessEnded(ctx, err)
	}
	s.values.Store(cfg.Values(p.Source()))
	p.Label(dock.Label, c.Session.ID)
	work, stop := context.WithCancel(ctx)
	defer stop()
	d := deps{
		desk: desk.New(work, s.voice), cfg: cfg, project: p, values: s.values,
		solver: newSolver(c, h.turn), pinger: c, outside: c, images: c.Images, insight: measure.NewInsight(c.Reader, c.Binding),
		limits: limits, budget: measure.NewBudget(limits, c.Images, past.SizeFile(p.Root(), p.Dockerfile(), cfg.Service, cfg.Target, cfg.Platform)),
		then: follow, earlier: earlierOf(p, c.Engine.Host, cfg), unkept: c.Session.Unkept != nil,
	}
	in := inputs{intents: intents}
	var l *loop
	if !cfg.Once {
		if d.cfg.App, err = exposing(work, d.cfg.App, p, c); err != nil {
			return err
		}
		ports, err := d.serve(work, c, s.emit, func() { l.app.PortFree() })
		if err != nil {
			return err
		}
		defer func() {
			closing, cancel := context.WithTimeout(context.WithoutCancel(ctx), time.Second)
			defer cancel()
			_ = ports.Close(closing)
		}()
		if s.team != nil {
			d.app.runner = s.team.runner(s.cfg.Service, d.app.runner, s.voice.Emit)
		}
		in.batches, in.notices = p.Watch(work)
	}
	l = newLoop(d)
	if !cfg.Once {
		l.engine.follow()
		s.emit(event.Watching{On: true, Mode: p.WatchMode(), Files: p.Files()})
	}
	err = l.run(in)
	busy = l.builds.running != nil || len(l.builds.superseded) > 0 || l.meter.Busy() || l.checks.Busy()
	stop()
	l.wait()
	l.kept(l.earlier.steps.Save())
	return err
}

// open reads the project while it connects to the engine: with a large context, both take a while. Where both fail, the
// error is that of the project.
func (s *session) open(ctx context.Context, cfg config.Config, h *hosting) (*project.Project, *connect.Connection, error) {
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
	c, err := s.connect(connecting, cfg, h)
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

// connect begins a session on the engine. What is wrong with its credentials is found before the engine is looked for.
func (s *session) connect(ctx context.Context, cfg config.Config, h *hosting) (*connect.Connection, error) {
	with, err := connect.Attach(cfg)
	if err != nil {
		return nil, err
	}
	host, err := h.reach(ctx, cfg.Engine)
	if err != nil {
		return nil, err
	}
	return host.Open(ctx, cfg, with, s.emit)
}

// exposing returns the app with the ports that its image will expose, where all are to be published. An EXPOSE that is added later
// is not seen.
func exposing(ctx context.Context, app config.App, p *project.Project, tc project.Toolchain) (config.App, error) {
	if !app.PublishAll {
		return app, nil
	}
	pl, err := p.Plan(ctx, tc, "")
	if err != nil {
		return app, &fault.Error{What: "publishing all ports", Err: err, Hint: "The Dockerfile has to be right from the start for -P. Publish ports with -p, or mend it first."}
	}
	return app.WithExposed(pl.Image)
}

// appSettings returns what the flags say of the app's container, and where it is published.
func appSettings(c config.App) (serve.Settings, []front.Published, error) {
	ports, err := c.Ports()
	if err != nil {
		return serve.Settings{}, nil, err
	}
	s := serve.Settings{Spec: c.Spec(), Ready: c.Readiness(), StopFirst: c.Swap == config.Restart, DrainWithin: c.Drain()}
	if len(ports) == 0 {
		return s, nil, nil
	}
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
func earlierOf(p *project.Project, engine string, cfg config.Config) earlier {
	e := earlier{steps: past.OpenSteps(past.StepsFile(p.Root(), p.Dockerfile())), file: past.BuildFile(p.Root(), p.Dockerfile(), cfg.Service), engine: engine}
	e.commits = past.OfCommits(p.Root(), p.Dockerfile(), cfg.Service, cfg.Target, cfg.Platform)
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
	l.checks.Wait()
	l.images.removing.Wait()
}

// unlessEnded returns err, or nil where it only comes of ctx having ended.
func unlessEnded(ctx context.Context, err error) error {
	if ctx.Err() != nil {
		return nil
	}
	return err
}
