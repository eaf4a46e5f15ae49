package compat

import (
	"bytes"
	"debug/elf"
	"encoding/binary"
	"maps"
	"slices"
)

// elfFile describes an ELF file for amd64 with no more than the dynamic linker needs.
type elfFile struct {
	machine elf.Machine
	loader  string
	needed  []string
	// wants maps the symbols that other files must export to their version of libc.so.6, empty for none.
	wants   map[string]string
	weak    []string
	exports []string
	defines []string
}

// strs collects a table of strings.
type strs struct{ bytes.Buffer }

func (s *strs) add(text string) uint32 {
	if s.Len() == 0 {
		s.WriteByte(0)
	}
	at := uint32(s.Len())
	s.WriteString(text + "\x00")
	return at
}

// bytes makes the file.
func (e elfFile) bytes() []byte {
	var names, sections strs
	var dynamic, symbols, versym, verneed, verdef bytes.Buffer
	put := func(b *bytes.Buffer, fields ...any) {
		for _, f := range fields {
			_ = binary.Write(b, binary.LittleEndian, f)
		}
	}
	for _, n := range e.needed {
		put(&dynamic, uint64(elf.DT_NEEDED), uint64(names.add(n)))
	}
	put(&dynamic, uint64(elf.DT_NULL), uint64(0))
	put(&symbols, elf.Sym64{})
	put(&versym, uint16(0))
	index := map[string]uint16{}
	var aux bytes.Buffer
	symbol := func(name, version string, bind elf.SymBind, section elf.SectionIndex) {
		if version != "" && index[version] == 0 {
			index[version] = uint16(len(index) + 2)
		}
		put(&symbols, elf.Sym64{Name: names.add(name), Info: elf.ST_INFO(bind, elf.STT_FUNC), Shndx: uint16(section)})
		put(&versym, max(index[version], 1))
	}
	for _, name := range slices.Sorted(maps.Keys(e.wants)) {
		symbol(name, e.wants[name], elf.STB_GLOBAL, elf.SHN_UNDEF)
	}
	for _, name := range e.weak {
		symbol(name, "", elf.STB_WEAK, elf.SHN_UNDEF)
	}
	for _, name := range e.exports {
		symbol(name, "", elf.STB_GLOBAL, 1)
	}
	left := len(index)
	for _, version := range slices.Sorted(maps.Keys(index)) {
		next := uint32(16)
		if left--; left == 0 {
			next = 0
		}
		put(&aux, uint32(0), uint16(0), index[version], names.add(version), next)
	}
	if len(index) > 0 {
		put(&verneed, uint16(1), uint16(len(index)), names.add("libc.so.6"), uint32(16), uint32(0))
		verneed.Write(aux.Bytes())
	}
	for i, d := range e.defines {
		next := uint32(28)
		if i == len(e.defines)-1 {
			next = 0
		}
		put(&verdef, uint16(1), uint16(0), uint16(i+1), uint16(1), uint32(0), uint32(20), next, names.add(d), uint32(0))
	}
	names.add("")

	var body bytes.Buffer
	const head = 64 + 56
	var headers []elf.Section64
	section := func(name string, kind elf.SectionType, link uint32, data []byte) {
		headers = append(headers, elf.Section64{Name: sections.add(name), Type: uint32(kind), Link: link, Off: uint64(head + body.Len()), Size: uint64(len(data))})
		body.Write(data)
	}
	section("", elf.SHT_NULL, 0, nil)
	section(".dynstr", elf.SHT_STRTAB, 0, names.Bytes())
	section(".dynsym", elf.SHT_DYNSYM, 1, symbols.Bytes())
	section(".dynamic", elf.SHT_DYNAMIC, 1, dynamic.Bytes())
	section(".gnu.version", elf.SHT_GNU_VERSYM, 2, versym.Bytes())
	section(".gnu.version_r", elf.SHT_GNU_VERNEED, 1, verneed.Bytes())
	section(".gnu.version_d", elf.SHT_GNU_VERDEF, 1, verdef.Bytes())
	loader := elf.Prog64{Type: uint32(elf.PT_NULL)}
	if e.loader != "" {
		loader = elf.Prog64{Type: uint32(elf.PT_INTERP), Off: uint64(head + body.Len()), Filesz: uint64(len(e.loader) + 1)}
		body.WriteString(e.loader + "\x00")
	}
	sections.add(".shstrtab")
	section(".shstrtab", elf.SHT_STRTAB, 0, append(sections.Bytes(), make([]byte, 16)...))
	// Its own name went in while it was written.
	copy(body.Bytes()[headers[len(headers)-1].Off-head:], sections.Bytes())

	machine := e.machine
	if machine == elf.EM_NONE {
		machine = elf.EM_X86_64
	}
	var out bytes.Buffer
	h := elf.Header64{Type: uint16(elf.ET_DYN), Machine: uint16(machine), Version: 1, Phoff: 64, Shoff: uint64(head + body.Len()),
		Ehsize: 64, Phentsize: 56, Phnum: 1, Shentsize: 64, Shnum: uint16(len(headers)), Shstrndx: uint16(len(headers) - 1)}
	copy(h.Ident[:], elf.ELFMAG+"\x02\x01\x01")
	put(&out, h, loader)
	out.Write(body.Bytes())
	for _, s := range headers {
		put(&out, s)
	}
	return out.Bytes()
}
