package engine

import (
	"bytes"
	"context"
	"errors"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/tonistiigi/fsutil"

	"github.com/stagewatch/stagewatch/engine/config"
	"github.com/stagewatch/stagewatch/engine/plan"
	"github.com/stagewatch/stagewatch/engine/solve"
	"github.com/stagewatch/stagewatch/engine/tree"
	"github.com/stagewatch/stagewatch/watch"
)

// project is a Dockerfile with its local contexts, as they are on disk.
type project struct {
	root string
	// named is the Dockerfile's path as it was asked for, dockerfile the one that is there: see InCase.
	named, dockerfile string
	// attrs are the frontend attributes that every plan is made with.
	attrs map[string]string
	// showValues has plans show instructions with their arguments filled in.
	showValues bool
	// folders are the local contexts, the main one first.
	folders []*folder
	source  []byte
	// broken is why source could not be read.
	broken error
	// known are the contexts' links as of linked: one save asks for them several times.
	linked map[string]*tree.Snapshot
	known  links
}

// openProject reads the Dockerfile and the contexts, and starts watching them but for [config.Session.Once].
func openProject(ctx context.Context, cfg config.Config) (*project, error) {
	root, named, err := Locate(cfg.Build)
	if err != nil {
		return nil, err
	}
	p := &project{root: root, named: named, dockerfile: InCase(named), attrs: cfg.Attrs(), showValues: cfg.ShowValues}
	p.folders = []*folder{mainFolder(root, p.dockerfile)}
	for _, name := range slices.Sorted(maps.Keys(cfg.BuildContexts)) {
		ref := cfg.BuildContexts[name]
		if dir, ok := localContext(ref); ok {
			if info, err := os.Stat(dir); err != nil || !info.IsDir() {
				return nil, noNamedContext(name, ref, err)
			}
			p.folders = append(p.folders, namedFolder(name, dir))
			ref = "local:" + name
		}
		p.attrs["context:"+name] = ref
	}
	for _, f := range p.folders {
		if f.own, err = OwnRules(cfg.Build, f.root); err != nil {
			return nil, errors.Join(err, p.close())
		}
		w := watching{on: !cfg.Once, poll: cfg.Poll}
		if f.name == "" {
			w.extra = []string{p.dockerfile}
		}
		if err := f.open(ctx, w); err != nil {
			return nil, errors.Join(err, p.close())
		}
	}
	p.source, p.broken = ReadDockerfile(ctx, p.dockerfile, cfg.Waiting)
	if ctx.Err() != nil {
		return nil, errors.Join(context.Cause(ctx), p.close())
	}
	if p.broken != nil && !cfg.Await {
		return nil, errors.Join(p.unreadable(cfg.Build), p.close())
	}
	if err := CheckStages(cfg.Build, p.name(), p.source); err != nil {
		return nil, errors.Join(err, p.close())
	}
	return p, nil
}

// missing tells that there is no Dockerfile.
func (p *project) missing() bool { return errors.Is(p.broken, fs.ErrNotExist) }

// foreign tells that a frontend of the Dockerfile's own makes the graph, and may read anything of the context for it.
func (p *project) foreign() bool {
	_, ok := plan.CustomSyntax(p.source)
	return ok
}

func (p *project) close() error {
	var errs []error
	for _, f := range p.folders {
		errs = append(errs, f.close())
	}
	return errors.Join(errs...)
}

// main is the folder of the build context itself.
func (p *project) main() *folder { return p.folders[0] }

// written is a batch of paths of one folder.
type written struct {
	// context names the folder.
	context string
	watch.Batch
}

// watch passes on what is written in all folders, until ctx ends.
func (p *project) watch(ctx context.Context) (<-chan written, <-chan watch.Notice) {
	batches, notices := make(chan written), make(chan watch.Notice)
	for _, f := range p.folders {
		go func() {
			in, said := f.watcher.Batches(), f.watcher.Notices()
			for in != nil || said != nil {
				select {
				case b, ok := <-in:
					if !ok {
						in = nil
						continue
					}
					select {
					case batches <- written{f.name, b}:
					case <-ctx.Done():
						return
					}
				case n, ok := <-said:
					if !ok {
						said = nil
						continue
					}
					select {
					case notices <- n:
					case <-ctx.Done():
						return
					}
				}
			}
		}()
	}
	return batches, notices
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
	p.dockerfile = InCase(p.named)
	if info, err := os.Stat(p.dockerfile); err == nil && !info.Mode().IsRegular() && !info.IsDir() {
		return false // a pipe, which holds it once
	}
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

// isDockerfile reports whether the path is the Dockerfile's, or has become it: see InCase.
func (p *project) isDockerfile(path string) bool {
	return path == InCase(p.named) || slices.Contains(p.names(), path)
}

// files counts the files of the main context.
func (p *project) files() int {
	n := 0
	p.main().tree.Snapshot().Walk("", func(_ string, e tree.Entry) bool {
		if e.Mode.IsRegular() {
			n++
		}
		return true
	})
	return n
}

// folder is the local context of a name that one has, empty for the main one.
func (p *project) folder(name string) *folder {
	return p.folders[slices.IndexFunc(p.folders, func(f *folder) bool { return f.name == name })]
}

// take finds out what really changed among the written paths. The Dockerfile itself is read each time, whatever
// was written: a name may lead to it in more ways than anybody is told of.
func (p *project) take(ctx context.Context, w written) (delta, error) {
	f := p.folder(w.context)
	d, err := f.take(ctx, w.Batch)
	if d.dockerfile = p.read(); !d.dockerfile || f != p.main() {
		return d, err
	}
	// A Dockerfile that is ignored as a file of the context still is what we build.
	names := p.names()
	ours := func(name string) bool { return slices.Contains(names, f.abs(name)) }
	d.ignored = slices.DeleteFunc(d.ignored, func(i tree.IgnoredPath) bool { return ours(i.Path) })
	d.unchanged = slices.DeleteFunc(d.unchanged, ours)
	return d, err
}

// names are the Dockerfile's: the one that was asked for, the one that is there, and what it leads to below the
// context's root.
func (p *project) names() []string {
	names := []string{p.named, p.dockerfile}
	target, err := filepath.EvalSymlinks(p.dockerfile)
	if err != nil {
		return names
	}
	if rel, err := filepath.Rel(p.main().tree.Root(), target); err == nil && filepath.IsLocal(rel) {
		names = append(names, p.main().abs(rel))
	}
	return names
}

// rescan compares all folders with the disk.
func (p *project) rescan(ctx context.Context) (delta, error) {
	var all delta
	for _, f := range p.folders {
		d, err := p.take(ctx, written{f.name, watch.Batch{Rescan: true}})
		if err != nil {
			return all, err
		}
		all.changed = append(all.changed, d.changed...)
		all.dockerfile = all.dockerfile || d.dockerfile
		all.rules = all.rules || d.rules
		all.broke = all.broke || d.broke
	}
	return all, nil
}

// rejects tells whether an ignore rule keeps a path, as a person reads it, out of its context.
func (p *project) rejects(shown string) bool {
	for _, f := range p.folders {
		rel, ok := strings.CutPrefix(shown, f.show(""))
		if _, ignored := f.tree.Rejects(rel); ok && ignored {
			return true
		}
	}
	return false
}

// contexts serves the local contexts to a build, as the loop knows them now; see tree.Snapshot.FS for strict. The key
// names what the engine may compare them with: what it was sent from here before.
func (p *project) contexts(strict bool) (served map[string]fsutil.FS, key string) {
	served = map[string]fsutil.FS{}
	var snaps []*tree.Snapshot
	for _, f := range p.folders {
		snap := f.tree.Snapshot()
		snaps = append(snaps, snap)
		served[f.localName()] = snap.FS(strict)
	}
	return served, solve.SharedKey(p.root, snaps...)
}
