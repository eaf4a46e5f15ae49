package image

import (
	"cmp"
	"io/fs"
	"maps"
	"slices"
)

// File is one entry of a stage's file system: a file, folder, link or device.
type File struct {
	// Path is slash-separated and absolute.
	Path string
	Mode fs.FileMode
	// Size is the number of bytes of a regular file's content, 0 for everything else.
	Size int64
	// ModTime is in nanoseconds since 1970.
	ModTime int64
	// Link is the target of a symbolic link.
	Link string
	// Hard is the path of the hard link that counts the content's bytes, empty if this one does. Of several hard links
	// to a file the first counts.
	Hard     string
	UID, GID uint32
	// Attrs is a hash over the extended attributes.
	Attrs uint64
}

// bytes returns what the file adds to the size of its tree.
func (f File) bytes() int64 {
	if f.Hard != "" {
		return 0
	}
	return f.Size
}

// same reports whether two entries are equal, whichever of their hard links counts the bytes.
func (f File) same(g File) bool {
	f.Hard, g.Hard = "", ""
	return f == g
}

// Layer is what one step adds to a stage, or what the stage's base brings.
type Layer struct {
	// Bytes is the layer's size.
	Bytes int64
	// Step is an index into the steps of the stage's plan, -1 for the base, whose layers are one Layer here.
	Step int
	// Files are the entries that are new or differ from the layers below, by path.
	Files []File
	// Gone are the paths that the layer deletes.
	Gone []string

	// relinked are entries that differ only in the hard link that counts their bytes.
	relinked []File
}

// contents returns the bytes of the layer's regular files, each content counted once.
func (l Layer) contents() (n int64) {
	for _, f := range l.Files {
		n += f.bytes()
	}
	return n
}

// targets returns the bytes of the targets of the layer's symbolic links.
func (l Layer) targets() (n int64) {
	for _, f := range l.Files {
		n += int64(len(f.Link))
	}
	return n
}

// Tree is a file system: its entries by path.
type Tree map[string]File

// bytes returns the size of all contents, each counted once.
func (t Tree) bytes() int64 {
	var n int64
	for _, f := range t {
		n += f.bytes()
	}
	return n
}

// with returns the tree with the layer on top.
func (t Tree) with(l Layer) Tree {
	t = maps.Clone(t)
	if t == nil {
		t = Tree{}
	}
	for _, p := range l.Gone {
		delete(t, p)
	}
	for _, f := range l.Files {
		t[f.Path] = f
	}
	for _, f := range l.relinked {
		t[f.Path] = f
	}
	return t
}

// layerBetween returns the layer that a step made: the difference between the trees under and over it.
func layerBetween(under, over Tree) Layer {
	var l Layer
	for p, f := range over {
		was, ok := under[p]
		switch {
		case !ok || !f.same(was):
			l.Files = append(l.Files, f)
		case f.Hard != was.Hard:
			l.relinked = append(l.relinked, f)
		}
	}
	for p := range under {
		if _, ok := over[p]; !ok {
			l.Gone = append(l.Gone, p)
		}
	}
	slices.SortFunc(l.Files, func(a, b File) int { return cmp.Compare(a.Path, b.Path) })
	slices.Sort(l.Gone)
	return l
}

// separate takes apart the hard links of a tree that lead from a layer into a lower one. BuildKit's tree has them. The
// containerd store's image has two files, because the lower one did not change and is not in the layer again.
func separate(under, over Tree) {
	// first are the links that count a lower content again, by the path of that content.
	first := map[string]string{}
	var links []string
	for p, f := range over {
		if f.Hard != "" {
			links = append(links, p)
		}
	}
	slices.Sort(links)
	for _, p := range links {
		f := over[p]
		switch {
		case unchanged(under, over, p):
			if under[p].Hard == "" {
				f.Hard = ""
			}
		case unchanged(under, over, f.Hard):
			f.Hard = first[f.Hard]
			if f.Hard == "" {
				first[over[p].Hard] = p
			}
		}
		over[p] = f
	}
}

// unchanged reports whether an entry of a tree is one of the tree under it.
func unchanged(under, over Tree, path string) bool {
	was, there := under[path]
	return there && over[path].same(was)
}
