package rows

import (
	"github.com/stagewatch/stagewatch/ui/look"
	"github.com/stagewatch/stagewatch/ui/present"
	"github.com/stagewatch/stagewatch/ui/story"
)

// Tree shows the files of a layer as a tree. It turns through the layers of the stage.
type Tree struct {
	List
	Files present.Files
}

// NewTree returns the tree of files, which can still be unknown.
func NewTree(l *look.Shared, files present.Files) *Tree {
	t := &Tree{List: List{Look: l}, Files: files}
	t.Content = func(v present.View, width int) []present.Row { return t.Files.Rows(v, width) }
	t.All = func() present.Copied { return Text(l.View(), t.Content) }
	t.Folds = func(ref any) string {
		if n, ok := ref.(present.NodeRef); ok && n.Nodes != nil {
			return t.Files.FoldName(n.Node)
		}
		return ""
	}
	return t
}

// Update shows what is now known of the same layer's files in build b.
func (t *Tree) Update(b *story.Build) {
	if files := present.FilesOf(b, present.LayerRef{Stage: t.Files.Stage, Layer: t.Files.Layer}); files.Tree != nil {
		t.Files = files
	}
}

// Title names the layer or the stage whose files are shown.
func (t *Tree) Title() string { return t.Files.Title() }

func (t *Tree) Turns() bool { return t.Files.Tree != nil }

// Turn goes to the files of the stage's next layer. The whole stage is one of them.
func (t *Tree) Turn(by int) {
	b := t.Look.View().Story.Build(t.Files.Build)
	if b == nil {
		return
	}
	n := len(b.Layers(t.Files.Stage)) + 1
	t.Files = present.FilesOf(b, present.LayerRef{Stage: t.Files.Stage, Layer: (t.Files.Layer+1+by+n)%n - 1})
	t.Reset()
}

// Find moves to the next file or folder whose name holds the search text, and unfolds what it is in.
func (t *Tree) Find(dir int, here bool) {
	if t.Files.Tree == nil {
		t.List.Find(dir, here)
		return
	}
	var all []*story.Node
	t.Files.Tree.Walk(func(n *story.Node) { all = append(all, n) })
	at := -1
	if ref, ok := t.Selected().(present.NodeRef); ok {
		for i, n := range all {
			if n == ref.Node {
				at = i
			}
		}
	}
	if here {
		at -= dir
	}
	for range all {
		at = (at + dir + len(all)) % len(all)
		if t.Look.Finds(all[at].Name) {
			t.reveal(all[at])
			return
		}
	}
}

// reveal unfolds the folders that a file is in, and moves the cursor to it.
func (t *Tree) reveal(n *story.Node) {
	way, folded := t.Files.Tree.Find(n.Path), t.Look.View().Folded
	for _, up := range way[:len(way)-1] {
		if !t.Files.Unfolded(folded, up) {
			folded[t.Files.FoldName(up)] = !folded[t.Files.FoldName(up)]
		}
	}
	for i, r := range t.Rows() {
		if r.Ref == (present.NodeRef{Node: n}) {
			t.Cursor = i
		}
	}
	t.moved = true
}

func (t *Tree) Found() (at, of int) {
	if t.Files.Tree == nil {
		return t.List.Found()
	}
	ref, _ := t.Selected().(present.NodeRef)
	t.Files.Tree.Walk(func(n *story.Node) {
		if t.Look.Finds(n.Name) {
			if of++; n == ref.Node {
				at = of
			}
		}
	})
	return at, of
}
