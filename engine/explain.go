package engine

import (
	"cmp"
	"context"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"

	"github.com/stagewatch/stagewatch/engine/event"
	"github.com/stagewatch/stagewatch/engine/plan"
	"github.com/stagewatch/stagewatch/engine/state"
	"github.com/stagewatch/stagewatch/engine/tree"
)

// offline plans with no engine at hand.
type offline struct{ plan.Offline }

func (offline) planInput(*plan.Input) {}

// Explain tells which stages and steps would rerun if the paths changed, and which of the paths lead to
// nothing and why. It needs no engine and builds nothing. Paths are relative to the working folder, or to
// the context where they are not found there; a folder stands for all that is in it. Of the Dockerfile what was
// edited counts, since it was last built here; with no paths, all that changed since then.
func Explain(ctx context.Context, cfg Config, changed []string) (bodies []event.Body, err error) {
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
	p, err := openProject(ctx, cfg)
	if err != nil {
		return nil, err
	}
	source = p.source
	pl, err := p.plan(ctx, offline{}, "")
	if err != nil {
		return nil, err
	}
	if _, err := p.admit(ctx, pl); err != nil {
		return nil, err
	}
	x := explanation{project: p, plan: pl, prev: pl, links: p.links()}
	if len(changed) == 0 {
		return x.sinceLast(ctx)
	}
	for _, arg := range changed {
		rel, err := p.within(arg)
		if err != nil {
			return nil, err
		}
		switch abs := p.main().abs(rel); {
		case p.isDockerfile(abs):
			err = x.compare(ctx, loadMemory(p.memoryFile(), ""))
		case slices.Contains(p.main().ruleFiles, abs):
			err = x.compareRules(loadMemory(p.memoryFile(), ""), rel)
		default:
			x.add(p.main().changed(p.assume(rel)))
		}
		if err != nil {
			return nil, err
		}
	}
	return x.bodies(""), nil
}

// explanation is what Explain finds out.
type explanation struct {
	project *project
	// prev is the plan that plan is compared with.
	plan, prev *plan.Plan
	links      links
	ignored    []tree.IgnoredPath
	unused     []string
	changes    []plan.Change
	why        reason
}

// add takes in what would be changes, if the paths are in the context.
func (x *explanation) add(changes []plan.Change) {
	var inside []plan.Change
	for _, c := range changes {
		if rule, ignored := x.project.main().tree.Rejects(c.Path); ignored {
			x.ignored = append(x.ignored, tree.IgnoredPath{Path: c.Path, Rule: rule})
		} else {
			inside = append(inside, c)
		}
	}
	x.take(inside)
}

// take takes in changes of the context. What an ignore rule keeps out now, and did not when it was built, is one.
func (x *explanation) take(changes []plan.Change) {
	relevant := x.plan.Relevant(changes, x.links)
	x.changes = append(x.changes, relevant...)
	read := make(map[plan.Change]bool, len(relevant))
	for _, c := range relevant {
		read[c] = true
	}
	for _, c := range changes {
		if !read[c] {
			x.unused = append(x.unused, c.Path)
		}
	}
}

// compareRules takes in what the ignore file lets in or keeps out, other than when it was last built.
func (x *explanation) compareRules(m *memory, rel string) error {
	if m == nil {
		return &Problem{What: "comparing the ignore file: nothing was built here yet", Hint: "Build once with stagewatch build; from then on plan tells what an edit of the ignore file reruns."}
	}
	changes := m.byRules(x.project, m.since(x.project))
	x.take(x.project.main().changed(changes))
	if len(x.changes) > 0 {
		x.why.rules = rel
	}
	// As a file of the context it may be copied like any other.
	if ignored, _ := x.project.main().rules.Match(rel); !ignored {
		x.add(x.project.main().changed(x.project.assume(rel)))
	}
	return nil
}

// compare takes in how the Dockerfile and its build arguments differ from those that were last built. The old one is
// converted anew: what an engine knew of its bases is not known here.
func (x *explanation) compare(ctx context.Context, m *memory) error {
	if m == nil || m.Plan.Dockerfile == "" {
		return &Problem{What: "comparing the Dockerfile: nothing was built here yet", Hint: "Build once with stagewatch build; from then on plan tells what an edit of the Dockerfile reruns."}
	}
	before := *x.project
	before.attrs = m.Plan.Attrs(x.project.attrs)
	prev, err := before.planOf(ctx, offline{}, []byte(m.Plan.Dockerfile), "")
	if err != nil {
		return fmt.Errorf("converting the Dockerfile that was last built: %w", err)
	}
	x.prev = prev
	if m.Plan.Dockerfile != string(x.project.source) {
		x.why.take(x.plan, prev, x.project)
	}
	return nil
}

// sinceLast explains all that changed since the last build.
func (x *explanation) sinceLast(ctx context.Context) ([]event.Body, error) {
	m := loadMemory(x.project.memoryFile(), "")
	if m == nil {
		return nil, &Problem{What: "comparing with the last build: nothing was built here yet", Hint: "Build once with stagewatch build, or name the paths that would change."}
	}
	if m.Plan.Dockerfile != string(x.project.source) || !maps.Equal(m.Plan.Attrs(x.project.attrs), x.project.attrs) {
		if err := x.compare(ctx, m); err != nil {
			return nil, err
		}
	}
	names := x.project.names()
	since := slices.DeleteFunc(m.since(x.project), func(c event.Change) bool {
		// What these say is compared, and not that they were written to.
		path := x.project.main().abs(c.Path)
		rules := slices.Contains(names, path) || slices.Contains(x.project.main().ruleFiles, path)
		return rules && !x.plan.Reads(plan.Change{Change: c}, x.links)
	})
	x.take(x.project.main().changed(since))
	if n := len(x.changes); n > 0 && len(m.byRules(x.project, fileChanges(x.changes))) == n {
		x.why.rules = x.project.ruleFile()
	}
	return x.bodies(" since " + m.At.Local().Format("2 Jan 15:04")), nil
}

// bodies are the events that tell of it.
func (x *explanation) bodies(since string) []event.Body {
	var bodies []event.Body
	for _, s := range skippedBy(x.ignored) {
		bodies = append(bodies, s)
	}
	if len(x.unused) > 0 {
		bodies = append(bodies, event.Skipped{Paths: x.unused, Reason: event.Unused})
	}
	x.why.changes = changeEvents(x.changes, nil)
	predictions := x.plan.Predict(x.prev, x.changes, x.links)
	e := planEvent(x.plan, predictions, x.why, x.project.name(), openHistory(state.Dir("steps"), x.project.root, x.project.dockerfile))
	e.Paths = paths(x.changes)
	switch {
	case x.why.dockerfile != "":
		e.Paths = append(e.Paths, x.why.dockerfile)
	case len(x.changes) == 0:
		e.Because = changedArgument(predictions)
		if e.Because == "" && since != "" {
			e.Because = "nothing changed"
		}
	}
	e.Because += since
	return append(bodies, e)
}

// within brings a path that a person gave into the context's terms: one of the working folder where that
// lies in the context, else one of the context.
func (p *project) within(arg string) (string, error) {
	abs, err := filepath.Abs(arg)
	if err != nil {
		return "", err
	}
	if rel, err := filepath.Rel(p.root, abs); err == nil && filepath.IsLocal(rel) {
		return filepath.ToSlash(rel), nil
	}
	if !filepath.IsLocal(arg) {
		return "", &Problem{What: fmt.Sprintf("planning for %s: it is not in the context %s", arg, p.root), Hint: "Give paths inside of the context."}
	}
	return filepath.ToSlash(filepath.Clean(arg)), nil
}

// assume is what a change of the path would be: of its content where it is there, its coming where it is not.
func (p *project) assume(rel string) []event.Change {
	abs := filepath.Join(p.root, filepath.FromSlash(rel))
	info, err := os.Lstat(abs)
	switch {
	case err != nil:
		return []event.Change{{Path: rel, Kind: event.Added}}
	case !info.IsDir():
		return []event.Change{{Path: rel, Kind: event.ContentChanged}}
	}
	var changes []event.Change
	_ = filepath.WalkDir(abs, func(path string, d fs.DirEntry, err error) error {
		if err == nil && !d.IsDir() {
			inner, _ := filepath.Rel(p.root, path)
			changes = append(changes, event.Change{Path: filepath.ToSlash(inner), Kind: event.ContentChanged})
		}
		return nil
	})
	slices.SortFunc(changes, func(a, b event.Change) int { return cmp.Compare(a.Path, b.Path) })
	return changes
}
