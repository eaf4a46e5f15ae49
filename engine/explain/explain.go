// Package explain says what would rerun if some files changed. It builds nothing, and needs no engine.
package explain

import (
	"context"
	"time"

	"github.com/stagewatch/stagewatch/engine/cause"
	"github.com/stagewatch/stagewatch/engine/config"
	"github.com/stagewatch/stagewatch/engine/event"
	"github.com/stagewatch/stagewatch/engine/past"
	"github.com/stagewatch/stagewatch/engine/plan"
	"github.com/stagewatch/stagewatch/engine/project"
	"github.com/stagewatch/stagewatch/engine/tree"
)

// Changes returns, as events, which stages and steps would rerun if the paths changed, and which of the paths lead to
// nothing and why. It builds nothing and needs no engine: where none answers, it goes by what one reported for the last
// build here. Paths are relative to the working folder, or to the context where they are not found there; a folder
// stands for all that is in it. For the Dockerfile only edits since the last build here count. Without paths,
// everything counts that has changed since then.
func Changes(ctx context.Context, cfg config.Config, changed []string) (bodies []event.Body, err error) {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	cfg.Once = true
	var source []byte
	defer func() {
		values := cfg.Values(source)
		for i := range bodies {
			bodies[i] = values.Body(bodies[i])
		}
		err = values.Error(err)
	}()
	p, err := project.OpenChecked(ctx, cfg)
	if err != nil {
		return nil, err
	}
	source = p.Source()
	x := explanation{project: p, memory: past.LoadBuild(past.BuildFile(p.Root(), p.Dockerfile()), ""), without: &offline{}}
	if x.memory != nil {
		x.without.known = &x.memory.Plan.Engine
	}
	x.tools = x.without
	if on, err := answering(ctx, cfg, x.without); err == nil {
		defer on.close()
		x.tools, x.host = on, on.engine.Host
	}
	if x.plan, err = p.Plan(ctx, x.tools, ""); err != nil {
		return nil, err
	}
	if _, err := p.Admit(ctx, x.plan); err != nil {
		return nil, err
	}
	x.prev, x.links = x.plan, p.Links()
	if len(changed) == 0 {
		return x.sinceLast(ctx)
	}
	for _, arg := range changed {
		rel, err := p.Within(arg)
		if err != nil {
			return nil, err
		}
		switch {
		case p.IsDockerfile(rel):
			err = x.compare("the Dockerfile")
		case p.IsRuleFile(rel):
			err = x.compareRules(rel)
		default:
			x.add(p.Assume(rel))
		}
		if err != nil {
			return nil, err
		}
	}
	return x.bodies(ctx, time.Time{})
}

// explanation is what [Changes] finds out.
type explanation struct {
	project *project.Project
	// memory is what was last built here, nil where nothing is known.
	memory *past.Build
	// tools make plans. They are the engine at host, or without where none answers.
	tools   project.Toolchain
	without *offline
	host    string
	// prev is the plan that plan is compared with.
	plan, prev *plan.Plan
	links      plan.Tree
	ignored    []tree.IgnoredPath
	unused     []string
	changes    []plan.Change
	why        cause.Cause
}

// add adds what would be changes, if the paths are in the context.
func (x *explanation) add(changes []plan.Change) {
	var inside []plan.Change
	for _, c := range changes {
		if rule, ignored := x.project.Rejects(c.Path); ignored {
			x.ignored = append(x.ignored, tree.IgnoredPath{Path: c.Path, Rule: rule})
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
	bodies := x.without.warnings()
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
		if e.Reason.Kind == "" && !since.IsZero() {
			e.Reason.Kind = event.ReasonNothing
		}
	}
	e.Reason.Since = since
	e.Because = e.Reason.String()
	return append(bodies, e), nil
}
