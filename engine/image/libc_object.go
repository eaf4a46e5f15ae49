package image

import (
	"debug/elf"
	"fmt"
	"io/fs"
	"path"
	"slices"
	"strings"
)

// machines are the ELF machines of an image's architectures; the further ones are those that its processors run too.
var machines = map[string][]elf.Machine{
	"amd64":   {elf.EM_X86_64, elf.EM_386},
	"386":     {elf.EM_386},
	"arm64":   {elf.EM_AARCH64, elf.EM_ARM},
	"arm":     {elf.EM_ARM},
	"ppc64le": {elf.EM_PPC64},
	"s390x":   {elf.EM_S390},
	"riscv64": {elf.EM_RISCV},
}

// lookAtObject finds out whether the image's dynamic linker would load the file. It stops at the first kind of
// reason: what follows from a missing library says nothing new.
func (x *examiner) lookAtObject(f File, o *object) error {
	if own, ok := machines[x.stage.machine.arch]; ok && !slices.Contains(own, o.machine) {
		x.add(codeArch, f.Path, "is compiled for "+machineName(o.machine)+", and the image is for "+x.stage.machine.arch)
		return nil
	}
	if f.Mode&0o111 != 0 && o.loader != "" && !isLibrary(f.Path) {
		if _, ok := x.top.file(o.loader); !ok {
			x.add(x.codeOf(o), f.Path, "asks for a loader that the image lacks:", o.loader)
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
		x.add(x.codeOf(o), f.Path, "asks for libraries that the image lacks:", missing...)
		return nil
	}
	lacking, err := x.lacking(o)
	if err != nil {
		return err
	}
	if len(lacking) > 0 {
		x.add(codeLibc, f.Path, "asks for symbols that the image's "+string(x.libc)+" lacks:", lacking...)
		return nil
	}
	x.lookAtTriple(f.Path)
	return nil
}

func machineName(m elf.Machine) string {
	for arch, own := range machines {
		if own[0] == m {
			return arch
		}
	}
	return strings.ToLower(strings.TrimPrefix(m.String(), "EM_"))
}

// codeOf tells a file for another C library from one that lacks some other library.
func (x *examiner) codeOf(o *object) string {
	if made := o.libc(); made != UnknownLibc && x.libc != UnknownLibc && made != x.libc {
		return codeLibc
	}
	return codeUnloaded
}

// libc is the family that the object was linked with.
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

// muslOwn are the libraries that musl's linker takes for itself, whatever version they are asked for in.
var muslOwn = []string{"libc.", "libpthread.", "librt.", "libm.", "libdl.", "libutil.", "libxnet."}

// has tells whether the image's dynamic linker may find a library. Where it looks depends on who asks: a library that
// is anywhere in the image counts as found, as packages bring folders of their own.
func (x *examiner) has(name string) bool {
	if x.libc == Musl && slices.ContainsFunc(muslOwn, func(own string) bool { return strings.HasPrefix(name, own) }) {
		return true
	}
	if strings.Contains(name, "/") {
		_, ok := x.top.file(name)
		return ok
	}
	return slices.ContainsFunc(x.byName[name], func(p string) bool {
		_, ok := x.top.file(p)
		return ok
	})
}

// library reads a library that an object asks for by name; nil for none.
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

// lacking names what an object asks of its C library, and of other libraries by version, and does not get. Symbols
// without one of glibc's versions are not followed up: a program may bring them, as Python does to its extensions.
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

// lackingSymbols names the symbols of glibc that no library of the object has. musl's linker wants each of them when
// it loads the object, and leaves their versions aside.
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
		// The C library itself could not be read: nothing can be said.
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

// mayBeScript tells of a file that people start: an executable in a folder of programs, or what the image starts.
func (x *examiner) mayBeScript(f File) bool {
	if f.Mode&0o111 == 0 || f.Mode&fs.ModeType != 0 || f.Size > maxScript || f.Size < 3 || isLibrary(f.Path) {
		return false
	}
	folder := path.Dir(f.Path)
	return path.Base(folder) == "bin" || path.Base(folder) == "sbin" || slices.Contains(x.stage.machine.path, folder) || f.Path == x.stage.machine.start
}

// maxScript is the size of the largest script: 1 MiB.
const maxScript = 1 << 20

// lookAtScript finds out whether the interpreter after #! is there. A file that is no script is looked at as a program.
func (x *examiner) lookAtScript(f File) error {
	data, err := x.read(f)
	if err != nil || data == nil {
		return err
	}
	if isELF(data) {
		o, err := readObject(data)
		if err != nil {
			return nil
		}
		return x.lookAtObject(f, o)
	}
	line, ok := strings.CutPrefix(firstLine(data), "#!")
	fields := strings.Fields(line)
	if !ok || len(fields) == 0 {
		return nil
	}
	if _, ok := x.top.file(fields[0]); !ok {
		x.add(codeShebang, f.Path, "starts with an interpreter that the image lacks:", fields[0])
		return nil
	}
	if program := envProgram(fields); program != "" && !x.onPath(program) {
		x.add(codeShebang, f.Path, "starts with an interpreter that is not on the image's PATH:", program)
	}
	return nil
}

// firstLine is what Linux reads of a script: a line of at most 255 bytes.
func firstLine(data []byte) string {
	line, _, _ := strings.Cut(string(data[:min(len(data), 255)]), "\n")
	return line
}

// envProgram is the program that `#!/usr/bin/env [-S] [X=Y] program` means, empty for another shebang.
func envProgram(fields []string) string {
	if path.Base(fields[0]) != "env" {
		return ""
	}
	for _, f := range fields[1:] {
		if !strings.HasPrefix(f, "-") && !strings.Contains(f, "=") {
			return f
		}
	}
	return ""
}

// onPath tells whether a shell of the image would find the program.
func (x *examiner) onPath(program string) bool {
	if strings.Contains(program, "/") || len(x.stage.machine.path) == 0 {
		return true
	}
	return slices.ContainsFunc(x.stage.machine.path, func(folder string) bool {
		_, ok := x.top.file(fmt.Sprintf("%s/%s", folder, program))
		return ok
	})
}
