// Package compat finds files that can't run in the image that they ended up in: programs and libraries compiled for
// another C library, another machine or another Python, and scripts without their interpreter. [Risks] says before a
// build what a plan is likely to break; [Checker.Check] looks at the files after it.
//
// It reads the files that engine/image gives it. How large they are is not its business.
package compat

import (
	"cmp"
	"debug/elf"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"path"
	"slices"
	"strings"
	"sync"

	"github.com/stagewatch/stagewatch/engine/event"
	"github.com/stagewatch/stagewatch/engine/image"
)

// Stage is a stage whose files were read. *[image.Stage] is one.
type Stage interface {
	// Files returns the stage's whole file system.
	Files() image.Tree
	// Added returns the files that the stage's own steps added to its base image or changed there, by path.
	Added() []image.File
	// Config returns how the stage's image runs its programs.
	Config() image.Config
}

// Checker checks stages, and remembers the headers that it read between two builds. It is safe for concurrent use.
type Checker struct {
	mu sync.Mutex
	// objects are nil for files that are not ELF files.
	objects map[objectKey]*object
}

// objectKey identifies a file's content well enough between two builds of a session.
type objectKey struct {
	path          string
	size, modTime int64
}

// maxObjects bounds how many files' headers a Checker remembers.
const maxObjects = 4096

// NewChecker returns a Checker that remembers nothing yet.
func NewChecker() *Checker { return &Checker{objects: map[objectKey]*object{}} }

// Check looks for files of the stage that its own image can't use. It looks only at what the stage's steps added,
// and reads the contents with open. It returns one warning for each kind of fault and Python package.
func (c *Checker) Check(s Stage, open image.Open) ([]event.Warning, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if len(c.objects) > maxObjects {
		clear(c.objects)
	}
	x := &examiner{config: s.Config(), files: s.Files(), open: open, objects: c.objects, byName: map[string][]string{}, left: maxBytes}
	for p, f := range x.files {
		if isLibrary(p) && !f.Mode.IsDir() {
			x.byName[path.Base(p)] = append(x.byName[path.Base(p)], p)
		}
	}
	for _, paths := range x.byName {
		slices.SortFunc(paths, func(a, b string) int { return cmp.Or(len(a)-len(b), cmp.Compare(a, b)) })
	}
	if err := x.findLibc(); err != nil {
		return nil, err
	}
	x.python = pythonsOf(x.files)
	for _, f := range s.Added() {
		if err := x.examine(f); err != nil {
			return nil, err
		}
	}
	return x.warnings()
}

// examiner checks one stage.
type examiner struct {
	config  image.Config
	files   image.Tree
	open    image.Open
	objects map[objectKey]*object
	// byName maps the last element of a path to the paths of all files that could be libraries.
	byName map[string][]string
	libc   Libc
	// libcPath is the file of the C library itself.
	libcPath string
	python   pythons
	found    []finding
	// left is how many bytes may still be read.
	left int64
}

// maxBytes bounds what one check reads: half a GiB.
const maxBytes = 512 << 20

// finding is one file that the image can't use.
type finding struct {
	code, path string
	// why is the fault, as the end of a sentence; details are the names that the sentence ends with.
	why     string
	details []string
}

func (x *examiner) add(code, p, why string, details ...string) {
	x.found = append(x.found, finding{code, p, why, details})
}

// isLibrary reports whether a path is named as a shared library or an extension: x.so, libx.so.1.2, and musl's own
// loader.
func isLibrary(p string) bool {
	name := path.Base(p)
	return strings.HasSuffix(name, ".so") || strings.Contains(name, ".so.")
}

// findLibc finds the C library that the image's own programs use. Where the image has both families, the shell's
// counts.
func (x *examiner) findLibc() error {
	var musl, glibc string
	for name, paths := range x.byName {
		if strings.HasPrefix(name, "ld-musl-") {
			musl = paths[0]
		}
	}
	if paths := x.byName["libc.so.6"]; len(paths) > 0 {
		glibc = paths[0]
	}
	if musl != "" && glibc != "" {
		shell, err := x.object("/bin/sh")
		if err != nil {
			return err
		}
		if shell != nil && shell.libc() == Musl {
			glibc = ""
		}
	}
	switch {
	case glibc != "":
		x.libc, x.libcPath = Glibc, glibc
	case musl != "":
		x.libc, x.libcPath = Musl, musl
	}
	return nil
}

func (x *examiner) examine(f image.File) error {
	x.checkName(f.Path)
	if x.mayBeScript(f) {
		return x.checkScript(f)
	}
	if !isLibrary(f.Path) && !mayBeProgram(f) {
		return nil
	}
	o, err := x.object(f.Path)
	if err != nil || o == nil {
		return err
	}
	return x.checkObject(f, o)
}

// mayBeProgram reports whether a file is executable and could be compiled.
func mayBeProgram(f image.File) bool {
	return f.Mode&0o111 != 0 && path.Ext(f.Path) == "" && f.Size >= elf.Sym64Size
}

// object reads the headers of a file. It returns nil for a file that is not an ELF file or is too large to read.
func (x *examiner) object(p string) (*object, error) {
	f, ok := x.files.Regular(p)
	if !ok {
		return nil, nil
	}
	key := objectKey{f.Path, f.Size, f.ModTime}
	if o, ok := x.objects[key]; ok {
		return o, nil
	}
	data, err := x.read(f)
	if err != nil || data == nil {
		return nil, err
	}
	o, err := readObject(data)
	if err != nil {
		// No linker made this file, so no linker will load it.
		o = nil
	}
	x.objects[key] = o
	return o, nil
}

// read returns a file's content, nil for a file that is too large or past the limit of one check.
func (x *examiner) read(f image.File) ([]byte, error) {
	if f.Size > x.left {
		return nil, nil
	}
	data, err := x.open(f.Path)
	if errors.Is(err, fs.ErrNotExist) || errors.Is(err, image.ErrTooLarge) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("reading %s: %w", f.Path, err)
	}
	x.left -= f.Size
	return data, nil
}

func sortedPaths(t image.Tree) []string { return slices.Sorted(maps.Keys(t)) }
