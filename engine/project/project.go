// Package project is what is built, as files: a Dockerfile with its local contexts. It reads them, watches them, finds
// out what a write really changed, serves them to builds and makes plans of them. It knows nothing of builds that run.
package project

import (
	"context"
	"errors"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/tonistiigi/fsutil"

	"github.com/stagewatch/stagewatch/engine/config"
	"github.com/stagewatch/stagewatch/engine/solve"
	"github.com/stagewatch/stagewatch/engine/tree"
)

// Project is a Dockerfile with its local contexts, as they were when they were last read. One goroutine owns it;
// methods that may be called from others say so.
type Project struct {
	root string
	// named is the Dockerfile's path as it was asked for, dockerfile the one that is there: see inCase.
	named, dockerfile string
	build             config.Build
	options           Options
	// attrs are the frontend attributes that every plan is made with.
	attrs map[string]string
	// folders are the local contexts, the main one first.
	folders []*folder
	source  []byte
	// broken is why source could not be read.
	broken error
	// known are the contexts' links as of linked: one save asks for them several times.
	linked map[string]*tree.Snapshot
	known  links
}

// Options say how to open a project.
type Options struct {
	// Watch keeps watching the contexts and the Dockerfile; Poll does so by comparing them at intervals.
	Watch, Poll bool
	// Await takes a Dockerfile that can't be read for one that is still to come.
	Await bool
	// Waiting is called while a Dockerfile that is a pipe takes its time; it may be nil.
	Waiting func(file string)
}

// of returns the options that a session's configuration amounts to.
func of(s config.Session) Options {
	return Options{Watch: !s.Once, Poll: s.Poll, Await: s.Await, Waiting: s.Waiting}
}

// Open reads the contexts, and the Dockerfile as far as it can be read: see [Project.Check]. With [Options.Watch] it
// watches them from before they are read.
func Open(ctx context.Context, build config.Build, options Options) (*Project, error) {
	root, named, err := locate(build)
	if err != nil {
		return nil, err
	}
	p := &Project{root: root, named: named, dockerfile: inCase(named), build: build, options: options, attrs: build.Attrs()}
	p.folders = []*folder{mainFolder(root, p.dockerfile)}
	for _, name := range slices.Sorted(maps.Keys(build.BuildContexts)) {
		ref := build.BuildContexts[name]
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
		if f.own, err = ownRules(build, f.root); err == nil {
			err = f.open(ctx, options)
		}
		if err != nil {
			return nil, errors.Join(err, p.Close())
		}
	}
	if p.source = []byte(build.Inline); build.Inline == "" {
		p.source, p.broken = readDockerfile(ctx, p.dockerfile, options.Waiting)
	}
	if ctx.Err() != nil {
		return nil, errors.Join(context.Cause(ctx), p.Close())
	}
	return p, nil
}

// OpenChecked opens what cfg asks for, and fails where [Project.Check] does. It watches it unless it is built only once.
func OpenChecked(ctx context.Context, cfg config.Config) (*Project, error) {
	p, err := Open(ctx, cfg.Build, of(cfg.Session))
	if err != nil {
		return nil, err
	}
	if err := p.Check(); err != nil {
		return nil, errors.Join(err, p.Close())
	}
	return p, nil
}

// Close ends the watching.
func (p *Project) Close() error {
	var errs []error
	for _, f := range p.folders {
		errs = append(errs, f.close())
	}
	return errors.Join(errs...)
}

// Root returns the folder of the main context. It may be called from any goroutine.
func (p *Project) Root() string { return p.root }

// Label has all images that the project's plans make carry a label.
func (p *Project) Label(key, value string) { p.attrs["label:"+key] = value }

// UseCache has plans take every stage from the cache from now on, and reports whether one did not.
func (p *Project) UseCache() bool {
	_, uncached := p.attrs["no-cache"]
	delete(p.attrs, "no-cache")
	return uncached
}

// main is the folder of the build context itself.
func (p *Project) main() *folder { return p.folders[0] }

// folder returns the local context of a name, which is empty for the main one.
func (p *Project) folder(name string) *folder {
	return p.folders[slices.IndexFunc(p.folders, func(f *folder) bool { return f.name == name })]
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

// Files counts the regular files of the main context.
func (p *Project) Files() int {
	n := 0
	p.main().tree.Snapshot().Walk("", func(_ string, e tree.Entry) bool {
		if e.Mode.IsRegular() {
			n++
		}
		return true
	})
	return n
}

// Snapshots returns the local contexts as they are now, by name; the main one's is empty.
func (p *Project) Snapshots() map[string]*tree.Snapshot {
	snaps := map[string]*tree.Snapshot{}
	for _, f := range p.folders {
		snaps[f.name] = f.tree.Snapshot()
	}
	return snaps
}

// Contexts serves the local contexts to a build as they are known now; see [tree.Snapshot.FS] for strict. The key
// names what the engine may compare them with: what it was sent from here before. It may be called from any goroutine.
func (p *Project) Contexts(strict bool) (served map[string]fsutil.FS, key string) {
	return p.Serve(p.Snapshots(), strict)
}

// Serve is [Project.Contexts] for the contexts as they were at some time: what [Project.Snapshots] returned then.
func (p *Project) Serve(snaps map[string]*tree.Snapshot, strict bool) (served map[string]fsutil.FS, key string) {
	served = map[string]fsutil.FS{}
	var all []*tree.Snapshot
	for _, f := range p.folders {
		snap := snaps[f.name]
		all = append(all, snap)
		served[f.localName()] = snap.FS(strict)
	}
	return served, solve.SharedKey(p.root, all...)
}
