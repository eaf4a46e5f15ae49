package engine

import (
	"context"
	"errors"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"strings"

	"github.com/stagewatch/stagewatch/engine/plan"
	"github.com/stagewatch/stagewatch/engine/tree"
)

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
	for _, f := range p.folders {
		if f.broken != nil {
			return nil, p.noRules(f)
		}
	}
	return p.planOf(ctx, tc, p.source, stage)
}

// noRules is the failure of a build whose ignore file can't be read or understood.
func (p *project) noRules(f *folder) error {
	e := &plan.Error{Filename: p.ruleFileOf(f), Message: f.broken.Error(), Hint: "Mend the pattern; docker build refuses it too.", Err: f.broken}
	var unread *fs.PathError
	if errors.As(f.broken, &unread) {
		e.Hint = "A session tries again by itself when it can be read."
	}
	return e
}

// planOf converts a Dockerfile as if it were the project's.
func (p *project) planOf(ctx context.Context, tc toolchain, source []byte, stage string) (*plan.Plan, error) {
	in := plan.Input{Dockerfile: source, Filename: p.name(), Attrs: maps.Clone(p.attrs), ContextIgnore: map[string][]byte{}, Folders: map[string]string{"dockerfile": filepath.Dir(p.dockerfile)}, ShowValues: p.showValues}
	if stage != "" {
		in.Attrs["target"] = stage
	}
	for _, f := range p.folders {
		if f.name == "" {
			in.Ignore = firstFile(f.ruleFiles)
			in.Folders["context"] = f.root
		} else {
			in.ContextIgnore[f.name] = firstFile(f.ruleFiles)
			in.Folders[f.name] = f.root
		}
	}
	tc.planInput(&in)
	return plan.New(ctx, in, tc)
}

// links are the contexts' symbolic links by the name of the context, for the planner.
type links map[string]map[string]string

func (l links) Symlinks() map[string]string { return l[""] }

func (l links) SymlinksOf(context string) map[string]string { return l[context] }

func (p *project) links() links {
	snaps := p.snapshots()
	if maps.Equal(snaps, p.linked) {
		return p.known
	}
	l := links{}
	for name, snap := range snaps {
		of := map[string]string{}
		snap.Walk("", func(rel string, e tree.Entry) bool {
			if e.Mode&fs.ModeSymlink != 0 {
				of[rel] = e.Link
			}
			return true
		})
		l[name] = of
	}
	p.linked, p.known = snaps, l
	return l
}

// name is the Dockerfile's name as a person knows it: relative to the context where it lies below it.
func (p *project) name() string { return p.shortened(p.dockerfile) }

// shortened is a path relative to the context where it lies below it.
func (p *project) shortened(path string) string {
	if rel, err := filepath.Rel(p.root, path); err == nil && !strings.HasPrefix(rel, "..") {
		return filepath.ToSlash(rel)
	}
	return path
}

func firstFile(names []string) []byte {
	for _, name := range names {
		if dt, err := os.ReadFile(name); err == nil {
			return dt
		}
	}
	return nil
}
