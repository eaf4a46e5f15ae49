package compat

import (
	"bytes"
	"debug/elf"
	"errors"
	"fmt"
	"strings"
)

// object is what an ELF file needs from its image, and what it offers to other files.
type object struct {
	machine elf.Machine
	// loader is the program that loads the file, empty for a library and for a static program.
	loader string
	// needed are the names of the libraries that the file is linked to.
	needed []string
	// wants are the symbols that some other object must export; weak ones are left out.
	wants []symbol
	// versions are those that the file's libraries must define.
	versions []version
	// exports are the symbols that other files can use, defines the versions of them.
	exports map[string]bool
	defines map[string]bool
}

// symbol is a name and the version that it was linked to, empty for none.
type symbol struct{ name, version string }

// version is one that a library must define, such as GLIBC_2.34 of libc.so.6.
type version struct{ library, name string }

// Limits on what a file may claim, far beyond what linkers make.
const (
	maxSymbols  = 1 << 17
	maxNeeded   = 1 << 10
	maxVersions = 1 << 12
	maxName     = 1 << 12
)

var errNotELF = errors.New("not an ELF file")

// isELF reports whether data begins as an ELF file does.
func isELF(data []byte) bool { return bytes.HasPrefix(data, []byte(elf.ELFMAG)) }

// readObject reads the headers and the dynamic linker's tables of an ELF file. The file may be hostile: whatever it
// contains, readObject returns, and its time and memory are bounded by a small multiple of the file's size. That is
// why debug/elf reads only the headers here: its own readers of tables follow every chain and alias in them.
func readObject(data []byte) (o *object, err error) {
	if !isELF(data) {
		return nil, errNotELF
	}
	// debug/elf's own documentation says that it is not hardened against hostile files.
	defer func() {
		if r := recover(); r != nil {
			o, err = nil, fmt.Errorf("reading ELF headers: %v", r)
		}
	}()
	if manySections(data) {
		return nil, errors.New("reading ELF headers: more sections than any program has")
	}
	f, err := elf.NewFile(bytes.NewReader(data))
	if err != nil {
		return nil, fmt.Errorf("reading ELF headers: %w", err)
	}
	o = &object{machine: f.Machine, exports: map[string]bool{}, defines: map[string]bool{}}
	for _, p := range f.Progs {
		if p.Type == elf.PT_INTERP {
			o.loader = interpreter(p)
		}
	}
	t := tables{file: f, data: data}
	if err := t.read(o); err != nil {
		return nil, fmt.Errorf("reading an ELF file: %w", err)
	}
	return o, nil
}

// manySections reports whether a file counts its sections in the way that is meant for more than 65,000 of them.
func manySections(data []byte) bool {
	number := 48
	if len(data) > elf.EI_CLASS && elf.Class(data[elf.EI_CLASS]) == elf.ELFCLASS64 {
		number = 60
	}
	return len(data) < number+2 || data[number] == 0 && data[number+1] == 0 && hasSections(data, number)
}

// hasSections reports whether a header whose number of sections is 0 has the offset of a section table.
func hasSections(data []byte, number int) bool {
	at, size := 32, 4
	if number == 60 {
		at, size = 40, 8
	}
	return !bytes.Equal(data[at:at+size], make([]byte, size))
}

// interpreter returns the path in a PT_INTERP segment.
func interpreter(p *elf.Prog) string {
	path := make([]byte, min(p.Filesz, maxName))
	n, err := p.ReadAt(path, 0)
	if err != nil && n == 0 {
		return ""
	}
	name, _, _ := strings.Cut(string(path[:n]), "\x00")
	return name
}
