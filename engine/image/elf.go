package image

import (
	"bytes"
	"debug/elf"
	"errors"
	"fmt"
	"strings"
)

// object is what an ELF file asks of the image that it is in, and what it has for others.
type object struct {
	machine elf.Machine
	// loader is the program that has to load it, empty for a library and for what is linked statically.
	loader string
	// needed are the names of the libraries that it asks for.
	needed []string
	// wants are the symbols that some other object must have, but for those that it can do without.
	wants []symbol
	// versions are those that it asks of its libraries.
	versions []version
	// exports are the symbols that others find in it, defines the versions.
	exports map[string]bool
	defines map[string]bool
}

// symbol is a name and the version that it was linked to, empty for none.
type symbol struct{ name, version string }

// version is one that a library is to have: libc.so.6 and GLIBC_2.34.
type version struct{ library, name string }

// Limits on what is believed of a file, far beyond what linkers make.
const (
	maxSymbols  = 1 << 17
	maxNeeded   = 1 << 10
	maxVersions = 1 << 12
	maxName     = 1 << 12
)

var errNotELF = errors.New("no ELF file")

// isELF tells whether data begins as an ELF file does.
func isELF(data []byte) bool { return bytes.HasPrefix(data, []byte(elf.ELFMAG)) }

// readObject reads what an ELF file says of itself. The file is somebody else's: whatever is in it, readObject
// returns, and takes no more time and memory than a small multiple of the file's size. For that reason debug/elf
// reads the headers only: its readers of tables follow whatever chains and aliases the tables make.
func readObject(data []byte) (o *object, err error) {
	if !isELF(data) {
		return nil, errNotELF
	}
	// debug/elf says of itself that it is not hardened against hostile files.
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

// manySections tells of a file that counts its sections in the way for more than 65,000 of them.
func manySections(data []byte) bool {
	number := 48
	if len(data) > elf.EI_CLASS && elf.Class(data[elf.EI_CLASS]) == elf.ELFCLASS64 {
		number = 60
	}
	return len(data) < number+2 || data[number] == 0 && data[number+1] == 0 && hasSections(data, number)
}

// hasSections tells whether a header without a number of sections says where they are.
func hasSections(data []byte, number int) bool {
	at, size := 32, 4
	if number == 60 {
		at, size = 40, 8
	}
	return !bytes.Equal(data[at:at+size], make([]byte, size))
}

func interpreter(p *elf.Prog) string {
	path := make([]byte, min(p.Filesz, maxName))
	n, err := p.ReadAt(path, 0)
	if err != nil && n == 0 {
		return ""
	}
	name, _, _ := strings.Cut(string(path[:n]), "\x00")
	return name
}
