package image

import (
	"cmp"
	"debug/elf"
	"errors"
	"fmt"
	"io/fs"
	"path"
	"slices"
	"strings"

	"github.com/stagewatch/stagewatch/engine/event"
)

// The codes of what Examine warns of.
const (
	codeLibc     = "libc-mismatch"
	codeArch     = "arch-mismatch"
	codePython   = "python-mismatch"
	codeIgnored  = "extension-ignored"
	codeShebang  = "shebang-missing"
	codeUnloaded = "library-missing"
)

// Libc is a family of C libraries; programs made for one seldom run on the other.
type Libc string

// The families.
const (
	Glibc       Libc = "glibc"
	Musl        Libc = "musl"
	UnknownLibc Libc = ""
)

// objectKey names a file's content well enough between two builds of a session.
type objectKey struct {
	path          string
	size, modTime int64
}

// Libc is the family that the stage's base has, where it has one only.
func (s *Stage) Libc() Libc {
	var found []Libc
	for p := range s.trees[0] {
		switch name := path.Base(p); {
		case strings.HasPrefix(name, "ld-musl-") && !slices.Contains(found, Musl):
			found = append(found, Musl)
		case name == "libc.so.6" && !slices.Contains(found, Glibc):
			found = append(found, Glibc)
		}
	}
	if len(found) != 1 {
		return UnknownLibc
	}
	return found[0]
}

// examiner looks at what a stage's steps added to its base.
type examiner struct {
	stage *Stage
	top   tree
	open  Open
	// known are objects read before; nil for a file that is none.
	known map[objectKey]*object
	// byName are the paths of all files that could be libraries, by their last element.
	byName map[string][]string
	libc   Libc
	// libcPath is the C library itself.
	libcPath string
	python   pythons
	found    []finding
	// left is how many bytes may still be read.
	left int64
}

// finding is one file that the image can't use.
type finding struct {
	code, path string
	// why is what is wrong, as the end of a sentence; details are the names in it.
	why     string
	details []string
}

// lookBytes bounds what one examination reads: half a GiB.
const lookBytes = 512 << 20

// Examine looks for files of the stage that its own image can't use: compiled for another C library, another
// machine or another Python, or scripts whose interpreter is not there. Only what the stage's steps added is looked
// at. Examine returns one warning per kind and Python package.
func (r *Reader) Examine(s *Stage, open Open) ([]event.Warning, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if len(r.objects) > maxKnown {
		clear(r.objects)
	}
	return examine(s, open, r.objects)
}

// maxKnown bounds how many files' headers are remembered.
const maxKnown = 4096

func examine(s *Stage, open Open, known map[objectKey]*object) ([]event.Warning, error) {
	x := &examiner{stage: s, top: s.top(), open: open, known: known, byName: map[string][]string{}, left: lookBytes}
	for p, f := range x.top {
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
	x.python = pythonsOf(x.top)
	owner := owners(s)
	for _, p := range sortedPaths(x.top) {
		if f := x.top[p]; owner[p] > 0 && f.Mode.IsRegular() {
			if err := x.look(f); err != nil {
				return nil, err
			}
		}
	}
	return x.warnings()
}

func sortedPaths(t tree) []string {
	paths := make([]string, 0, len(t))
	for p := range t {
		paths = append(paths, p)
	}
	slices.Sort(paths)
	return paths
}

// isLibrary tells by its name of a shared library or an extension: x.so, libx.so.1.2, and musl's own loader.
func isLibrary(p string) bool {
	name := path.Base(p)
	return strings.HasSuffix(name, ".so") || strings.Contains(name, ".so.")
}

// findLibc finds the C library that the image's own programs use. Where both families are there, it is that of the
// shell.
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

// look examines one file.
func (x *examiner) look(f File) error {
	x.lookAtName(f.Path)
	if x.mayBeScript(f) {
		return x.lookAtScript(f)
	}
	if !isLibrary(f.Path) && !mayBeProgram(f) {
		return nil
	}
	o, err := x.object(f.Path)
	if err != nil || o == nil {
		return err
	}
	return x.lookAtObject(f, o)
}

// mayBeProgram tells of an executable file that could be compiled.
func mayBeProgram(f File) bool {
	return f.Mode&0o111 != 0 && path.Ext(f.Path) == "" && f.Size >= elf.Sym64Size
}

// object reads the headers of a file; nil for one that is no ELF file, or that is too large to look into.
func (x *examiner) object(p string) (*object, error) {
	f, ok := x.top.file(p)
	if !ok {
		return nil, nil
	}
	key := objectKey{f.Path, f.Size, f.ModTime}
	if o, ok := x.known[key]; ok {
		return o, nil
	}
	data, err := x.read(f)
	if err != nil || data == nil {
		return nil, err
	}
	o, err := readObject(data)
	if err != nil {
		// What no linker made, no linker will load; that is not about libraries.
		o = nil
	}
	x.known[key] = o
	return o, nil
}

// read returns a file's content; nil for one that is too large, or past what one examination reads.
func (x *examiner) read(f File) ([]byte, error) {
	if f.Size > maxRead || f.Size > x.left {
		return nil, nil
	}
	x.left -= f.Size
	data, err := x.open(f.Path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("looking into %s: %w", f.Path, err)
	}
	return data, nil
}

func (x *examiner) add(code, p, why string, details ...string) {
	x.found = append(x.found, finding{code, p, why, details})
}
