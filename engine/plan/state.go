package plan

import (
	"path"
	"strings"
)

// States tells what is in the results of a graph's ops, which are indexes into [Bound.Ops]. Paths are slash-separated,
// without a leading slash.
type States interface {
	// At returns what is at a path. None of the folders on the way is a link.
	At(op int, path string) (Entry, error)
	// Few reports whether a folder holds so little, in all, that copying it costs nothing.
	Few(op int, folder string) (bool, error)
}

// Entry is what is at a path. The zero value is nothing.
type Entry struct {
	Kind EntryKind
	// Target is that of a link, as written.
	Target string
}

// EntryKind is a kind of file.
type EntryKind int

// The kinds of files.
const (
	Nothing EntryKind = iota
	Folder
	Link
	OtherFile
)

// state is the result of an op.
type state struct {
	op     int
	states States
}

// place is where a path leads to in a state.
type place struct {
	// path has no links on the way, and is none itself.
	path string
	kind EntryKind
	// links are those that were followed.
	links []string
	// known is set unless the way can't be told: a file where a folder is needed, or too many links.
	known bool
}

// apart reports whether a step that writes w on the state leaves alone what sources lead to, and their links on the way.
func (s state) apart(sources []string, w writing) (bool, error) {
	to, err := s.resolve(w.path)
	if err != nil || !to.known || w.layered && (len(to.links) > 0 || to.kind == OtherFile) {
		return false, err
	}
	if w.folder && to.kind == Folder {
		return true, nil
	}
	for _, source := range sources {
		from, err := s.resolve(source)
		if err != nil || !from.known || isBelow(from.path, to.path) || isBelow(to.path, from.path) {
			return false, err
		}
		for _, link := range from.links {
			if isBelow(link, to.path) {
				return false, nil
			}
		}
	}
	return true, nil
}

// within reports whether a step that writes w on the state writes nothing but what is below a folder that is the only
// source, with no link on the way to either.
func (s state) within(sources []string, w writing) (bool, error) {
	if len(sources) != 1 || sources[0] == "" || w.folder || w.layered {
		return false, nil
	}
	from, err := s.resolve(sources[0])
	if err != nil || !from.known || from.kind != Folder || len(from.links) > 0 {
		return false, err
	}
	to, err := s.resolve(w.path)
	return to.known && len(to.links) == 0 && isBelow(to.path, from.path), err
}

// isBelow reports whether name is dir or below it.
func isBelow(name, dir string) bool {
	return dir == "" || name == dir || strings.HasPrefix(name, dir+"/")
}

// resolve follows a path as BuildKit does for what a copy reads and where it writes: also where its last part is a link.
// What is missing is taken as written.
func (s state) resolve(p string) (place, error) {
	at := place{kind: Folder, known: true}
	parts := strings.Split(p, "/")
	for len(parts) > 0 {
		part := parts[0]
		parts = parts[1:]
		switch {
		case part == "" || part == ".":
			continue
		case at.kind == OtherFile || at.kind == Nothing && part == "..":
			at.known = false
			return at, nil
		case part == "..":
			at.path = clean(path.Dir("/" + at.path))
			continue
		}
		next := path.Join(at.path, part)
		if at.kind == Nothing {
			at.path = next
			continue
		}
		entry, err := s.states.At(s.op, next)
		if err != nil {
			return at, err
		}
		if entry.Kind != Link {
			at.path, at.kind = next, entry.Kind
			continue
		}
		at.links = append(at.links, next)
		if len(at.links) > maxLinkHops {
			at.known = false
			return at, nil
		}
		if path.IsAbs(entry.Target) {
			at.path = ""
		}
		parts = append(strings.Split(entry.Target, "/"), parts...)
	}
	return at, nil
}
