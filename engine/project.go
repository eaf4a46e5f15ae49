package engine

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"sync/atomic"

	"github.com/tonistiigi/fsutil"

	"github.com/stagewatch/stagewatch/engine/event"
	"github.com/stagewatch/stagewatch/engine/plan"
	"github.com/stagewatch/stagewatch/engine/tree"
	"github.com/stagewatch/stagewatch/watch"
)

// project is a Dockerfile with its build context, as they are on disk.
type project struct {
	root, dockerfile string
	// attrs are the frontend attributes that every plan is made with.
	attrs map[string]string
	// named are the folders of the named local contexts.
	named map[string]string

	// watcher is nil where nothing is watched.
	watcher *watch.Watcher
	rules   *tree.Rules
	// ignoring is rules, for the watcher's goroutine.
	ignoring atomic.Pointer[tree.Rules]
	tree     *tree.Tree
	source   []byte
	// broken is why source could not be read.
	broken error
}

// openProject reads the Dockerfile, the ignore rules and the context.
func openProject(ctx context.Context, cfg Config) (*project, error) {
	root, err := filepath.Abs(cfg.Context)
	if err != nil {
		return nil, fmt.Errorf("finding the context: %w", err)
	}
	if info, err := os.Stat(root); err != nil || !info.IsDir() {
		return nil, &Problem{What: fmt.Sprintf("opening the context %q: %s", cfg.Context, notADir(err)), Hint: "Give the folder that holds the Dockerfile: stagewatch [CONTEXT]."}
	}
	p := &project{root: root, dockerfile: filepath.Join(root, "Dockerfile"), attrs: cfg.attrs(), named: map[string]string{}}
	if cfg.File != "" {
		if p.dockerfile, err = filepath.Abs(cfg.File); err != nil {
			return nil, fmt.Errorf("finding the Dockerfile: %w", err)
		}
	}
	for name, ref := range cfg.BuildContexts {
		if dir, ok := localContext(ref); ok {
			p.named[name] = dir
			p.attrs["context:"+name] = "local:" + name
			continue
		}
		p.attrs["context:"+name] = ref
	}
	if p.rules, err = tree.LoadRules(root, p.dockerfile); err != nil {
		return nil, err
	}
	p.ignoring.Store(p.rules)
	if !cfg.Once {
		// Before the tree is read, so that no write falls between the two.
		p.watcher, err = watch.New(root, watch.Options{Ignore: p.ignores, Extra: p.extra(), Poll: cfg.Poll})
		if err != nil {
			return nil, fmt.Errorf("watching %s: %w", root, err)
		}
	}
	if p.tree, err = tree.Load(ctx, root, p.rules); err != nil {
		return nil, errors.Join(err, p.close())
	}
	p.read()
	if errors.Is(p.broken, fs.ErrNotExist) {
		p.close()
		return nil, &Problem{What: fmt.Sprintf("opening the Dockerfile: no file %s", p.dockerfile), Hint: "Give the folder that holds one, or name it with -f."}
	}
	return p, nil
}

func (p *project) close() error {
	if p.watcher == nil {
		return nil
	}
	return p.watcher.Close()
}

func notADir(err error) string {
	if err == nil {
		return "it is no folder"
	}
	return errors.Unwrap(err).Error()
}

// localContext returns the folder that a --build-context value means, where it means one.
func localContext(ref string) (string, bool) {
	for _, remote := range []string{"docker-image://", "oci-layout://", "https://", "http://", "git://", "git@", "ssh://", "target:", "input:"} {
		if strings.HasPrefix(ref, remote) {
			return "", false
		}
	}
	dir, err := filepath.Abs(ref)
	return dir, err == nil
}

// read reads the Dockerfile again, and reports whether it is another one than before.
func (p *project) read() (changed bool) {
	dt, err := os.ReadFile(p.dockerfile)
	if err != nil {
		changed = p.broken == nil
		p.broken = err
		return changed
	}
	changed = p.broken != nil || !bytes.Equal(dt, p.source)
	p.source, p.broken = dt, nil
	return changed
}

// extra lists the files that matter wherever they lie.
func (p *project) extra() []string {
	return append(tree.IgnoreFiles(p.root, p.dockerfile), p.dockerfile)
}

// ignores tells the watcher what not to look into. An ignored folder itself is watched, so that a write to
// it can be answered with the rule that ignores it; what lies deeper is not, however much it may be.
func (p *project) ignores(rel string, isDir bool) bool {
	parent := path.Dir(rel)
	return isDir && parent != "." && p.ignoring.Load().SkipDir(parent)
}

// files counts what is in the context.
func (p *project) files() int {
	n := 0
	p.tree.Snapshot().Walk("", func(_ string, e tree.Entry) bool {
		if e.Mode.IsRegular() {
			n++
		}
		return true
	})
	return n
}

// delta is what a batch of written paths amounts to.
type delta struct {
	tree.Changes
	// dockerfile tells that the Dockerfile is another one, rules that the ignore rules are.
	dockerfile, rules bool
	// ruleFiles are the ignore files in the batch.
	ruleFiles []string
}

// take finds out what really changed among the paths of the batch.
func (p *project) take(ctx context.Context, b watch.Batch) (delta, error) {
	var d delta
	var own []string
	for _, name := range b.Paths {
		abs := name
		if !filepath.IsAbs(abs) {
			abs = filepath.Join(p.root, filepath.FromSlash(name))
		}
		if slices.Contains(p.extra(), abs) {
			own = append(own, abs)
			if abs != p.dockerfile {
				d.ruleFiles = append(d.ruleFiles, name)
			}
		}
	}
	if b.Rescan || slices.Contains(own, p.dockerfile) {
		d.dockerfile = p.read()
	}
	var err error
	if b.Rescan {
		d.Changes, err = p.tree.Rescan(ctx)
	} else {
		paths := slices.DeleteFunc(slices.Clone(b.Paths), filepath.IsAbs)
		d.Changes, err = p.tree.Update(ctx, paths)
	}
	if err != nil {
		return d, err
	}
	if b.Rescan || len(own) > 0 {
		more, err := p.reloadRules(ctx)
		if err != nil {
			return d, err
		}
		if more != nil {
			d.rules = true
			d.Changed = append(d.Changed, more.Changed...)
		}
	}
	snap := p.tree.Snapshot()
	d.Unchanged = slices.DeleteFunc(d.Unchanged, func(rel string) bool {
		// An editor's temporary file that came and went.
		_, there := snap.Lookup(rel)
		return !there
	})
	// A Dockerfile that is ignored as a file of the context still is what we build.
	if d.dockerfile || d.rules {
		d.Ignored = slices.DeleteFunc(d.Ignored, func(i tree.IgnoredPath) bool {
			return slices.Contains(p.extra(), filepath.Join(p.root, filepath.FromSlash(i.Path)))
		})
	}
	return d, nil
}

// reloadRules reads the ignore file again; it returns nil where the rules are what they were.
func (p *project) reloadRules(ctx context.Context) (*tree.Changes, error) {
	rules, err := tree.LoadRules(p.root, p.dockerfile)
	if err != nil {
		return nil, err
	}
	if slices.Equal(rules.Patterns(), p.rules.Patterns()) {
		return nil, nil
	}
	changes, err := p.tree.SetRules(ctx, rules)
	if err != nil {
		return nil, err
	}
	p.rules = rules
	p.ignoring.Store(rules)
	if p.watcher != nil {
		p.watcher.Rewatch()
	}
	return &changes, nil
}

// toolchain is what a plan needs to know of the engine.
type toolchain interface {
	plan.Resolver
	planInput(*plan.Input)
}

// plan converts the Dockerfile as it is now, for the target, or for another stage where one is named.
func (p *project) plan(ctx context.Context, tc toolchain, stage string) (*plan.Plan, error) {
	if p.broken != nil {
		return nil, &plan.Error{Filename: p.name(), Message: "the Dockerfile can't be read: " + p.broken.Error(), Err: p.broken}
	}
	in := plan.Input{Dockerfile: p.source, Filename: p.name(), Attrs: maps.Clone(p.attrs), ContextIgnore: map[string][]byte{}}
	if stage != "" {
		in.Attrs["target"] = stage
	}
	in.Ignore = firstFile(tree.IgnoreFiles(p.root, p.dockerfile))
	for name, dir := range p.named {
		in.ContextIgnore[name] = firstFile([]string{filepath.Join(dir, ".dockerignore")})
	}
	tc.planInput(&in)
	return plan.New(ctx, in, tc)
}

// links lists the context's symbolic links, for the planner.
type links map[string]string

func (l links) Symlinks() map[string]string { return l }

func (p *project) links() links {
	l := links{}
	p.tree.Snapshot().Walk("", func(rel string, e tree.Entry) bool {
		if e.Mode&fs.ModeSymlink != 0 {
			l[rel] = e.Link
		}
		return true
	})
	return l
}

// name is the Dockerfile's name as a person knows it: relative to the context where it lies below it.
func (p *project) name() string {
	if rel, err := filepath.Rel(p.root, p.dockerfile); err == nil && !strings.HasPrefix(rel, "..") {
		return filepath.ToSlash(rel)
	}
	return p.dockerfile
}

func firstFile(names []string) []byte {
	for _, name := range names {
		if dt, err := os.ReadFile(name); err == nil {
			return dt
		}
	}
	return nil
}

// contexts opens the local contexts for a build.
func (p *project) contexts() (map[string]fsutil.FS, error) {
	out := map[string]fsutil.FS{}
	for name, dir := range p.named {
		f, err := fsutil.NewFS(dir)
		if err != nil {
			return nil, fmt.Errorf("opening build context %q: %w", name, err)
		}
		out[name] = f
	}
	f, err := fsutil.NewFS(p.root)
	if err != nil {
		return nil, fmt.Errorf("opening the context: %w", err)
	}
	out["context"] = f
	return out, nil
}

// planChanges brings changes of the context into the planner's terms.
func (p *project) planChanges(changes []event.Change) []plan.Change {
	snap := p.tree.Snapshot()
	out := make([]plan.Change, len(changes))
	for i, c := range changes {
		e, ok := snap.Lookup(c.Path)
		out[i] = plan.Change{Change: c, Dir: ok && e.Mode.IsDir()}
	}
	return out
}
