package project

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"path"
	"path/filepath"
	"sync/atomic"
	"time"

	"github.com/stagewatch/stagewatch/engine/fault"
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
	// files are those that decide how the folder is read: ruleFiles and, of the main context, the Dockerfile.
	files []string

	// own are the rules that hold beside those; named is what steps name, which own rules then let in.
	own   *tree.OwnRules
	named []string

	rules *tree.Rules
	// broken is why the ignore file can't be read or understood as it is now, nil if rules are what it says.
	broken error
	// ignoring is rules, for the watcher's goroutine.
	ignoring atomic.Pointer[tree.Rules]
	tree     *tree.Tree
	// outputs are the paths that this program writes to, for the watcher's goroutine.
	outputs atomic.Pointer[map[string]bool]
	// watcher is nil where nothing is watched.
	watcher *watch.Watcher
}

// mainFolder is the folder of the build context itself.
func mainFolder(root, dockerfile string) *folder {
	rules := tree.IgnoreFiles(root, dockerfile)
	return &folder{root: root, ruleFiles: rules, files: append([]string{dockerfile}, rules...), load: func() (*tree.Rules, error) {
		return tree.LoadRules(root, dockerfile)
	}}
}

// namedFolder is the folder of a named context, whose rules are those of its own .dockerignore.
func namedFolder(name, root string) *folder {
	file := filepath.Join(root, ".dockerignore")
	return &folder{name: name, root: root, ruleFiles: []string{file}, files: []string{file}, load: func() (*tree.Rules, error) {
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
func (f *folder) open(ctx context.Context, o Options) (err error) {
	if f.rules, err = f.loadRules(); err != nil {
		return &fault.Error{What: "opening the context " + f.root, Err: err, Hint: mendRules}
	}
	f.ignoring.Store(f.rules)
	if o.Watch {
		// Before the tree is read, so that no write falls between the two.
		if f.watcher, err = f.watch(o.Poll); err != nil {
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

// watch begins to watch the folder, with the files beside it that it is read by.
func (f *folder) watch(poll bool) (*watch.Watcher, error) {
	return watch.New(f.root, watch.Options{Ignore: f.ignores, Extra: f.files, Poll: poll})
}

// followLinks watches the files that have other names and had none in the state before.
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

// ignores reports whether the watcher passes over a path. An ignored folder itself is watched, so that a write to it can
// be answered with the rule that ignores it. What lies deeper is not watched: it may be much.
func (f *folder) ignores(rel string, isDir bool) bool {
	if f.writes(rel) {
		return true
	}
	parent := path.Dir(rel)
	return isDir && parent != "." && f.ignoring.Load().SkipDir(parent)
}

// localName returns what BuildKit calls the context.
func (f *folder) localName() string { return cmp.Or(f.name, "context") }

// NamedLocally returns the name of a context by what BuildKit calls it.
func (p *Project) NamedLocally(local string) string {
	for _, f := range p.folders {
		if f.localName() == local {
			return f.name
		}
	}
	return local
}

// abs returns a path of a batch as an absolute one.
func (f *folder) abs(name string) string {
	if filepath.IsAbs(name) {
		return name
	}
	return filepath.Join(f.root, filepath.FromSlash(name))
}

// show returns a path of the folder as a person reads it.
func (f *folder) show(rel string) string {
	if f.name == "" {
		return rel
	}
	return f.name + ":" + rel
}
