package project

import (
	"context"
	"path/filepath"
	"slices"
	"time"

	"github.com/stagewatch/stagewatch/engine/event"
	"github.com/stagewatch/stagewatch/engine/plan"
	"github.com/stagewatch/stagewatch/engine/tree"
	"github.com/stagewatch/stagewatch/watch"
)

// Delta is what a batch of written paths amounts to. All paths but those in Changed are as a person reads them: those of
// a named context begin with its name and a colon.
type Delta struct {
	Changed []plan.Change
	// Renamed are new paths by old ones.
	Renamed map[string]string
	// Unchanged are paths that were written to and are what they were, Ignored those that a rule keeps out.
	Unchanged []string
	Ignored   []tree.IgnoredPath
	// Dockerfile reports that the Dockerfile differs, Rules that the ignore rules do.
	Dockerfile, Rules bool
	// Broke reports that the ignore file can't be read or understood any more, or can be again.
	Broke bool
	// RuleFiles are the ignore files in the batch.
	RuleFiles []string
}

// Update finds out what really changed among the paths of a batch. The Dockerfile itself is read each time, whatever
// was written: names may lead to it that no notice comes for.
func (p *Project) Update(ctx context.Context, b Batch) (Delta, error) {
	f := p.folder(b.Context)
	d, err := f.update(ctx, b.Batch)
	if d.Dockerfile = p.read(); !d.Dockerfile || f != p.main() {
		return d, err
	}
	// The Dockerfile may be ignored as a file of the context: it is built from all the same.
	names := p.names()
	ours := func(name string) bool { return slices.Contains(names, f.abs(name)) }
	d.Ignored = slices.DeleteFunc(d.Ignored, func(i tree.IgnoredPath) bool { return ours(i.Path) })
	d.Unchanged = slices.DeleteFunc(d.Unchanged, ours)
	return d, err
}

// Rescan compares all contexts with the disk.
func (p *Project) Rescan(ctx context.Context) (Delta, error) {
	var all Delta
	for _, f := range p.folders {
		d, err := p.Update(ctx, Batch{f.name, watch.Batch{Rescan: true}})
		if err != nil {
			return all, err
		}
		all.Changed = append(all.Changed, d.Changed...)
		all.Dockerfile = all.Dockerfile || d.Dockerfile
		all.Rules = all.Rules || d.Rules
		all.Broke = all.Broke || d.Broke
	}
	return all, nil
}

// changed returns changes of the tree in the planner's terms.
func (f *folder) changed(changes []event.Change) []plan.Change {
	snap := f.tree.Snapshot()
	out := make([]plan.Change, len(changes))
	for i, c := range changes {
		e, ok := snap.Lookup(c.Path)
		out[i] = plan.Change{Change: c, Context: f.name, Dir: ok && e.Mode.IsDir()}
	}
	return out
}

// update finds out what really changed among the paths of the batch.
func (f *folder) update(ctx context.Context, b watch.Batch) (Delta, error) {
	var d Delta
	var c tree.Changes
	var err error
	before, began := f.tree.Snapshot(), time.Now()
	if b.Rescan {
		c, err = f.tree.Rescan(ctx)
	} else {
		c, err = f.tree.Update(ctx, slices.DeleteFunc(slices.Clone(b.Paths), filepath.IsAbs))
	}
	if err != nil {
		return d, err
	}
	f.noteOutputs(c.Ignored)
	f.followLinks(before, began)
	d.Changed = f.changed(c.Changed)
	d.Renamed = f.renames(before, c.Changed)
	for _, name := range b.Paths {
		if slices.Contains(f.ruleFiles, f.abs(name)) {
			d.RuleFiles = append(d.RuleFiles, f.show(name))
		}
	}
	if b.Rescan || len(d.RuleFiles) > 0 {
		if err := f.reloadRules(ctx, &d); err != nil {
			return d, err
		}
	}
	snap := f.tree.Snapshot()
	for _, rel := range c.Unchanged {
		// An editor's temporary file came and went: it is not worth a word.
		if _, there := snap.Lookup(rel); there {
			d.Unchanged = append(d.Unchanged, f.show(rel))
		}
	}
	for _, i := range c.Ignored {
		// An ignore file may be ignored as a file of the context: it has an effect all the same.
		if !d.Rules && !d.Broke || !slices.Contains(f.ruleFiles, f.abs(i.Path)) {
			i.Path = f.show(i.Path)
			d.Ignored = append(d.Ignored, i)
		}
	}
	return d, nil
}

// maxRenames bounds the search for renames: a switch of branches is none.
const maxRenames = 50

// renames pairs files that went with files that came and have the same content: new paths by old ones.
func (f *folder) renames(before *tree.Snapshot, changes []event.Change) map[string]string {
	went := map[tree.Digest]string{}
	var came []string
	for _, c := range changes {
		switch c.Kind {
		case event.Deleted:
			if e, ok := before.Lookup(c.Path); ok && e.Size > 0 {
				if d, err := before.Digest(c.Path); err == nil {
					went[d] = c.Path
				}
			}
		case event.Added:
			came = append(came, c.Path)
		}
	}
	if len(went) == 0 || len(went)+len(came) > maxRenames {
		return nil
	}
	out := map[string]string{}
	after := f.tree.Snapshot()
	for _, path := range came {
		if d, err := after.Digest(path); err == nil && went[d] != "" {
			out[f.show(went[d])] = f.show(path)
			delete(went, d)
		}
	}
	return out
}

// reloadRules reads the ignore file again, and adds to d what new rules let in or keep out.
func (f *folder) reloadRules(ctx context.Context, d *Delta) error {
	rules, err := f.loadRules()
	if err != nil {
		// Builds fail for it, as docker build does; until it is mended the old rules hold.
		d.Broke = f.broken == nil || f.broken.Error() != err.Error()
		f.broken = err
		return nil
	}
	d.Broke = f.broken != nil
	f.broken = nil
	if slices.Equal(rules.Patterns(), f.rules.Patterns()) {
		return nil
	}
	d.Rules = true
	return f.apply(ctx, rules, d)
}

// apply puts rules in force, and adds to d what they let in or keep out.
func (f *folder) apply(ctx context.Context, rules *tree.Rules, d *Delta) error {
	c, err := f.tree.SetRules(ctx, rules)
	if err != nil {
		return err
	}
	f.rules = rules
	f.ignoring.Store(rules)
	f.noteOutputs(f.tree.LeftOut())
	if f.watcher != nil {
		f.watcher.Rewatch()
	}
	d.Changed = append(d.Changed, f.changed(c.Changed)...)
	return nil
}
