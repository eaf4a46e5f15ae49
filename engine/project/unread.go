package project

import (
	"errors"
	"os"
	"path/filepath"
	"slices"
	"time"

	"github.com/stagewatch/stagewatch/engine/solve"
	"github.com/stagewatch/stagewatch/engine/tree"
	"github.com/stagewatch/stagewatch/watch"
)

// Unread returns the paths of the contexts that can't be read: a batch for each context that has any.
func (p *Project) Unread() []Batch {
	var out []Batch
	now := time.Now()
	for _, f := range p.folders {
		b := Batch{f.name, watch.Batch{First: now, Last: now}}
		for _, e := range f.tree.Snapshot().Unread() {
			b.Paths = append(b.Paths, e.Path)
		}
		if len(b.Paths) > 0 {
			out = append(out, b)
		}
	}
	return out
}

// Readable reports whether one of the paths can be read now. It may be called from any goroutine.
func (p *Project) Readable(b Batch) bool {
	return slices.ContainsFunc(b.Paths, p.folder(b.Context).tree.Readable)
}

// Unreadable finds what could not be read where that made err, the error of a plan or a build, and returns a check that
// reports whether it can be read now; nil where nothing of the kind did. The check may be called from any goroutine.
func (p *Project) Unreadable(err error) (readableNow func() bool) {
	var unread *solve.UnreadError
	if errors.As(err, &unread) {
		f := p.folderOf(unread.Context)
		if f == nil || errors.Is(err, tree.ErrNotUTF8) {
			return nil
		}
		return func() bool { return f.tree.Readable(unread.Path) }
	}
	if p.broken != nil {
		if p.Missing() {
			return nil
		}
		file := p.dockerfile
		return func() bool { return readable(file) }
	}
	for _, f := range p.folders {
		if f.broken != nil {
			return func() bool { _, err := f.load(); return err == nil }
		}
	}
	return nil
}

// ControlFiles returns batches, one for each context, as if the Dockerfile and the ignore files had been written to.
func (p *Project) ControlFiles() []Batch {
	var out []Batch
	now := time.Now()
	for _, f := range p.folders {
		b := Batch{f.name, watch.Batch{First: now, Last: now}}
		files := slices.Clone(f.ruleFiles)
		if f == p.main() {
			files = append(files, p.dockerfile)
		}
		for _, file := range files {
			if rel, err := filepath.Rel(f.root, file); err == nil && filepath.IsLocal(rel) {
				file = filepath.ToSlash(rel)
			}
			b.Paths = append(b.Paths, file)
		}
		out = append(out, b)
	}
	return out
}

// readable reports whether a file can be opened, or is gone.
func readable(file string) bool {
	if info, err := os.Stat(file); err == nil && !info.Mode().IsRegular() {
		return false
	}
	f, err := os.Open(file)
	if err == nil {
		f.Close()
	}
	return err == nil || os.IsNotExist(err)
}
