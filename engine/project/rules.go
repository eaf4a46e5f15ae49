package project

import (
	"context"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/stagewatch/stagewatch/engine/config"
	"github.com/stagewatch/stagewatch/engine/event"
	"github.com/stagewatch/stagewatch/engine/fault"
	"github.com/stagewatch/stagewatch/engine/plan"
	"github.com/stagewatch/stagewatch/engine/state"
	"github.com/stagewatch/stagewatch/engine/tree"
)

// mendRules is the hint for an ignore file that can't be read or understood.
const mendRules = "Correct the pattern; docker build refuses it, too."

// ownRules returns the rules that hold in the folder of a local context beside its ignore file.
func ownRules(b config.Build, root string) (*tree.OwnRules, error) {
	own, err := tree.NewOwnRules(b.Ignore, ours(root), b.Outputs)
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

// resolved returns the path without symbolic links, as far as it exists.
func resolved(path string) string {
	if real, err := filepath.EvalSymlinks(path); err == nil {
		return real
	}
	if dir := filepath.Dir(path); dir != path {
		return filepath.Join(resolved(dir), filepath.Base(path))
	}
	return path
}

// loadRules reads the rules that hold in the folder.
func (f *folder) loadRules() (*tree.Rules, error) {
	rules, err := f.load()
	if err != nil {
		return nil, err
	}
	return rules.With(f.own).Naming(f.named), nil
}

// noteOutputs records which of the paths that are left out this program writes to, beside those recorded before.
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

// writes reports whether this program writes to the path. It is quick: the watcher may ask thousands of times.
func (f *folder) writes(rel string) bool {
	paths := f.outputs.Load()
	return paths != nil && (*paths)[rel] && f.tree.Writes(rel)
}

// Admit lets into the contexts what the plan's steps name, even where rules beside the ignore file leave it out, and
// returns what changes by it.
func (p *Project) Admit(ctx context.Context, plans ...*plan.Plan) (Delta, error) {
	var d Delta
	named := map[string][]string{}
	for _, pl := range plans {
		for context, names := range pl.Named(p.Links()) {
			for _, name := range names {
				if !slices.Contains(named[context], name) {
					named[context] = append(named[context], name)
				}
			}
		}
	}
	for _, f := range p.folders {
		// Most Dockerfiles name nothing of the kind. Their contexts need no second look.
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

// LeftOut returns the paths that rules beside the ignore file leave out of the contexts.
func (p *Project) LeftOut() []tree.IgnoredPath {
	var all []tree.IgnoredPath
	for _, f := range p.folders {
		for _, i := range f.tree.LeftOut() {
			i.Path = f.show(i.Path)
			all = append(all, i)
		}
	}
	return all
}

// Rejects returns the rule that keeps a path out of its context, if one does. The path is as a person reads it: that of
// a named context begins with its name and a colon.
func (p *Project) Rejects(shown string) (tree.Rule, bool) {
	for _, f := range p.folders {
		rel, ok := strings.CutPrefix(shown, f.show(""))
		if !ok {
			continue
		}
		if rule, ignored := f.tree.Rejects(rel); ignored {
			return rule, true
		}
	}
	return tree.Rule{}, false
}

// IsRuleFile reports whether a path of the main context is an ignore file of it.
func (p *Project) IsRuleFile(rel string) bool {
	return slices.Contains(p.main().ruleFiles, p.main().abs(rel))
}

// OfControlFiles returns those of the changes that are of the Dockerfile or of ignore files.
func (p *Project) OfControlFiles(changes []plan.Change) []plan.Change {
	names := p.names()
	var out []plan.Change
	for _, c := range changes {
		f := p.folder(c.Context)
		if path := f.abs(c.Path); slices.Contains(names, path) || slices.Contains(f.ruleFiles, path) {
			out = append(out, c)
		}
	}
	return out
}

// RuleFile returns the name of the ignore file that is in force in the main context, as a person knows it.
func (p *Project) RuleFile() string { return p.ruleFileOf(p.main()) }

func (p *Project) ruleFileOf(f *folder) string {
	for _, name := range f.ruleFiles {
		if name == f.rules.Name() {
			return p.shortened(name)
		}
	}
	return ".dockerignore"
}

// ByRules returns those of the changes of the main context that come of its ignore file alone, which had these
// patterns before.
func (p *Project) ByRules(patterns []string, changes []plan.Change) []plan.Change {
	f := p.main()
	if slices.Equal(patterns, f.rules.Patterns()) {
		return nil
	}
	before, err := tree.PatternRules(patterns)
	if err != nil {
		return nil
	}
	before = before.With(f.own).Naming(f.named)
	var out []plan.Change
	for _, c := range changes {
		if c.Context != f.name {
			continue
		}
		rules := before
		if c.Kind == event.Deleted {
			if _, err := os.Lstat(f.abs(c.Path)); err != nil {
				continue
			}
			rules = f.rules
		}
		if ignored, _ := rules.Match(c.Path); ignored {
			out = append(out, c)
		}
	}
	return out
}
