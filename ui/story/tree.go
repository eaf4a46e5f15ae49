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

// The fates. The fate of a folder is that of its files.
const (
	// Mixed: the files of the folder have different fates.
	Mixed Fate = iota
	// Kept: the path is the base image's. It occurs only in the tree of a whole stage.
	Kept
	Added
	Changed
	Removed
)

// Node is a file or a folder.
type Node struct {
	// Name is the last element of Path. A chain of folders that hold nothing but the next one is one node with all
	// their names.
	Name, Path string
	// Bytes is its size in the layer or the stage, 0 for a removed path.
	Bytes int64
	// Lost is the part of Bytes that a later layer overwrites or removes. The image still holds these bytes.
	Lost  int64
	Files int
	Fate  Fate
	// Nodes are a folder's files and folders, the largest first; nil for a file.
	Nodes []*Node
}

// LayerTree returns what layer i of a stage adds, changes and removes.
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

// StageTree returns the file system that all layers of a stage make.
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

// tree holds folders by their paths.
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
			// A folder that holds nothing but one folder needs no level of its own.
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

// Find returns the nodes on the way from n's child down to the node at a path, nil where there is none.
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

// Walk calls f for every node below n, each folder before its own nodes.
func (n *Node) Walk(f func(*Node)) {
	for _, in := range n.Nodes {
		f(in)
		in.Walk(f)
	}
}

// Count returns the number of files of each fate.
func (n *Node) Count() map[Fate]int {
	count := map[Fate]int{}
	n.Walk(func(in *Node) {
		if in.Nodes == nil {
			count[in.Fate]++
		}
	})
	return count
}
