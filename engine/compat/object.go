package compat

import (
	"debug/elf"
	"path"
	"slices"
	"strings"

	"github.com/stagewatch/stagewatch/engine/event"
	"github.com/stagewatch/stagewatch/engine/image"
)

// machines maps an image's architecture to the ELF machines that its processors run, its own first.
var machines = map[string][]elf.Machine{
	"amd64":   {elf.EM_X86_64, elf.EM_386},
	"386":     {elf.EM_386},
	"arm64":   {elf.EM_AARCH64, elf.EM_ARM},
	"arm":     {elf.EM_ARM},
	"ppc64le": {elf.EM_PPC64},
	"s390x":   {elf.EM_S390},
	"riscv64": {elf.EM_RISCV},
}

// checkObject finds the reason for which the image's dynamic linker would not load the file. It stops at the first:
// what follows from a missing library says nothing new.
func (x *examiner) checkObject(f image.File, o *object) error {
	if own, ok := machines[x.config.Arch]; ok && !slices.Contains(own, o.machine) {
		x.add(event.CodeArchMismatch, f.Path, "is compiled for "+machineName(o.machine)+", but the image is for "+x.config.Arch)
		return nil
	}
	if f.Mode&0o111 != 0 && o.loader != "" && !isLibrary(f.Path) {
		if _, ok := x.files.Regular(o.loader); !ok {
			x.add(x.codeOf(o), f.Path, "needs a loader that the image lacks:", o.loader)
			return nil
		}
	}
	var missing []string
	for _, n := range o.needed {
		if !x.has(n) {
			missing = append(missing, n)
		}
	}
	if len(missing) > 0 {
		x.add(x.codeOf(o), f.Path, "needs libraries that the image lacks:", missing...)
		return nil
	}
	lacking, err := x.lacking(o)
	if err != nil {
		return err
	}
	if len(lacking) > 0 {
		x.add(event.CodeLibcMismatch, f.Path, "needs symbols that the image's "+string(x.libc)+" lacks:", lacking...)
		return nil
	}
	x.checkTriple(f.Path)
	return nil
}

// machineName returns the name that images use for a machine, or ELF's own.
func machineName(m elf.Machine) string {
	for arch, own := range machines {
		if own[0] == m {
			return arch
		}
	}
	return strings.ToLower(strings.TrimPrefix(m.String(), "EM_"))
}

// codeOf returns the code for a file whose libraries are missing: they are those of another C library, or others.
func (x *examiner) codeOf(o *object) string {
	if made := o.libc(); made != UnknownLibc && x.libc != UnknownLibc && made != x.libc {
		return event.CodeLibcMismatch
	}
	return event.CodeLibraryMissing
}

// libc returns the family that the object was linked with.
func (o *object) libc() Libc {
	for _, n := range append([]string{path.Base(o.loader)}, o.needed...) {
		switch {
		case strings.Contains(n, "musl"):
			return Musl
		case n == "libc.so.6", strings.HasPrefix(n, "ld-linux"), strings.HasPrefix(n, "ld64.so"):
			return Glibc
		}
	}
	return UnknownLibc
}

// muslOwn begin the names of the libraries that musl's linker provides itself, in whatever version.
var muslOwn = []string{"libc.", "libpthread.", "librt.", "libm.", "libdl.", "libutil.", "libxnet."}

// has reports whether the image's dynamic linker may find a library. Where the linker looks depends on the file that
// needs the library, and packages bring folders of their own: so a library anywhere in the image counts as found.
func (x *examiner) has(name string) bool {
	if x.libc == Musl && slices.ContainsFunc(muslOwn, func(own string) bool { return strings.HasPrefix(name, own) }) {
		return true
	}
	if strings.Contains(name, "/") {
		_, ok := x.files.Regular(name)
		return ok
	}
	return slices.ContainsFunc(x.byName[name], func(p string) bool {
		_, ok := x.files.Regular(p)
		return ok
	})
}

// library reads the library that a name in an object's needed leads to, nil for none.
func (x *examiner) library(name string) (*object, error) {
	if x.libc == Musl && len(x.byName[name]) == 0 {
		return x.object(x.libcPath)
	}
	for _, p := range x.byName[name] {
		if o, err := x.object(p); o != nil || err != nil {
			return o, err
		}
	}
	return nil, nil
}

// lacking returns what an object needs and its libraries don't have: on glibc the versions, on musl the symbols.
// Symbols without one of glibc's versions are not checked: a program may bring them, as Python does for its
// extensions.
func (x *examiner) lacking(o *object) ([]string, error) {
	if x.libc == Musl {
		return x.lackingSymbols(o)
	}
	var out []string
	for _, v := range o.versions {
		lib, err := x.library(v.library)
		if err != nil {
			return nil, err
		}
		if lib != nil && len(lib.defines) > 0 && !lib.defines[v.name] && !slices.Contains(out, v.name) {
			out = append(out, v.name)
		}
	}
	return out, nil
}

// lackingSymbols returns the symbols of glibc that no library of the object exports. musl's linker needs each of them
// when it loads the object, and ignores their versions.
func (x *examiner) lackingSymbols(o *object) ([]string, error) {
	var libs []*object
	seen := map[string]bool{}
	queue := []string{path.Base(x.libcPath)}
	for queue = append(queue, o.needed...); len(queue) > 0 && len(seen) < maxNeeded; queue = queue[1:] {
		if seen[queue[0]] {
			continue
		}
		seen[queue[0]] = true
		lib, err := x.library(queue[0])
		if err != nil {
			return nil, err
		}
		if lib != nil {
			libs = append(libs, lib)
			queue = append(queue, lib.needed...)
		}
	}
	if len(libs) == 0 {
		// Not even the C library could be read.
		return nil, nil
	}
	var out []string
	for _, w := range o.wants {
		if !strings.HasPrefix(w.version, "GLIBC_") {
			continue
		}
		if !slices.ContainsFunc(libs, func(l *object) bool { return l.exports[w.name] }) {
			out = append(out, w.name)
		}
	}
	slices.Sort(out)
	return slices.Compact(out), nil
}
