package engine

import (
	"context"
	"maps"
	"os"
	"path/filepath"
	"slices"

	"github.com/stagewatch/stagewatch/engine/config"
	"github.com/stagewatch/stagewatch/engine/event"
	"github.com/stagewatch/stagewatch/engine/fault"
	"github.com/stagewatch/stagewatch/engine/plan"
	"github.com/stagewatch/stagewatch/engine/state"
	"github.com/stagewatch/stagewatch/engine/tree"
)

// OwnRules are the rules that hold in the folder of a local context beside its ignore file.
func OwnRules(c config.Build, root string) (*tree.OwnRules, error) {
	own, err := tree.NewOwnRules(c.Ignore, ours(root), c.Outputs)
	if err != nil {
		return nil, &fault.Error{What: "reading --ignore", Err: err, Hint: "Write --ignore PATTERN as a line of .dockerignore, or --ignore " + tree.NoRules + " for what docker build does."}
	}
	return own, nil
}

// ours returns the folder in which this program keeps files of its own, where it lies below root.
func ours(root string) []string {
	dir := state.Dir("")
	if dir == "" {
		return nil
	}
	rel, err := filepath.Rel(resolved(root), resolved(dir))
	if err != nil || rel == "." || !filepath.IsLocal(rel) {
		return nil
	}
	return []string{filepath.ToSlash(rel)}
}

// resolved is the path without symbolic links, as far as it is there.
func resolved(path string) string {
	if real, err := filepath.EvalSymlinks(path); err == nil {
		return real
	}
	if dir := filepath.Dir(path); dir != path {
		return filepath.Join(resolved(dir), filepath.Base(path))
	}
	return path
}

// makeStateDir makes the folder of files of our own before a context is read that it may lie in: coming later, a
// folder above it would be a change.
func makeStateDir() {
	if dir := state.Dir(""); dir != "" {
		// Who can't write there is told by whoever has to.
		_ = os.MkdirAll(dir, 0o700)
	}
}

// loadRules reads the rules that hold in the folder.
func (f *folder) loadRules() (*tree.Rules, error) {
	rules, err := f.load()
	if err != nil {
		return nil, err
	}
	return rules.With(f.own).Naming(f.named), nil
}

// noteOutputs notes which of the paths that are left out this program writes to, beside those that it knows.
func (f *folder) noteOutputs(left []tree.IgnoredPath) {
	known := f.outputs.Load()
	var paths map[string]bool
	for _, i := range left {
		if known != nil && (*known)[i.Path] || !f.tree.Writes(i.Path) {
			continue
		}
		if paths == nil {
			paths = map[string]bool{}
			if known != nil {
				maps.Copy(paths, *known)
			}
		}
		paths[i.Path] = true
	}
	if paths != nil {
		f.outputs.Store(&paths)
	}
}

// writes reports whether the path is one that this program writes to, for the watcher: there may be thousands of
// notices of it.
func (f *folder) writes(rel string) bool {
	paths := f.outputs.Load()
	return paths != nil && (*paths)[rel] && f.tree.Writes(rel)
}

// admit lets into the contexts what the plan's steps name and own rules leave out, and returns what came and went by it.
func (p *project) admit(ctx context.Context, pl *plan.Plan) (delta, error) {
	var d delta
	named := pl.Named(p.links())
	for _, f := range p.folders {
		// All but a few Dockerfiles name nothing of the kind, and need no second look at the context.
		names := f.own.Lifting(named[f.localName()])
		if slices.Equal(names, f.named) {
			continue
		}
		before := f.named
		f.named = names
		rules, err := f.loadRules()
		if err == nil {
			err = f.apply(ctx, rules, &d)
		}
		if err != nil {
			f.named = before // and once more at the next plan
			return d, err
		}
	}
	return d, nil
}

// leftOut are the paths that own rules leave out of the contexts.
func (p *project) leftOut() []tree.IgnoredPath {
	var all []tree.IgnoredPath
	for _, f := range p.folders {
		for _, i := range f.tree.LeftOut() {
			i.Path = f.show(i.Path)
			all = append(all, i)
		}
	}
	return all
}

// skippedBy groups ignored paths by their rule, in the order in which the rules come up.
func skippedBy(ignored []tree.IgnoredPath) []event.Skipped {
	var out []event.Skipped
	at := map[string]int{}
	for _, i := range ignored {
		rule := i.Rule.String()
		n, ok := at[rule]
		if !ok {
			n = len(out)
			at[rule] = n
			out = append(out, event.Skipped{Reason: event.Ignored, Rule: rule, LeftOut: i.Rule.Own()})
		}
		out[n].Paths = append(out[n].Paths, i.Path)
	}
	return out
}
