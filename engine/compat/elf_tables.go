package compat

import (
	"debug/elf"
	"encoding/binary"
	"errors"
	"fmt"
	"strings"
)

// tables reads the dynamic linker's tables of a file.
type tables struct {
	file *elf.File
	data []byte
}

var errCut = errors.New("a table ends early")

// read fills in what the tables say of o.
func (t *tables) read(o *object) error {
	if err := t.readNeeded(o); err != nil {
		return err
	}
	byIndex, err := t.readVersions(o)
	if err != nil {
		return err
	}
	return t.readSymbols(o, byIndex)
}

// section returns the bytes of the first section of the type and the string table that it refers to, nothing where
// the file has no such section. The bytes are the file's own, not a copy.
func (t *tables) section(kind elf.SectionType) (data []byte, names string, err error) {
	s := t.file.SectionByType(kind)
	if s == nil {
		return nil, "", nil
	}
	if data, err = t.bytes(s); err != nil {
		return nil, "", err
	}
	if s.Link == 0 || s.Link >= uint32(len(t.file.Sections)) {
		return data, "", nil
	}
	strs, err := t.bytes(t.file.Sections[s.Link])
	if err != nil {
		return nil, "", err
	}
	// One copy of the table: every name is a slice of it.
	return data, string(strs), nil
}

func (t *tables) bytes(s *elf.Section) ([]byte, error) {
	size := uint64(len(t.data))
	if s.Type == elf.SHT_NOBITS || s.Flags&elf.SHF_COMPRESSED != 0 || s.Offset > size || s.FileSize > size-s.Offset {
		return nil, fmt.Errorf("section %.40q of %d bytes is not in the file", s.Name, s.FileSize)
	}
	return t.data[s.Offset : s.Offset+s.FileSize], nil
}

// nameAt returns the string at an offset, cut to maxName bytes.
func nameAt(names string, at uint64) string {
	if at >= uint64(len(names)) {
		return ""
	}
	name := names[at:min(uint64(len(names)), at+maxName)]
	name, _, _ = strings.Cut(name, "\x00")
	return name
}

func (t *tables) readNeeded(o *object) error {
	data, names, err := t.section(elf.SHT_DYNAMIC)
	if err != nil {
		return err
	}
	order, entry := t.file.ByteOrder, t.word()*2
	for ; len(data) >= entry; data = data[entry:] {
		tag, value := t.number(order, data), t.number(order, data[t.word():])
		switch elf.DynTag(tag) {
		case elf.DT_NULL:
			return nil
		case elf.DT_NEEDED:
			if len(o.needed) >= maxNeeded {
				return fmt.Errorf("more than %d libraries", maxNeeded)
			}
			o.needed = append(o.needed, nameAt(names, value))
		}
	}
	return nil
}

// word returns the size of an address in bytes.
func (t *tables) word() int {
	if t.file.Class == elf.ELFCLASS64 {
		return 8
	}
	return 4
}

func (t *tables) number(order binary.ByteOrder, b []byte) uint64 {
	if t.word() == 8 {
		return order.Uint64(b)
	}
	return uint64(order.Uint32(b))
}

// readVersions reads which versions the file needs and which it defines. It returns the names of the needed ones by
// the index that the symbol table uses for them.
func (t *tables) readVersions(o *object) (map[uint16]string, error) {
	order := t.file.ByteOrder
	byIndex := map[uint16]string{}
	seen := 0
	data, names, err := t.section(elf.SHT_GNU_VERNEED)
	if err != nil {
		return nil, err
	}
	err = linked(data, 16, func(b []byte) (next uint32, err error) {
		library := nameAt(names, uint64(order.Uint32(b[4:])))
		left := order.Uint16(b[2:])
		aux := order.Uint32(b[8:])
		if left == 0 || uint64(aux) > uint64(len(b)) {
			return order.Uint32(b[12:]), nil
		}
		err = linked(b[aux:], 16, func(a []byte) (uint32, error) {
			v := version{library, nameAt(names, uint64(order.Uint32(a[8:])))}
			if seen++; seen > maxVersions {
				return 0, fmt.Errorf("more than %d versions", maxVersions)
			}
			byIndex[order.Uint16(a[6:])&0x7fff] = v.name
			// A weak version may be missing.
			if elf.DynamicVersionFlag(order.Uint16(a[4:]))&elf.VER_FLG_WEAK == 0 {
				o.versions = append(o.versions, v)
			}
			if left--; left == 0 {
				return 0, nil
			}
			return order.Uint32(a[12:]), nil
		})
		return order.Uint32(b[12:]), err
	})
	if err != nil {
		return nil, err
	}
	if data, names, err = t.section(elf.SHT_GNU_VERDEF); err != nil {
		return nil, err
	}
	return byIndex, linked(data, 20, func(b []byte) (uint32, error) {
		aux := order.Uint32(b[12:])
		if uint64(aux)+4 <= uint64(len(b)) {
			o.defines[nameAt(names, uint64(order.Uint32(b[aux:])))] = true
		}
		return order.Uint32(b[16:]), nil
	})
}

// linked calls each for the entries of a list. An entry has at least size bytes and says how many bytes further the
// next one is; 0 ends the list.
func linked(data []byte, size int, each func(entry []byte) (next uint32, err error)) error {
	for n := 0; len(data) >= size; n++ {
		if n >= maxVersions {
			return fmt.Errorf("a list has more than %d entries", maxVersions)
		}
		next, err := each(data)
		if err != nil || next == 0 {
			return err
		}
		if uint64(next) > uint64(len(data)) {
			return errCut
		}
		data = data[next:]
	}
	return nil
}

func (t *tables) readSymbols(o *object, versions map[uint16]string) error {
	data, names, err := t.section(elf.SHT_DYNSYM)
	if err != nil {
		return err
	}
	indexes, _, err := t.section(elf.SHT_GNU_VERSYM)
	if err != nil {
		return err
	}
	order, size := t.file.ByteOrder, elf.Sym32Size
	if t.word() == 8 {
		size = elf.Sym64Size
	}
	if len(data)/size > maxSymbols {
		return fmt.Errorf("more than %d symbols", maxSymbols)
	}
	for i := 1; (i+1)*size <= len(data); i++ {
		b := data[i*size:]
		name := nameAt(names, uint64(order.Uint32(b)))
		// The 32-bit format has the same fields in another order.
		info, section := b[4], order.Uint16(b[6:])
		if t.word() == 4 {
			info, section = b[12], order.Uint16(b[14:])
		}
		bind := elf.ST_BIND(info)
		switch {
		case name == "":
		case elf.SectionIndex(section) != elf.SHN_UNDEF:
			if bind != elf.STB_LOCAL {
				o.exports[name] = true
			}
		case bind == elf.STB_GLOBAL:
			s := symbol{name: name}
			if 2*i+2 <= len(indexes) {
				s.version = versions[order.Uint16(indexes[2*i:])&0x7fff]
			}
			o.wants = append(o.wants, s)
		}
	}
	return nil
}
