package engine

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/docker/docker/api/types/events"
	"github.com/docker/docker/api/types/filters"
	"github.com/moby/buildkit/session"

	"github.com/stagewatch/stagewatch/engine/build"
	"github.com/stagewatch/stagewatch/engine/dock"
	"github.com/stagewatch/stagewatch/engine/event"
	"github.com/stagewatch/stagewatch/engine/image"
	"github.com/stagewatch/stagewatch/engine/plan"
	"github.com/stagewatch/stagewatch/engine/run"
)

// Run does all that cfg asks for until ctx ends, or with Config.Once until the one build is done. It sends
// what happens to events, which it closes at the end, and takes what a person asks for from intents.
// Everything that it made on the engine and that nobody asked to keep is gone when it returns.
//
// A face that stops reading events must end quit, or Run waits for it.
func Run(ctx, quit context.Context, cfg Config, intents <-chan event.Intent, events chan<- event.Event) (err error) {
	out := newOutbox()
	sent := make(chan struct{})
	go func() {
		defer close(sent)
		out.run(quit, events)
	}()
	defer func() {
		out.close()
		<-sent
	}()
	emit := func(body event.Body) { out.put(event.Event{Time: time.Now(), Body: body}) }

	if err := cfg.check(); err != nil {
		return err
	}
	p, err := openProject(ctx, cfg)
	if err != nil {
		return unlessEnded(ctx, err)
	}
	defer func() { err = errors.Join(err, p.close()) }()
	c, err := connect(ctx, &cfg, emit)
	if err != nil {
		return unlessEnded(ctx, err)
	}
	busy := false
	defer func() { err = errors.Join(err, c.close(ctx, busy)) }()

	p.attrs["label:"+dock.Label] = c.session.ID
	work, stop := context.WithCancel(ctx)
	defer stop()
	l := &loop{cfg: cfg, project: p, builder: c, outside: c, out: out, tasks: make(chan func()), turn: make(chan struct{}, 1), ctx: work}
	l.history = openHistory(stateDir("steps"), p.root, p.dockerfile)
	l.host, l.memoryFile = c.engine.Host, p.memoryFile()
	l.memory = loadMemory(l.memoryFile, l.host)
	l.sizes = &sizes{l: l, images: c.images, insight: newInsight(c), files: inspection{wanted: cfg.Inspect}, before: cfg.Before, made: map[string]bool{}}
	l.engine = &engineWatch{l: l, pinger: c}
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
	return errors.Join(err, l.history.save())
}

// open makes the loop one that also runs and serves what it builds.
func (l *loop) open(ctx context.Context, c *connection, emit func(event.Body)) (gates, error) {
	runner := run.New(ctx, c.engine, c.session.Labels())
	a := &app{l: l, runner: starter{runner}, restartSwap: l.cfg.Swap == "restart"}
	a.spec = run.Spec{Name: l.cfg.Name, Env: l.cfg.Env, EnvFiles: l.cfg.EnvFiles, Volumes: l.cfg.Volumes, Network: l.cfg.Network}
	if err := runner.Check(ctx, a.spec); err != nil {
		return nil, err
	}
	holder := func(addr string) string { return runner.WhoHolds(ctx, addr) }
	var gs gates
	for i, value := range l.cfg.Published() {
		pub, err := ParsePublish(value)
		if err == nil {
			opened := func() {}
			if i == 0 {
				opened = func() { l.do(a.opened) }
			}
			var g *gate
			if g, err = openGate(ctx, pub, holder, emit, opened); err == nil {
				gs = append(gs, g)
			}
		}
		if err != nil {
			return nil, errors.Join(err, gs.Close(ctx))
		}
		if i == 0 {
			a.spec.Port = pub.Port
		} else {
			a.spec.MorePorts = append(a.spec.MorePorts, pub.Port)
		}
	}
	a.door = gs
	l.app = a
	return gs, nil
}

// wait lets everything that goes on beside the loop come to its end.
func (l *loop) wait() {
	l.running.Wait()
	l.audits.Wait()
	if l.app != nil {
		l.app.quit()
	}
	l.sizes.background.Wait()
}

// connection is the engine with all that is connected to it.
type connection struct {
	*build.Builder
	engine  *dock.Engine
	session *dock.Session
	images  *image.Store
	reader  *image.Reader
}

// connect finds the engine, begins a session on it, and clears what dead sessions left.
func connect(ctx context.Context, cfg *Config, emit func(event.Body)) (*connection, error) {
	e, err := dock.Connect(ctx, cfg.Engine)
	if err != nil {
		return nil, err
	}
	c := &connection{engine: e}
	info, err := e.Info(ctx)
	if err != nil {
		return nil, errors.Join(err, e.Close())
	}
	emit(info)
	if c.session, err = dock.NewSession(e.Host); err != nil {
		return nil, errors.Join(err, e.Close())
	}
	swept, err := e.Sweep(ctx, c.session)
	if err != nil && ctx.Err() == nil {
		emit(event.Warning{Code: "leftovers", Message: err.Error()})
	}
	if swept.Containers+swept.Images > 0 {
		emit(event.Warning{Code: "swept", Message: fmt.Sprintf("removed what an earlier session left: %s, %s", count(swept.Containers, "container"), count(swept.Images, "image"))})
	}
	attachables, err := attach(cfg)
	if err == nil {
		c.Builder, err = build.New(ctx, e, attachables...)
	}
	if err == nil {
		c.reader, err = image.NewReader(ctx, e, attachables...)
	}
	if err == nil {
		err = c.chooseTag(ctx, cfg, emit)
	}
	if err != nil {
		return nil, errors.Join(err, c.session.Close(), e.Close())
	}
	c.images = image.New(e, c.session.ID, info.Store)
	return c, nil
}

// chooseTag settles the image's name. A name that nobody asked for, and that is some other image's, is left
// to it.
func (c *connection) chooseTag(ctx context.Context, cfg *Config, emit func(event.Body)) error {
	if cfg.Tag != "" {
		return nil
	}
	name := imageName(cfg.Context)
	if cfg.Name == "" {
		cfg.Name = name
	}
	cfg.Tag = name + ":latest"
	for n := 1; c.has(ctx, cfg.Tag); n++ {
		cfg.Tag = fmt.Sprintf("%s:stagewatch-%d", name, n)
	}
	if cfg.Tag != name+":latest" {
		emit(event.Warning{Code: "tag-taken", Message: fmt.Sprintf("there is an image %s:latest already, which stays as it is; ours is %s", name, cfg.Tag), Hint: "Name ours with -t."})
	}
	return c.session.OwnTag(cfg.Tag)
}

func (c *connection) has(ctx context.Context, tag string) bool {
	_, err := c.engine.Client.ImageInspect(ctx, tag)
	return err == nil
}

func (c *connection) planInput(in *plan.Input) {
	in.Caps, in.Platform = c.Caps(), c.Platform()
}

// Pruned asks the engine whether its build cache was pruned since then.
func (c *connection) Pruned(ctx context.Context, since time.Time) (bool, error) {
	return c.engine.Pruned(ctx, since)
}

// Ping asks the engine and its BuildKit for a sign of life.
func (c *connection) Ping(ctx context.Context) error {
	if _, err := c.engine.Client.Ping(ctx); err != nil {
		return err
	}
	return c.Builder.Ping(ctx)
}

// Broken follows the engine's events of the session, for the end of the stream alone.
func (c *connection) Broken(ctx context.Context) {
	news, broken := c.engine.Client.Events(ctx, events.ListOptions{Filters: filters.NewArgs(filters.Arg("label", dock.Label+"="+c.session.ID))})
	for {
		select {
		case <-news:
		case <-broken:
			return
		}
	}
}

// Info tells which engine answers.
func (c *connection) Info(ctx context.Context) (event.Engine, error) { return c.engine.Info(ctx) }

// lateExport is how long an engine may take to notice that a solve was canceled, and until then may still
// put its image into the store.
const lateExport = 500 * time.Millisecond

// close takes away what the session made, but for an image that was asked for by name, and disconnects. busy
// tells that a solve was canceled just now.
func (c *connection) close(ctx context.Context, busy bool) error {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), cleanWithin)
	defer cancel()
	_, err := c.engine.Clean(ctx, c.session)
	if busy {
		// Nothing tells when the engine is done with it.
		time.Sleep(lateExport)
		_, err = c.engine.Clean(ctx, c.session)
	}
	// A session that was killed just before this one began may have had its engine make something after we looked.
	_, _ = c.engine.Sweep(ctx, c.session)
	end := c.session.Close
	if err != nil {
		err = &Problem{What: "cleaning up", Err: err, Hint: "What is left carries our label: the next start removes it."}
		end = c.session.Leave
	}
	return errors.Join(err, c.reader.Close(), c.Builder.Close(), end(), c.engine.Close())
}

// unlessEnded is err, but for what only comes of being asked to end.
func unlessEnded(ctx context.Context, err error) error {
	if ctx.Err() != nil {
		return nil
	}
	return err
}

// count words a number of things.
func count(n int, thing string) string {
	if n == 1 {
		return "1 " + thing
	}
	return fmt.Sprintf("%d %ss", n, thing)
}

// stateDir is a folder of ours under the user's cache, empty where there is none.
func stateDir(name string) string {
	dir, err := os.UserCacheDir()
	if err != nil {
		return ""
	}
	return filepath.Join(dir, "stagewatch", name)
}

// attach makes what serves secrets, ssh agents and registry credentials to builds.
func attach(cfg *Config) ([]session.Attachable, error) {
	var out []session.Attachable
	out = append(out, build.Credentials())
	if len(cfg.Secrets) > 0 {
		a, err := build.Secrets(cfg.Secrets)
		if err != nil {
			return nil, &Problem{What: "reading --secret " + strings.Join(cfg.Secrets, " "), Err: err, Hint: "Write --secret id=NAME,src=FILE or --secret id=NAME,env=VARIABLE."}
		}
		out = append(out, a)
	}
	if len(cfg.SSH) > 0 {
		a, err := build.SSH(cfg.SSH)
		if err != nil {
			return nil, &Problem{What: "reading --ssh " + strings.Join(cfg.SSH, " "), Err: err, Hint: "Write --ssh default or --ssh NAME=SOCKET."}
		}
		out = append(out, a)
	}
	return out, nil
}
