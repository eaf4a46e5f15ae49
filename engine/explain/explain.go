// Package explain says what would rerun if some files changed. It builds nothing, and needs no engine.
package explain

import (
	"context"
	"slices"
	"time"

	"github.com/stagewatch/stagewatch/engine/cause"
	"github.com/stagewatch/stagewatch/engine/config"
	"github.com/stagewatch/stagewatch/engine/event"
	"github.com/stagewatch/stagewatch/engine/past"
	"github.com/stagewatch/stagewatch/engine/plan"
	"github.com/stagewatch/stagewatch/engine/project"
	"github.com/stagewatch/stagewatch/engine/redact"
	"github.com/stagewatch/stagewatch/engine/tree"
)

// Changes returns, as events, which stages and steps would rerun if the paths changed, and which of the paths lead to
// nothing and why. It builds nothing and needs no engine: where none answers, it goes by what one reported for the last
// build here. Paths are relative to the working folder, or to the context where they are not found there; a folder
// stands for all that is in it. For the Dockerfile only edits since the last build here count. Without paths,
// everything counts that has changed since then.
func Changes(ctx context.Context, cfg config.Config, changed []string) ([]event.Body, error) {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	engine := &connection{}
	defer engine.close()
	x, err := explaining(ctx, cfg, engine)
	if err != nil {
		return nil, err
	}
	bodies, err := x.explain(ctx, changed)
	if err != nil {
		return nil, x.values.Error(err)
	}
	return x.redacted(slices.Concat(engine.warnings(), warnings(x.without.unknown), bodies)), nil
}

// explanation is what [Changes] finds out.
type explanation struct {
	project *project.Project
	values  *redact.Values
	// memory is what was last built here, nil where nothing is known.
	memory *past.Build
	// tools make plans. They are the engine at host, or without where none answers.
	tools   project.Toolchain
	without *offline
	host    string
	// prev is the plan that plan is compared with.
	plan, prev *plan.Plan
	// anew is the plan as it is if the images of other services, which are the keys, are built anew; nil where none may be.
	anew    *plan.Plan
	rebuilt map[string]string
	links   plan.Tree
	ignored []tree.IgnoredPath
	unused  []string
	changes []plan.Change
	why     cause.Cause
}

// explaining returns the explanation of what cfg builds, to which nothing was added yet.
func explaining(ctx context.Context, cfg config.Config, engine *connection) (*explanation, error) {
	cfg.Once = true
	p, err := project.OpenChecked(ctx, cfg)
	if err != nil {
		return nil, cfg.Values(nil).Error(err)
	}
	x := &explanation{project: p, values: cfg.Values(p.Source()), memory: remembered(p, cfg.Service), without: &offline{}}
	if x.memory != nil {
		x.without.known = &x.memory.Plan.Engine
	}
	x.tools = x.without
	if engine.answers(ctx, cfg) {
		x.tools, x.host = &online{Builder: engine.builder, offline: x.without}, engine.engine.Host
	}
	x.plan, err = p.Plan(ctx, x.tools, "")
	if err == nil {
		_, err = p.Admit(ctx, x.plan)
	}
	if err != nil {
		return nil, x.values.Error(err)
	}
	x.prev, x.links = x.plan, p.Links()
	return x, nil
}

// remembered returns what was last built for a service or, where it never was, of its Dockerfile alone; nil for nothing.
func remembered(p *project.Project, service string) *past.Build {
	m := past.LoadBuild(past.BuildFile(p.Root(), p.Dockerfile(), service), "")
	if m == nil && service != "" {
		m = remembered(p, "")
	}
	return m
}

// explain returns the events for the paths, or for all that changed since the last build.
func (x *explanation) explain(ctx context.Context, changed []string) ([]event.Body, error) {
	if len(changed) == 0 {
		return x.sinceLast(ctx)
	}
	for _, arg := range changed {
		rel, err := x.project.Within(arg)
		if err == nil {
			err = x.take(rel)
		}
		if err != nil {
			return nil, err
		}
	}
	return x.bodies(ctx, time.Time{})
}

// take adds what a write to a path of the main context would change.
func (x *explanation) take(rel string) error {
	switch {
	case x.project.IsDockerfile(rel):
		return x.compare("the Dockerfile")
	case x.project.IsRuleFile(rel):
		return x.compareRules(rel)
	}
	x.add(x.project.Assume(rel))
	return nil
}

// redacted returns the events without the values of build arguments.
func (x *explanation) redacted(bodies []event.Body) []event.Body {
	for i := range bodies {
		bodies[i] = x.values.Body(bodies[i])
	}
	return bodies
}

// add adds what would be changes, if the paths are in the context.
func (x *explanation) add(changes []plan.Change) {
	var inside []plan.Change
	for _, c := range changes {
		if rule, ignored := x.project.Rejects(project.Shown(c)); ignored {
			x.ignored = append(x.ignored, tree.IgnoredPath{Path: project.Shown(c), Rule: rule})
		} else {
			inside = append(inside, c)
		}
	}
	x.addChanges(inside)
}

// addChanges adds changes of the context. A path that an ignore rule keeps out now, and did not when it was last built,
// is one.
func (x *explanation) addChanges(changes []plan.Change) {
	relevant := x.plan.Relevant(changes, x.links)
	x.changes = append(x.changes, relevant...)
	read := make(map[plan.Change]bool, len(relevant))
	for _, c := range relevant {
		read[c] = true
	}
	for _, c := range changes {
		if !read[c] {
			x.unused = append(x.unused, project.Shown(c))
		}
	}
}

// bodies returns the explanation as events.
func (x *explanation) bodies(ctx context.Context, since time.Time) ([]event.Body, error) {
	predictions, err := x.predict(ctx)
	if err != nil {
		return nil, err
	}
	var bodies []event.Body
	for _, s := range project.Skipped(x.ignored) {
		bodies = append(bodies, s)
	}
	if len(x.unused) > 0 {
		bodies = append(bodies, event.Skipped{Paths: x.unused, Reason: event.Unused})
	}
	x.why.Changes, x.why.Read = project.Events(x.changes, nil), x.changes
	e := cause.Planned(x.plan, predictions, x.why, x.project.Name(), past.OpenSteps(past.StepsFile(x.project.Root(), x.project.Dockerfile())))
	e.Paths = project.Paths(x.changes)
	switch {
	case x.why.Dockerfile != "":
		e.Paths = append(e.Paths, x.why.Dockerfile)
	case len(x.changes) == 0:
		e.Reason = cause.Option(predictions)
		switch {
		case e.Reason.Kind != "":
		case len(x.rebuilt) > 0:
			e.Reason = x.reads()
		case !since.IsZero():
			e.Reason.Kind = event.ReasonNothing
		}
	}
	e.Reason.Since = since
	e.Because = e.Reason.String()
	return append(bodies, e), nil
}
