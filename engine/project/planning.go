package project

import (
	"context"
	"errors"
	"io/fs"
	"maps"
	"os"
	"path/filepath"

	"github.com/stagewatch/stagewatch/engine/plan"
	"github.com/stagewatch/stagewatch/engine/tree"
)

// Toolchain is what a plan needs to know of the engine.
type Toolchain interface {
	plan.Resolver
	// Fill puts in what the engine's BuildKit can do, the platform that it builds for, and what runs a frontend there.
	Fill(*plan.Input)
}

// Plan converts the Dockerfile as it is now, for the target, or for another stage where one is named.
func (p *Project) Plan(ctx context.Context, tc Toolchain, stage string) (*plan.Plan, error) {
	in, err := p.input(tc)
	if err != nil {
		return nil, err
	}
	if stage != "" {
		in.Attrs["target"] = stage
	}
	return plan.New(ctx, in, tc)
}

// Probe converts the Dockerfile as it is now up to a place; see [plan.NewProbe].
func (p *Project) Probe(ctx context.Context, tc Toolchain, at plan.Place) (*plan.Probe, error) {
	in, err := p.input(tc)
	if err != nil {
		return nil, err
	}
	return plan.NewProbe(ctx, in, tc, at)
}

// input is what plans are made from.
func (p *Project) input(tc Toolchain) (in plan.Input, err error) {
	if p.broken != nil {
		return in, &plan.Error{Filename: p.Name(), Message: "the Dockerfile can't be read: " + p.broken.Error(), Err: p.broken}
	}
	in = plan.Input{Dockerfile: p.source, Filename: p.Name(), Attrs: maps.Clone(p.attrs), ContextIgnore: map[string][]byte{}, Folders: map[string]string{"dockerfile": filepath.Dir(p.dockerfile)}, ShowValues: p.build.ShowValues, PlainGraph: p.build.PlainGraph}
	for _, f := range p.folders {
		if f.broken != nil {
			return in, p.noRules(f)
		}
		if f.name == "" {
			in.Ignore = firstFile(f.ruleFiles)
		} else {
			in.ContextIgnore[f.name] = firstFile(f.ruleFiles)
		}
		in.Folders[f.localName()] = f.root
	}
	tc.Fill(&in)
	return in, nil
}

// noRules is the failure of a build whose ignore file can't be read or understood.
func (p *Project) noRules(f *folder) error {
	e := &plan.Error{Filename: p.ruleFileOf(f), Message: f.broken.Error(), Hint: mendRules, Err: f.broken}
	var unread *fs.PathError
	if errors.As(f.broken, &unread) {
		e.Hint = "A session tries again by itself when it can be read."
	}
	return e
}

// links are the contexts' symbolic links by the name of the context.
type links map[string]map[string]string

func (l links) Symlinks(context string) map[string]string { return l[context] }

// Links returns the symbolic links of the contexts, for the planner.
func (p *Project) Links() plan.Tree {
	snaps := p.Snapshots()
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

// firstFile returns the content of the first of the files that can be read.
func firstFile(names []string) []byte {
	for _, name := range names {
		if dt, err := os.ReadFile(name); err == nil {
			return dt
		}
	}
	return nil
}
