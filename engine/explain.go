package engine

import (
	"cmp"
	"context"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"

	"github.com/stagewatch/stagewatch/engine/event"
	"github.com/stagewatch/stagewatch/engine/plan"
)

// offline plans with no engine at hand.
type offline struct{ plan.Offline }

func (offline) planInput(*plan.Input) {}

// Explain tells which stages and steps would rerun if the paths changed, and which of the paths lead to
// nothing and why. It needs no engine and builds nothing. Paths are relative to the working folder, or to
// the context where they are not found there; a folder stands for all that is in it.
func Explain(ctx context.Context, cfg Config, changed []string) ([]event.Body, error) {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	cfg.Once = true
	p, err := openProject(ctx, cfg)
	if err != nil {
		return nil, err
	}
	pl, err := p.plan(ctx, offline{}, "")
	if err != nil {
		return nil, err
	}
	var bodies []event.Body
	var changes []plan.Change
	links := p.links()
	var unused []string
	for _, arg := range changed {
		rel, err := p.within(arg)
		if err != nil {
			return nil, err
		}
		for _, c := range p.main().changed(p.assume(rel)) {
			if ignored, rule := p.main().rules.Match(c.Path); ignored {
				bodies = append(bodies, event.Skipped{Paths: []string{c.Path}, Reason: event.Ignored, Rule: rule})
				continue
			}
			if !pl.Reads(c, links) {
				unused = append(unused, c.Path)
				continue
			}
			changes = append(changes, c)
		}
	}
	if len(unused) > 0 {
		bodies = append(bodies, event.Skipped{Paths: unused, Reason: event.Unused})
	}
	because := ""
	if len(changes) > 0 {
		because = cause(paths(changes))
	}
	return append(bodies, planEvent(pl, pl.Predict(pl, changes, links), changes, because, p.name())), nil
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
