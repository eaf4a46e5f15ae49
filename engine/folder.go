package engine

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"path"
	"path/filepath"
	"slices"
	"sync/atomic"
	"time"

	"github.com/stagewatch/stagewatch/engine/event"
	"github.com/stagewatch/stagewatch/engine/plan"
	"github.com/stagewatch/stagewatch/engine/tree"
	"github.com/stagewatch/stagewatch/watch"
)

// folder is a local context: a folder of files, with the rules that keep some of them out.
type folder struct {
	// name is the context's, empty for the main one.
	name, root string
	// load reads the rules as they are on disk, from one of ruleFiles.
	load      func() (*tree.Rules, error)
	ruleFiles []string

	// own are the rules that hold beside those, named is what the plan's steps name in spite of them.
	own   *tree.OwnRules
	named []string

	rules *tree.Rules
	// broken is why the ignore file can't be had as it is now, nil where rules are what it says.
	broken error
	// ignoring is rules, for the watcher's goroutine.
	ignoring atomic.Pointer[tree.Rules]
	tree     *tree.Tree
	// outputs are the paths that this program writes to, for the watcher's goroutine.
	outputs atomic.Pointer[map[string]bool]
	// watcher is nil where nothing is watched.
	watcher *watch.Watcher
}

// watching says whether and how a folder is watched.
type watching struct {
	on, poll bool
	// extra are files to watch wherever they lie.
	extra []string
}

// mainFolder is the folder of the build context itself.
func mainFolder(root, dockerfile string) *folder {
	return &folder{root: root, ruleFiles: tree.IgnoreFiles(root, dockerfile), load: func() (*tree.Rules, error) {
		return tree.LoadRules(root, dockerfile)
	}}
}

// namedFolder is the folder of a named context, whose rules are those of its own .dockerignore.
func namedFolder(name, root string) *folder {
	file := filepath.Join(root, ".dockerignore")
	return &folder{name: name, root: root, ruleFiles: []string{file}, load: func() (*tree.Rules, error) {
		dt, err := tree.ReadIgnoreFile(file)
		if errors.Is(err, fs.ErrNotExist) {
			return nil, nil
		}
		if err != nil {
			return nil, fmt.Errorf("reading ignore rules: %w", err)
		}
		return tree.ParseRules(".dockerignore", dt)
	}}
}

// open reads the folder, and starts watching it where that is asked for.
func (f *folder) open(ctx context.Context, w watching) (err error) {
	if f.rules, err = f.loadRules(); err != nil {
		return err
	}
	f.ignoring.Store(f.rules)
	if w.on {
		// Before the tree is read, so that no write falls between the two.
		f.watcher, err = watch.New(f.root, watch.Options{Ignore: f.ignores, Extra: append(w.extra, f.ruleFiles...), Poll: w.poll})
		if err != nil {
			return fmt.Errorf("watching %s: %w", f.root, err)
		}
	}
	began := time.Now()
	if f.tree, err = tree.Load(ctx, f.root, f.rules); err == nil {
		f.noteOutputs(f.tree.LeftOut())
		f.followLinks(nil, began)
	}
	return err
}

// followLinks has files watched that have other names, as far as another state of the folder has none of them.
func (f *folder) followLinks(before *tree.Snapshot, since time.Time) {
	if f.watcher != nil {
		f.watcher.Linked(f.tree.Snapshot().Linked(before), since)
	}
}

func (f *folder) close() error {
	if f.watcher == nil {
		return nil
	}
	return f.watcher.Close()
}

// ignores tells the watcher what not to look into. An ignored folder itself is watched, so that a write to
// it can be answered with the rule that ignores it; what lies deeper is not, however much it may be.
func (f *folder) ignores(rel string, isDir bool) bool {
	if f.writes(rel) {
		return true
	}
	parent := path.Dir(rel)
	return isDir && parent != "." && f.ignoring.Load().SkipDir(parent)
}

// localName is what BuildKit calls the context.
func (f *folder) localName() string { return cmp.Or(f.name, "context") }

// abs is a path of a batch as an absolute one.
func (f *folder) abs(name string) string {
	if filepath.IsAbs(name) {
		return name
	}
	return filepath.Join(f.root, filepath.FromSlash(name))
}

// show is a path of the folder as a person reads it.
func (f *folder) show(rel string) string {
	if f.name == "" {
		return rel
	}
	return f.name + ":" + rel
}

// changed brings changes of the tree into the planner's terms.
func (f *folder) changed(changes []event.Change) []plan.Change {
	snap := f.tree.Snapshot()
	out := make([]plan.Change, len(changes))
	for i, c := range changes {
		e, ok := snap.Lookup(c.Path)
		out[i] = plan.Change{Change: c, Context: f.name, Dir: ok && e.Mode.IsDir()}
	}
	return out
}

// take finds out what really changed among the paths of the batch.
func (f *folder) take(ctx context.Context, b watch.Batch) (delta, error) {
	var d delta
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
	d.changed = f.changed(c.Changed)
	d.renamed = f.renames(before, c.Changed)
	for _, name := range b.Paths {
		if slices.Contains(f.ruleFiles, f.abs(name)) {
			d.ruleFiles = append(d.ruleFiles, f.show(name))
		}
	}
	if b.Rescan || len(d.ruleFiles) > 0 {
		if err := f.reloadRules(ctx, &d); err != nil {
			return d, err
		}
	}
	snap := f.tree.Snapshot()
	for _, rel := range c.Unchanged {
		// Not an editor's temporary file that came and went.
		if _, there := snap.Lookup(rel); there {
			d.unchanged = append(d.unchanged, f.show(rel))
		}
	}
	for _, i := range c.Ignored {
		// An ignore file that is ignored as a file of the context still has its effect.
		if !d.rules && !d.broke || !slices.Contains(f.ruleFiles, f.abs(i.Path)) {
			i.Path = f.show(i.Path)
			d.ignored = append(d.ignored, i)
		}
	}
	return d, nil
}

// maxRenames bounds the looking for renames: a branch switch is no renaming.
const maxRenames = 50

// renames pairs files that went with files that came and hold the same.
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

// reloadRules reads the ignore file again, and adds to d what other rules let in or keep out.
func (f *folder) reloadRules(ctx context.Context, d *delta) error {
	rules, err := f.loadRules()
	if err != nil {
		// As docker build does, and a start: what was left out by it is not let in, nor the other way round.
		d.broke = f.broken == nil || f.broken.Error() != err.Error()
		f.broken = err
		return nil
	}
	d.broke = f.broken != nil
	f.broken = nil
	if slices.Equal(rules.Patterns(), f.rules.Patterns()) {
		return nil
	}
	d.rules = true
	return f.apply(ctx, rules, d)
}

// apply has other rules hold, and adds to d what they let in or keep out.
func (f *folder) apply(ctx context.Context, rules *tree.Rules, d *delta) error {
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
	d.changed = append(d.changed, f.changed(c.Changed)...)
	return nil
}

// delta is what a batch of written paths amounts to.
type delta struct {
	changed []plan.Change
	// renamed are new paths by old ones.
	renamed   map[string]string
	unchanged []string
	ignored   []tree.IgnoredPath
	// dockerfile tells that the Dockerfile is another one, rules that the ignore rules are.
	dockerfile, rules bool
	// broke tells that the ignore file can't be had any more, or can be again.
	broke bool
	// ruleFiles are the ignore files in the batch.
	ruleFiles []string
}
