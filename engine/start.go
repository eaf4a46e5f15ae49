package engine

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync/atomic"
	"time"

	"github.com/stagewatch/stagewatch/engine/config"
	"github.com/stagewatch/stagewatch/engine/desk"
	"github.com/stagewatch/stagewatch/engine/dock"
	"github.com/stagewatch/stagewatch/engine/event"
	"github.com/stagewatch/stagewatch/engine/fault"
	"github.com/stagewatch/stagewatch/engine/front"
	"github.com/stagewatch/stagewatch/engine/redact"
	"github.com/stagewatch/stagewatch/engine/run"
	"github.com/stagewatch/stagewatch/engine/serve"
	"github.com/stagewatch/stagewatch/engine/solve"
	"github.com/stagewatch/stagewatch/engine/state"
)

// Run does all that cfg asks for until ctx ends, or with [config.Session.Once] until the one build is done. It sends
// what happens to events, which it closes at the end, and takes what a person asks for from intents.
// Everything that it made on the engine and that nobody asked to keep is gone when it returns.
//
// A face that stops reading events must end quit, or Run waits for it.
func Run(ctx, quit context.Context, cfg config.Config, intents <-chan event.Intent, events chan<- event.Event) (err error) {
	var values atomic.Pointer[redact.Values]
	out := desk.NewOutbox(func(body event.Body) event.Body { return values.Load().Body(body) })
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
		emit(event.Warning{Code: "dockerfile-pipe", Message: fmt.Sprintf("waiting for %s, a pipe, to be written and closed", file)})
	}
	p, c, err := openBoth(ctx, cfg, emit)
	if err != nil {
		return unlessEnded(ctx, err)
	}
	defer func() { err = errors.Join(err, p.close()) }()
	busy := false
	defer func() { err = errors.Join(err, c.close(ctx, busy)) }()

	cfg = c.named(cfg)
	values.Store(cfg.Values(p.source))
	p.attrs["label:"+dock.Label] = c.session.ID
	work, stop := context.WithCancel(ctx)
	defer stop()
	d := desk.New(work, out)
	l := &loop{Desk: d, cfg: cfg, project: p, builder: c, outside: c, values: &values, turn: make(chan struct{}, 1), turns: buildTurns()}
	l.history = openHistory(state.Dir("steps"), p.root, p.dockerfile)
	l.host, l.memoryFile = c.engine.Host, p.memoryFile()
	l.memory = loadMemory(l.memoryFile, l.host)
	if c.session.Unkept != nil {
		// It has been told that the folder is of no use.
		l.unkept.Do(func() {})
	}
	l.sizes = &sizes{Desk: d, l: l, images: c.images, insight: newInsight(c), files: inspection{wanted: cfg.Inspect}, before: cfg.Before, made: map[string]bool{}}
	l.engine = &engineWatch{Desk: d, pinger: c, returned: l.resume}
	in := inputs{intents: intents}
	if !cfg.Once {
		g, err := l.open(work, c, emit)
		if err != nil {
			return err
		}
		defer func() {
			closing, cancel := context.WithTimeout(context.WithoutCancel(ctx), time.Second)
			defer cancel()
			_ = g.Close(closing)
		}()
		in.batches, in.notices = p.watch(work)
		l.engine.follow()
		emit(event.Watching{On: true, Mode: p.main().watcher.Mode(), Files: p.files()})
	}
	err = l.run(in)
	busy = l.job != nil || len(l.superseded) > 0 || l.sizes.cancel != nil
	stop()
	l.wait()
	l.kept(l.history.save())
	return err
}

// openBoth reads the project while it connects to the engine: with a large context, neither is quick. Where both
// fail, what is wrong with the project is told.
func openBoth(ctx context.Context, cfg config.Config, emit func(event.Body)) (*project, *connection, error) {
	connecting, giveUp := context.WithCancel(ctx)
	defer giveUp()
	var p *project
	var broken error
	read := make(chan struct{})
	go func() {
		defer close(read)
		if p, broken = openProject(ctx, cfg); broken != nil {
			giveUp()
		}
	}()
	c, err := connect(connecting, cfg, emit)
	<-read
	switch {
	case broken != nil && err == nil:
		return nil, nil, errors.Join(broken, c.close(ctx, false))
	case broken != nil:
		return nil, nil, broken
	case err != nil && solve.OutOfFiles(err):
		what, hint := solve.NoFiles()
		return nil, nil, errors.Join(&fault.Error{What: what, Hint: hint}, p.close())
	case err != nil:
		return nil, nil, errors.Join(err, p.close())
	}
	return p, c, nil
}

// serving returns what the flags say of the app's container, and where it is published.
func serving(c config.App) (serve.Settings, []front.Published, error) {
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

// open makes the loop one that also runs and serves what it builds.
func (l *loop) open(ctx context.Context, c *connection, emit func(event.Body)) (serve.Ports, error) {
	settings, published, err := serving(l.cfg.App)
	if err != nil {
		return nil, err
	}
	runner := run.New(ctx, c.engine, c.session.Labels())
	if err := runner.Check(ctx, settings.Spec); err != nil {
		return nil, err
	}
	for _, name := range settings.Spec.FolderNames() {
		emit(event.Warning{Code: "volume-name", Message: fmt.Sprintf("--volume %s mounts a volume of the engine, and not the folder of that name", name), Hint: fmt.Sprintf("For the folder write --volume ./%s", name)})
	}
	ports, err := serve.OpenPorts(ctx, published, serve.Opening{
		Holder: func(addr string) string { return runner.WhoHolds(ctx, addr) },
		Emit:   emit,
		Free:   func() { l.Do(func() { l.app.PortFree() }) },
	})
	if err != nil {
		return nil, err
	}
	l.app = serve.New(l.Desk, serve.OnEngine(runner), ports, settings, l.hooks())
	return ports, nil
}

// hooks are what the app asks of the loop.
func (l *loop) hooks() serve.Hooks {
	return serve.Hooks{
		Edits:   func() int { return l.pending.edits },
		Freed:   l.collect,
		Suspect: l.engine.check,
		Silent:  func(ctx context.Context) bool { return silent(ctx, l.engine.pinger) },
		Retry: func(err error, again func()) bool {
			if !solve.OutOfFiles(err) {
				return false
			}
			l.block(descriptors, again)
			return true
		},
		Redact: func(s front.Status) front.Status { return withoutValues(s, l.values.Load()) },
	}
}

// withoutValues returns what the waiting page shows without the values.
func withoutValues(s front.Status, v *redact.Values) front.Status {
	s.Title, s.Detail = v.Text(s.Title), v.Text(s.Detail)
	s.Excerpt = slices.Clone(s.Excerpt)
	for i := range s.Excerpt {
		s.Excerpt[i].Text = v.Text(s.Excerpt[i].Text)
	}
	return s
}

// wait lets everything that goes on beside the loop come to its end.
func (l *loop) wait() {
	l.running.Wait()
	l.audits.Wait()
	if l.app != nil {
		l.app.Quit()
	}
	l.sizes.background.Wait()
}

// unlessEnded is err, but for what only comes of being asked to end.
func unlessEnded(ctx context.Context, err error) error {
	if ctx.Err() != nil {
		return nil
	}
	return err
}
