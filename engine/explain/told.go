package explain

import (
	"maps"
	"reflect"
	"slices"
	"time"

	"github.com/stagewatch/stagewatch/engine/compose"
	"github.com/stagewatch/stagewatch/engine/event"
)

// told are the events of one service.
type told struct {
	compose.Service
	bodies   []event.Body
	affected bool
}

// last returns the plan at the end of the events.
func last(bodies []event.Body) (event.Planned, bool) {
	if len(bodies) == 0 {
		return event.Planned{}, false
	}
	planned, ok := bodies[len(bodies)-1].(event.Planned)
	return planned, ok
}

// unaffected returns why a service has no plan: the paths that none of its contexts has and, unless all was said, the
// others, which are a Dockerfile or an ignore file that says what it said.
func (s *services) unaffected(said bool, outside []string) (bodies []event.Body) {
	inside := slices.DeleteFunc(slices.Clone(s.changed), func(path string) bool { return slices.Contains(outside, path) })
	if len(inside) > 0 && !said {
		bodies = append(bodies, event.Skipped{Paths: inside, Reason: event.Unchanged})
	}
	if len(outside) > 0 {
		bodies = append(bodies, event.Skipped{Paths: outside, Reason: event.Outside})
	}
	return bodies
}

// share marks the steps that are the same as those of a service before it.
func (s *services) share(svc compose.Service, steps []event.PlannedStep) {
	type key struct {
		stage string
		index int
		text  string
	}
	for _, other := range s.told {
		if !other.affected || !reflect.DeepEqual(essential(other.Service, true), essential(svc, true)) {
			continue
		}
		planned, _ := last(other.bodies)
		have := map[key]event.Prediction{}
		for _, step := range planned.Steps {
			have[key{step.Stage, step.Index, step.Instruction}] = step.Prediction
		}
		for i := range steps {
			step := &steps[i]
			if p, ok := have[key{step.Stage, step.Index, step.Instruction}]; ok && p == step.Prediction && step.WithService == "" {
				step.WithService = other.Name
			}
		}
	}
}

// events returns all that was found out.
func (s *services) events() ([]event.Event, error) {
	out := Notes(s.project)
	add := func(service string, bodies ...event.Body) {
		for _, b := range bodies {
			out = append(out, event.Event{Time: time.Now(), Service: service, Body: b})
		}
	}
	add("", s.engine.warnings()...)
	add("", warnings(slices.Compact(slices.Sorted(slices.Values(s.unknown))))...)
	add("", s.nowhere()...)
	if s.missed != nil && !slices.ContainsFunc(s.told, told.says) {
		return nil, s.missed
	}
	for _, affected := range []bool{true, false} {
		for _, group := range together(s.told, affected) {
			for i := range group[0].bodies {
				for _, t := range group {
					add(t.Name, t.bodies[i])
				}
			}
		}
	}
	return out, nil
}

// says reports whether anything is told of a build of the service, besides warnings.
func (t told) says() bool {
	return t.Built && slices.ContainsFunc(t.bodies, func(b event.Body) bool {
		_, warning := b.(event.Warning)
		return !warning
	})
}

// together returns the services that are affected, or those that are not, in groups of the same events.
func together(all []told, affected bool) [][]told {
	var groups [][]told
	for _, t := range all {
		if t.affected != affected {
			continue
		}
		i := slices.IndexFunc(groups, func(g []told) bool { return reflect.DeepEqual(g[0].bodies, t.bodies) })
		if i < 0 {
			groups = append(groups, nil)
			i = len(groups) - 1
		}
		groups[i] = append(groups[i], t)
	}
	return groups
}

// nowhere returns what is told of the paths that no context has, and of compose files, wherever they are.
func (s *services) nowhere() []event.Body {
	var outside []string
	var bodies []event.Body
	for i, abs := range s.paths {
		switch {
		case slices.Contains(s.project.Files, abs):
			bodies = append(bodies, event.Warning{
				Code: event.CodeComposeEdit, Key: s.changed[i], Message: "what an edit of " + s.changed[i] + " changes can't be told beforehand; as a file of a build context it counts as any other",
				Hint: "Edit it, and run stagewatch plan without a path: that compares with the last build.",
			})
		case !s.inside[i]:
			outside = append(outside, s.changed[i])
		}
	}
	if len(outside) > 0 && slices.ContainsFunc(s.told, func(t told) bool { return t.affected }) {
		bodies = append(bodies, event.Skipped{Paths: outside, Reason: event.Outside})
	}
	return bodies
}

// names returns the values of a map, sorted and each once.
func names(m map[string]string) []string { return slices.Compact(slices.Sorted(maps.Values(m))) }
