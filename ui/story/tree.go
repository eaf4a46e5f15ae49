package story

import (
	"cmp"
	"path"
	"slices"
	"strings"

	"github.com/stagewatch/stagewatch/engine/event"
)

// Fate is what a layer does to a path.
type Fate int

// The fates. Of a folder it is that of all that is in it, where that is one.
const (
	Mixed Fate = iota
	// Kept: a path of the base image, in the tree of a whole stage.
	Kept
	Added
	Changed
	Removed
)

// Node is a file, or a folder with what is in it.
type Node struct {
	// Name is the last element of Path; of folders that hold nothing but the next one it is all of theirs.
	Name, Path string
	// Bytes are those of the layer or stage that the tree is of. What a layer removes has none.
	Bytes int64
	// Lost are the bytes of it that a later layer overwrites or removes: they are in the image and nobody sees them.
	Lost  int64
	Files int
	Fate  Fate
	// Nodes are what a folder holds, the largest first; nil for a file.
	Nodes []*Node
}

// LayerTree is what layer i of a stage adds, changes and removes, as a tree.
func LayerTree(layers []event.LayerFiles, i int) *Node {
	below, above := map[string]bool{}, map[string]bool{}
	for j, l := range layers {
		switch {
		case j < i:
			each(l, func(p string, _ int64) { below[p] = true })
		case j > i:
			each(l, func(p string, _ int64) { above[p] = true })
			for _, p := range l.Gone {
				above[p] = true
			}
		}
	}
	t := tree{}
	each(layers[i], func(p string, bytes int64) {
		n := &Node{Path: p, Bytes: bytes, Files: 1, Fate: Added}
		if below[p] {
			n.Fate = Changed
		}
		if above[p] {
			n.Lost = bytes
		}
		t.add(n)
	})
	for _, p := range layers[i].Gone {
		if below[p] {
			t.add(&Node{Path: p, Files: 1, Fate: Removed})
		}
	}
	return t.root()
}

// StageTree is the file system that all layers of a stage make, as a tree.
func StageTree(layers []event.LayerFiles) *Node {
	all := map[string]*Node{}
	for i, l := range layers {
		for _, p := range l.Gone {
			delete(all, p)
		}
		each(l, func(p string, bytes int64) {
			n := &Node{Path: p, Bytes: bytes, Files: 1, Fate: Added}
			if _, was := all[p]; was {
				n.Fate = Changed
			}
			if i == 0 {
				n.Fate = Kept
			}
			all[p] = n
		})
	}
	t := tree{}
	for _, n := range all {
		t.add(n)
	}
	return t.root()
}

// each calls f for every file of a layer.
func each(l event.LayerFiles, f func(path string, bytes int64)) {
	for _, dir := range l.Folders {
		for name, bytes := range dir.Files {
			f(path.Join(dir.Path, name), bytes)
		}
	}
}

// tree finds folders by their paths.
type tree map[string]*Node

func (t tree) add(n *Node) {
	n.Name = path.Base(n.Path)
	dir := t.folder(path.Dir(n.Path))
	dir.Nodes = append(dir.Nodes, n)
}

func (t tree) folder(p string) *Node {
	if n, ok := t[p]; ok {
		return n
	}
	n := &Node{Path: p, Name: path.Base(p), Nodes: []*Node{}}
	t[p] = n
	if p != "/" && p != "." {
		up := t.folder(path.Dir(p))
		up.Nodes = append(up.Nodes, n)
	}
	return n
}

// root sums, sorts and shortens the tree.
func (t tree) root() *Node {
	root := t.folder("/")
	root.finish()
	return root
}

func (n *Node) finish() {
	if n.Nodes == nil {
		return
	}
	for i, in := range n.Nodes {
		in.finish()
		if len(in.Nodes) == 1 && in.Nodes[0].Nodes != nil {
			// A folder with one folder in it is no level that anybody wants to go through.
			name := in.Name + "/" + in.Nodes[0].Name
			in = in.Nodes[0]
			in.Name = name
			n.Nodes[i] = in
		}
		n.Bytes += in.Bytes
		n.Lost += in.Lost
		n.Files += in.Files
		switch {
		case i == 0:
			n.Fate = in.Fate
		case n.Fate != in.Fate:
			n.Fate = Mixed
		}
	}
	slices.SortFunc(n.Nodes, func(a, b *Node) int {
		return cmp.Or(cmp.Compare(b.Bytes, a.Bytes), strings.Compare(a.Name, b.Name))
	})
}

// Find returns the nodes from the root's child down to the one at a path, nil where there is none.
func (n *Node) Find(p string) []*Node {
	for _, in := range n.Nodes {
		if in.Path == p {
			return []*Node{in}
		}
		if strings.HasPrefix(p, in.Path+"/") {
			if rest := in.Find(p); rest != nil {
				return append([]*Node{in}, rest...)
			}
		}
	}
	return nil
}

// Walk calls f for every node below, each folder before what it holds.
func (n *Node) Walk(f func(*Node)) {
	for _, in := range n.Nodes {
		f(in)
		in.Walk(f)
	}
}

// Count counts the files by their fates.
func (n *Node) Count() map[Fate]int {
	count := map[Fate]int{}
	n.Walk(func(in *Node) {
		if in.Nodes == nil {
			count[in.Fate]++
		}
	})
	return count
}
