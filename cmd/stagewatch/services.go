package main

import (
	"context"
	"io"
	"maps"
	"path/filepath"
	"slices"
	"time"

	"github.com/stagewatch/stagewatch/engine"
	"github.com/stagewatch/stagewatch/engine/compose"
	"github.com/stagewatch/stagewatch/engine/config"
	"github.com/stagewatch/stagewatch/engine/dockercompose"
	"github.com/stagewatch/stagewatch/engine/event"
	"github.com/stagewatch/stagewatch/engine/explain"
	"github.com/stagewatch/stagewatch/engine/fault"
	"github.com/stagewatch/stagewatch/engine/socket"
	"github.com/stagewatch/stagewatch/ui"
	"github.com/stagewatch/stagewatch/ui/story"
)

// servicesOf returns what the engine is to do for a project.
func servicesOf(p *compose.Project, o compose.Options, all config.Config) (engine.Services, error) {
	out := engine.Services{
		Compose: dockercompose.Options{Name: p.Name, Dir: p.Dir, Files: p.Files, EnvFiles: o.EnvFiles, Profiles: o.Profiles},
		Engine:  all.Engine, After: map[string]map[string]compose.Condition{}, On: map[string][]string{},
		File: p.FileName(), Sources: p.Sources,
	}
	last := p
	out.Edits = func(ctx context.Context) ([]compose.Edit, error) {
		next, err := compose.Read(ctx, o)
		if err != nil {
			return nil, err
		}
		edits := last.Edits(next)
		last = next
		return edits, nil
	}
	for i, s := range p.Services {
		out.After[s.Name] = s.Run.After
		if !s.Built {
			out.Others = append(out.Others, s.Name)
			continue
		}
		p.Services[i].Lacks = append(s.Lacks, s.Run.Lacks...)
		if err := possible("running", p.Services[i]); err != nil {
			return out, err
		}
		cfg := s.Config(all)
		cfg.App = config.App{
			Name: s.Run.Container, Publish: s.Run.Publish, Portless: len(s.Run.Publish) == 0, Swap: all.Swap,
			DrainTimeout: all.DrainTimeout, ReadyTimeout: all.ReadyTimeout, Reload: all.Reload,
		}
		if s.Run.StopFirst {
			cfg.Swap = config.Restart
		}
		out.Built = append(out.Built, cfg)
		out.On[s.Name] = slices.Sorted(maps.Values(s.On))
	}
	if len(out.Built) == 0 {
		return out, &fault.Error{What: "running the services of " + p.FileName() + ": none of them is built", Hint: "Name services with a build section, or build a Dockerfile with --no-compose."}
	}
	return out, nil
}

// serveServices builds and runs the services of a project until the person quits. Opener returns the one of a service.
func serveServices(ctx context.Context, p *compose.Project, s engine.Services, f face, opener func(service string) *opener) error {
	record, err := f.create(ctx, s.Built[0].Outputs)
	if err != nil {
		return err
	}
	intents := make(chan event.Intent, 16)
	pass, silent := answeringAll(sessionsOf(p, s), intents)
	defer silent()
	start := func(ctx, unread context.Context, events chan<- event.Event) error {
		defer context.AfterFunc(ctx, silent)()
		return engine.RunServices(ctx, unread, s, intents, events)
	}
	_, shown, err := f.through(ctx, start, func(ctx context.Context, stop func(), out io.Writer, events <-chan event.Event, ended chan error) (*story.Story, error) {
		events = pass(recording(after(explain.Notes(p), events), record))
		if f.kind != faceTTY {
			return nil, f.stream(out, events, func(event.Event) {})
		}
		go closeOn(ended, stop)
		return nil, noTerminal(ui.RunServices(ctx, dashboards(ctx, s, f, opener, intents), events, ui.Options{Lent: lending(ctx), NoMouse: f.noMouse}))
	})
	if err != nil {
		return err
	}
	return shown
}

// sessionsOf returns how the sessions of a project's services are found.
func sessionsOf(p *compose.Project, s engine.Services) []socket.Session {
	var out []socket.Session
	now := time.Now()
	for _, cfg := range s.Built {
		out = append(out, socket.Session{Context: cfg.Context, Dockerfile: cfg.File, Service: cfg.Service, Project: p.Dir, Started: now})
	}
	return out
}

// dashboards are what the dashboard of each service needs.
func dashboards(ctx context.Context, s engine.Services, f face, opener func(service string) *opener, intents chan<- event.Intent) []ui.Service {
	var out []ui.Service
	for _, cfg := range s.Built {
		f.opener = opener(cfg.Service)
		opt := f.dashboard(ctx, cfg)
		opt.Context = cfg.Service
		opt.Send = func(i event.Intent) { intents <- event.ForService{Service: cfg.Service, Intent: i} }
		out = append(out, ui.Service{Name: cfg.Service, Options: opt})
	}
	for _, name := range s.Others {
		out = append(out, ui.Service{Name: name, Companion: true, Options: ui.Options{Context: filepath.Base(s.Compose.Dir) + "/" + name, Copy: clipboard(), SaveLog: saveLog(nil), NoMouse: f.noMouse}})
	}
	return out
}
