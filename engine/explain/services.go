package explain

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"time"

	"github.com/stagewatch/stagewatch/engine/compose"
	"github.com/stagewatch/stagewatch/engine/config"
	"github.com/stagewatch/stagewatch/engine/event"
	"github.com/stagewatch/stagewatch/engine/fault"
)

// Services is [Changes] for the services of a compose project. cfg has what the command line says of all builds, and
// paths are relative to the working folder. The events of a service name it. Those of services that the paths affect come
// first, each after those of the services whose image it reads; a service that is not affected has no plan, but says why.
func Services(ctx context.Context, cfg config.Config, p *compose.Project, changed []string) ([]event.Event, error) {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	s := &services{cfg: cfg, project: p, changed: changed, engine: &connection{}, affected: map[string]bool{}}
	defer s.engine.close()
	for _, arg := range changed {
		abs, err := filepath.Abs(arg)
		if err != nil {
			return nil, err
		}
		s.paths = append(s.paths, abs)
	}
	if len(changed) == 0 && !slices.ContainsFunc(p.Services, func(svc compose.Service) bool { return svc.Built }) {
		return nil, &fault.Error{What: fmt.Sprintf("planning the services of %s: none of them is built", p.FileName()), Hint: "Name the paths that would change, or plan a Dockerfile with --no-compose."}
	}
	for _, svc := range p.Services {
		if err := s.explain(ctx, svc); err != nil {
			return nil, fmt.Errorf("planning service %q: %w", svc.Name, err)
		}
	}
	return s.events()
}

// services is what [Services] finds out.
type services struct {
	cfg            config.Config
	project        *compose.Project
	changed, paths []string
	engine         *connection

	// told are the events of each service, in the project's order.
	told []told
	// affected are the names of services that would be built.
	affected map[string]bool
	// inside are the indices of paths that some context has.
	inside map[int]bool
	// unknown are the base images of which nothing is known.
	unknown []string
	// missed is why the first service could not be compared.
	missed error
}

// explain adds the events of one service.
func (s *services) explain(ctx context.Context, svc compose.Service) error {
	t := told{Service: svc}
	var err error
	switch {
	case slices.ContainsFunc(svc.Lacks, func(l compose.Lack) bool { return l.Fatal }):
	case !svc.Built:
		if len(s.changed) > 0 {
			t.bodies = []event.Body{event.Skipped{Paths: s.changed, Reason: event.NotBuilt}}
		}
	case s.like(&t):
	default:
		err = s.plan(ctx, &t)
	}
	if t.affected {
		s.affected[svc.Name] = true
	}
	s.told = append(s.told, t)
	return err
}

// Notes returns what is to be said of a project as it was read: what docker compose warns of, and what its services ask for
// and do not get.
func Notes(p *compose.Project) []event.Event {
	var out []event.Event
	for _, w := range p.Warnings {
		out = append(out, event.Event{Time: time.Now(), Body: event.Warning{Code: event.CodeCompose, Key: w, Message: w}})
	}
	for _, s := range p.Services {
		for _, l := range s.Lacks {
			w := event.Warning{Code: event.CodeComposeLack, Key: l.Attribute, Message: l.String()}
			if l.Fatal {
				w.Hint = "The service is left out. Start it with docker compose."
			}
			out = append(out, event.Event{Time: time.Now(), Service: s.Name, Body: w})
		}
	}
	return out
}

// like takes the events of another service with the same build, if there is one.
func (s *services) like(t *told) bool {
	for _, other := range s.told {
		if other.Built && reflect.DeepEqual(essential(other.Service, false), essential(t.Service, false)) {
			t.bodies, t.affected = other.bodies, other.affected
			return true
		}
	}
	return false
}

// essential returns the settings of a build that decide about its steps, without the names of its image. With stages, the
// target is none of them: builds that only differ there have the same stages.
func essential(svc compose.Service, stages bool) config.Build {
	b := svc.Build
	b.Tags, b.Labels = nil, nil
	if b.Inline != "" {
		b.File = "" // which is made of the service's name
	}
	if stages {
		b.Target = ""
	}
	return b
}

// plan explains a service by a plan of its own.
func (s *services) plan(ctx context.Context, t *told) error {
	x, err := explaining(ctx, t.Config(s.cfg), s.engine)
	if err != nil {
		return err
	}
	bodies, err := s.bodies(ctx, x, t)
	if err != nil {
		return x.values.Error(err)
	}
	t.bodies = x.redacted(bodies)
	if t.affected || len(s.changed) == 0 {
		s.unknown = append(s.unknown, x.without.unknown...)
	}
	return nil
}

// bodies returns the events of a service that is planned, and notes whether it is affected.
func (s *services) bodies(ctx context.Context, x *explanation, t *told) ([]event.Body, error) {
	outside, missed, err := s.take(x)
	if err == nil {
		err = x.rebuild(ctx, s.reread(t.Service))
	}
	if err != nil {
		return nil, err
	}
	var bodies []event.Body
	if len(s.changed) > 0 {
		bodies, err = x.bodies(ctx, time.Time{})
	} else if bodies, err = x.sinceLast(ctx); errors.As(err, &notCompared{}) {
		missed, bodies, err = err, nil, nil
	}
	if err != nil {
		return nil, err
	}
	if missed != nil {
		s.missed = cmp.Or(s.missed, missed)
		bodies = slices.Insert(bodies, 0, event.Body(event.Warning{Code: event.CodeNotCompared, Message: missed.Error(), Hint: fault.Hint(missed)}))
	}
	planned, ok := last(bodies)
	t.affected = ok && (len(x.changes) > 0 || x.why.Dockerfile != "" || slices.ContainsFunc(planned.Steps, func(s event.PlannedStep) bool { return s.Prediction != event.WillHit }))
	switch {
	case !ok || len(s.changed) == 0:
	case t.affected:
		s.share(t.Service, planned.Steps)
	default:
		bodies = append(bodies[:len(bodies)-1], s.unaffected(len(bodies) > 1, outside)...)
	}
	return bodies, nil
}

// take adds the paths to an explanation. It returns those that are in none of its contexts, and why a path could not be
// compared.
func (s *services) take(x *explanation) (outside []string, missed, err error) {
	for i, abs := range s.paths {
		changes, inside := x.project.AssumeNamed(abs)
		x.add(changes)
		rel, main := x.project.Inside(abs)
		switch {
		case main:
			err = x.take(rel)
		case abs == x.project.Dockerfile():
			main, err = true, x.compare("the Dockerfile")
		}
		if errors.As(err, &notCompared{}) {
			missed, err = err, nil
		}
		if err != nil {
			return nil, nil, err
		}
		if inside || main {
			s.note(i)
		} else {
			outside = append(outside, s.changed[i])
		}
	}
	return outside, missed, nil
}

// note records that a path is in a context.
func (s *services) note(i int) {
	if s.inside == nil {
		s.inside = map[int]bool{}
	}
	s.inside[i] = true
}

// reread returns the services whose images the service reads and that would be built, by the images.
func (s *services) reread(svc compose.Service) map[string]string {
	out := map[string]string{}
	for context, name := range svc.On {
		if s.affected[name] {
			out[familiar(strings.TrimPrefix(svc.Build.BuildContexts[context], "docker-image://"))] = name
		}
	}
	return out
}
