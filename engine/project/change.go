package project

import (
	"cmp"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"

	"github.com/stagewatch/stagewatch/engine/event"
	"github.com/stagewatch/stagewatch/engine/fault"
	"github.com/stagewatch/stagewatch/engine/plan"
	"github.com/stagewatch/stagewatch/engine/tree"
)

// Shown returns a changed path as a person reads it: that of a named context begins with its name and a colon.
func Shown(c plan.Change) string {
	if c.Context == "" {
		return c.Path
	}
	return c.Context + ":" + c.Path
}

// Paths returns the changed paths as a person reads them.
func Paths(changes []plan.Change) []string {
	out := make([]string, len(changes))
	for i, c := range changes {
		out[i] = Shown(c)
	}
	return out
}

// Events returns the changes as events have them. Renamed are new paths by old ones: a path that went and the one that
// it became are one change.
func Events(changes []plan.Change, renamed map[string]string) []event.Change {
	kind := make(map[string]string, len(changes))
	for _, c := range changes {
		kind[Shown(c)] = c.Kind
	}
	from, gone := map[string]string{}, map[string]bool{}
	for old, path := range renamed {
		if kind[old] == event.Deleted && kind[path] == event.Added {
			from[path], gone[old] = old, true
		}
	}
	out := make([]event.Change, 0, len(changes))
	for _, c := range changes {
		path := Shown(c)
		switch {
		case gone[path]:
		case from[path] != "":
			out = append(out, event.Change{Path: path, Kind: event.Renamed, From: from[path]})
		default:
			out = append(out, event.Change{Path: path, Kind: c.Kind})
		}
	}
	return out
}

// Skipped groups ignored paths by their rule, in the order in which the rules first occur.
func Skipped(ignored []tree.IgnoredPath) []event.Skipped {
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

// Within returns a path that a person gave as one of the main context: it is relative to the working folder where that
// lies in the context, else to the context.
func (p *Project) Within(arg string) (string, error) {
	abs, err := filepath.Abs(arg)
	if err != nil {
		return "", err
	}
	if rel, ok := p.Inside(abs); ok {
		return rel, nil
	}
	if !filepath.IsLocal(arg) {
		return "", &fault.Error{What: fmt.Sprintf("planning for %s: it is not in the context %s", arg, p.root), Hint: "Give paths inside of the context."}
	}
	return filepath.ToSlash(filepath.Clean(arg)), nil
}

// Assume returns what a write to a path of the main context would change: the content of a file that is there, that of
// all files of a folder, or that a path which is not there comes.
func (p *Project) Assume(rel string) []plan.Change { return p.main().assume(rel) }

// AssumeNamed is [Project.Assume] for a path from the root, in the named contexts that it lies in.
func (p *Project) AssumeNamed(path string) (changes []plan.Change, inside bool) {
	for _, f := range p.folders[1:] {
		if rel, ok := f.within(path); ok {
			changes, inside = append(changes, f.assume(rel)...), true
		}
	}
	return changes, inside
}

// Inside returns a path from the root as one of the main context, if it lies there.
func (p *Project) Inside(path string) (rel string, ok bool) { return p.main().within(path) }

// within returns a path from the root relative to the folder, if it lies there.
func (f *folder) within(path string) (rel string, ok bool) {
	rel, err := filepath.Rel(f.root, path)
	if err != nil || !filepath.IsLocal(rel) {
		return "", false
	}
	return filepath.ToSlash(rel), true
}

func (f *folder) assume(rel string) []plan.Change {
	abs := filepath.Join(f.root, filepath.FromSlash(rel))
	info, err := os.Lstat(abs)
	var changes []event.Change
	switch {
	case err != nil:
		changes = []event.Change{{Path: rel, Kind: event.Added}}
	case !info.IsDir():
		changes = []event.Change{{Path: rel, Kind: event.ContentChanged}}
	default:
		_ = filepath.WalkDir(abs, func(path string, d fs.DirEntry, err error) error {
			if err == nil && !d.IsDir() {
				inner, _ := filepath.Rel(f.root, path)
				changes = append(changes, event.Change{Path: filepath.ToSlash(inner), Kind: event.ContentChanged})
			}
			return nil
		})
		slices.SortFunc(changes, func(a, b event.Change) int { return cmp.Compare(a.Path, b.Path) })
	}
	return f.changed(changes)
}
