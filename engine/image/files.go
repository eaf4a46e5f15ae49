package image

import (
	"cmp"
	"io/fs"
	"maps"
	"slices"
)

// File is one entry of a stage's file system, whatever it is: file, folder, link or device.
type File struct {
	// Path is slash-separated and absolute.
	Path string
	Mode fs.FileMode
	// Size is the content's bytes, 0 for all but regular files.
	Size int64
	// ModTime is in nanoseconds since 1970.
	ModTime int64
	// Link is where a symbolic link points.
	Link string
	// Hard is the path by which the same content is counted, empty where it is this one: of the hard links to a
	// file the first counts.
	Hard     string
	UID, GID uint32
	// Attrs is a hash over the extended attributes.
	Attrs uint64
}

// bytes are what the file counts for among others of its tree.
func (f File) bytes() int64 {
	if f.Hard != "" {
		return 0
	}
	return f.Size
}

// same tells whether nothing of a path changed but which of its hard links comes first.
func (f File) same(g File) bool {
	f.Hard, g.Hard = "", ""
	return f == g
}

// Layer is what one step adds to a stage, or what its base brings.
type Layer struct {
	// Bytes are those that the engine's history has for it.
	Bytes int64
	// Step indexes the steps of the stage's plan; -1 for the base, whose layers are taken together.
	Step int
	// Files are the entries that are new or different from the layers below, by path.
	Files []File
	// Gone are the paths that the layer takes away.
	Gone []string

	// relinked are entries that are what they were, but for the path that counts their bytes.
	relinked []File
}

// Tree is a file system by path.
type Tree map[string]File

// bytes sums the contents, each once.
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

// layerBetween returns what a step made of the tree under it.
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
