package project

import (
	"bytes"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/stagewatch/stagewatch/engine/event"
	"github.com/stagewatch/stagewatch/engine/fault"
	"github.com/stagewatch/stagewatch/engine/plan"
)

// Check returns what is wrong with the Dockerfile before it is planned: it can't be read, though nobody awaits it, or
// it lacks a stage that a flag names.
func (p *Project) Check() error {
	switch {
	case p.broken != nil && p.options.Await:
	case p.Missing():
		return noDockerfile(p.build, p.named)
	case p.broken != nil:
		return &fault.Error{What: "opening the Dockerfile " + p.dockerfile, Err: cause(p.broken), Hint: "Name a file that can be read with -f."}
	}
	return checkStages(p.build, p.Name(), p.source)
}

// Missing reports whether there is no Dockerfile.
func (p *Project) Missing() bool { return errors.Is(p.broken, fs.ErrNotExist) }

// Dockerfile returns the path of the Dockerfile.
func (p *Project) Dockerfile() string { return p.dockerfile }

// Source returns the text of the Dockerfile as it was last read.
func (p *Project) Source() []byte { return p.source }

// Frontend returns the image of the frontend that the Dockerfile names, empty where it names none of its own. That
// frontend makes the graph, and may read anything of the context for it.
func (p *Project) Frontend() string {
	syntax, ok := plan.CustomSyntax(p.source)
	if !ok {
		return ""
	}
	return syntax.Image
}

// Name returns the Dockerfile's name as a person knows it: relative to the context where it lies below it.
func (p *Project) Name() string { return p.shortened(p.dockerfile) }

// shortened returns a path relative to the context where it lies below it.
func (p *Project) shortened(path string) string {
	if rel, err := filepath.Rel(p.root, path); err == nil && !strings.HasPrefix(rel, "..") {
		return filepath.ToSlash(rel)
	}
	return path
}

// IsDockerfile reports whether a path of the main context is the Dockerfile's, or has become it: see inCase.
func (p *Project) IsDockerfile(rel string) bool {
	path := p.main().abs(rel)
	return path == inCase(p.named) || slices.Contains(p.names(), path)
}

// names returns the absolute paths of the Dockerfile: the one that was asked for, the one that is there, and what it
// leads to below the context's root.
func (p *Project) names() []string {
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

// WithoutDockerfile returns the changes but for those of the Dockerfile, which is then no mere file of the context. It
// may write to changes.
func (p *Project) WithoutDockerfile(changes []event.Change) []event.Change {
	names := p.names()
	return slices.DeleteFunc(changes, func(c event.Change) bool { return slices.Contains(names, p.main().abs(c.Path)) })
}

// read reads the Dockerfile again, and reports whether it differs from before.
func (p *Project) read() (changed bool) {
	if p.build.Inline != "" {
		return false // it is in no file of its own
	}
	p.dockerfile = inCase(p.named)
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
