package project

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/stagewatch/stagewatch/engine/event"
	"github.com/stagewatch/stagewatch/engine/plan"
	"github.com/stagewatch/stagewatch/engine/tree"
)

// Written compares the contexts with the disk, and returns the paths of each, by its name, that were written to or may
// have been since they were read. It may be called from any goroutine.
func (p *Project) Written(ctx context.Context) (map[string][]string, error) {
	written := map[string][]string{}
	for _, f := range p.folders {
		paths, err := f.tree.Doubtful(ctx)
		if err != nil {
			return nil, err
		}
		written[f.name] = paths
	}
	return written, nil
}

// Holds reports whether a file of a context, by its name, has that content on the disk right now.
func (p *Project) Holds(context, path string, content tree.Digest) bool {
	return p.folder(context).tree.Holds(path, content)
}

// AsWritten returns batches, one for each context, as if the paths by the name of their context had been written to, and
// with them the Dockerfile and the ignore files.
func (p *Project) AsWritten(paths map[string][]string) []Batch {
	batches := p.ControlFiles()
	for i := range batches {
		batches[i].Paths = append(batches[i].Paths, paths[batches[i].Context]...)
	}
	return batches
}

// Place is where a path of the disk stands in the project.
type Place struct {
	// Shown is the path as a person reads it: that of a named context begins with its name and a colon.
	Shown string
	// Context is the context's name, empty for the main one, and Rel the path in it, empty for the context itself.
	Context, Rel string
	// Outside says why no build reads the path, empty where one may.
	Outside string
	// Control: it is the Dockerfile or an ignore file. Exists: it is in the context.
	Control, Exists bool
}

// Place finds an absolute path in the project. Links on the way to it are followed, the path itself is not.
func (p *Project) Place(abs string) Place {
	candidates := []string{filepath.Clean(abs), filepath.Join(resolved(filepath.Dir(abs)), filepath.Base(abs))}
	if real, err := filepath.EvalSymlinks(abs); err == nil {
		candidates = append(candidates, real)
	}
	for _, path := range candidates {
		if path == p.named || slices.Contains(p.names(), path) {
			return Place{Shown: p.Name(), Control: true, Exists: true}
		}
		for _, f := range p.folders {
			if slices.Contains(f.ruleFiles, path) {
				_, err := os.Lstat(path)
				return Place{Shown: p.shortened(path), Control: true, Exists: err == nil}
			}
		}
	}
	for _, path := range candidates {
		for _, f := range p.folders {
			for _, root := range []string{f.root, f.tree.Root()} {
				if rel, err := filepath.Rel(root, path); err == nil && filepath.IsLocal(rel) {
					return f.place(filepath.ToSlash(rel))
				}
			}
		}
	}
	return Place{Shown: abs, Outside: "it is in no context of this session"}
}

func (f *folder) place(rel string) Place {
	at := Place{Context: f.name, Shown: f.show(rel)}
	if rel == "." {
		at.Exists = true
		return at
	}
	at.Rel = rel
	if _, at.Exists = f.tree.Snapshot().Lookup(at.Rel); at.Exists {
		return at
	}
	if rule, ignored := f.tree.Rejects(at.Rel); ignored {
		at.Outside = fmt.Sprintf("it is left out of the context by %s", rule)
	}
	return at
}

// Holds reports whether a path as a person reads it is the place, or lies below it.
func (at Place) Holds(shown string) bool {
	if at.Rel == "" && !at.Control {
		prefix, named := strings.CutSuffix(at.Shown, ".")
		return named && strings.HasPrefix(shown, prefix)
	}
	return shown == at.Shown || strings.HasPrefix(shown, at.Shown+"/")
}

// At returns a change of what is at the place: of the file, or of all that is in the folder.
func (p *Project) At(at Place) []plan.Change {
	f := p.folder(at.Context)
	changes := []event.Change{{Path: at.Rel, Kind: event.ContentChanged}}
	if e, ok := f.tree.Snapshot().Lookup(at.Rel); at.Rel == "" || ok && e.Mode.IsDir() {
		changes = nil
		f.tree.Snapshot().Walk(at.Rel, func(rel string, _ tree.Entry) bool {
			changes = append(changes, event.Change{Path: rel, Kind: event.ContentChanged})
			return true
		})
	}
	return f.changed(changes)
}
