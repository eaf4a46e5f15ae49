package present

import (
	"fmt"
	"strings"

	"github.com/stagewatch/stagewatch/engine/human"
	"github.com/stagewatch/stagewatch/ui/draw"
	"github.com/stagewatch/stagewatch/ui/story"
)

// fewFiles is the most files of a tree that is shown unfolded, so that the layer of a source edit is seen whole at once.
const fewFiles = 40

// Files are the files of a layer, or of a whole stage, of a build.
type Files struct {
	Build int
	Stage string
	// Layer is the layer's number as in [LayerRef], or WholeStage.
	Layer int
	// Tree is nil until the files are known.
	Tree *story.Node
}

// NodeRef is a file or a folder of [Files].
type NodeRef struct{ *story.Node }

// FilesOf returns the files of a layer of a build.
func FilesOf(b *story.Build, ref LayerRef) Files {
	f := Files{Build: b.Number, Stage: ref.Stage, Layer: ref.Layer}
	layers := b.Layers(ref.Stage)
	switch {
	case len(layers) == 0 || ref.Layer >= len(layers):
	case ref.Layer == WholeStage:
		f.Tree = story.StageTree(layers)
	default:
		f.Tree = story.LayerTree(layers, ref.Layer)
	}
	return f
}

// Title names what the files are of.
func (f *Files) Title() string {
	if f.Layer == WholeStage {
		return fmt.Sprintf("Files of stage %s (build #%d)", f.Stage, f.Build)
	}
	return fmt.Sprintf("Files of stage %s, layer %d (build #%d)", f.Stage, f.Layer, f.Build)
}

// Rows shows the files as a tree, with what the layer adds, changes and removes.
func (f *Files) Rows(v View, width int) []Row {
	b := v.Story.Build(f.Build)
	if b == nil {
		return []Row{Unkept()}
	}
	if f.Tree == nil {
		text := "reading the files"
		if v.Recorded {
			text = "this recording has no files; stagewatch --record writes them"
		}
		return []Row{dim(text)}
	}
	rows := Flow(f.head(b), width)
	list := &fileList{Files: f, folded: v.Folded, bar: max(4, width/6), full: f.Tree.Bytes}
	if width < tableWidth {
		list.bar = 0
	}
	list.add(f.Tree.Nodes, 0)
	if len(list.rows) == 0 {
		list.rows = []Row{dim("no file changed")}
	}
	return append(rows, list.rows...)
}

// head sums up the files.
func (f *Files) head(b *story.Build) []Row {
	layers := b.Layers(f.Stage)
	n := f.Tree.Count()
	line := draw.Line{}.Add(draw.Plain|draw.Bold, human.Bytes(f.Tree.Bytes)).Add(draw.Dim, " in "+human.Count(f.Tree.Files-n[story.Removed], "file"))
	for _, of := range []story.Fate{story.Added, story.Changed, story.Removed} {
		if n[of] > 0 {
			k := fateMark(of)
			line = line.Add(draw.Dim, " · ").Add(k.style, fmt.Sprintf("%s %d %s", k.sign, n[of], k.word))
		}
	}
	if f.Tree.Lost > 0 {
		line = line.Add(draw.Dim, " · ").Add(draw.Warn, human.Bytes(f.Tree.Lost)+" wasted: a later layer replaces or removes them")
	}
	if f.Layer == WholeStage {
		return []Row{{Left: line}, {}}
	}
	l := layers[f.Layer]
	if unseen := l.Bytes - f.Tree.Bytes; unseen > 0 {
		word := " wasted: written again unchanged"
		if f.Layer == 0 {
			word = " lost between the base's own layers"
		}
		line = line.Add(draw.Dim, " · ").Add(draw.Warn, human.Bytes(unseen)+word)
	}
	return []Row{{Left: draw.Line{}.Add(draw.Plain|draw.Bold, l.Instruction)}, {Left: line}, {}}
}

// fateMark is how a file's fate looks: a sign, a word and a colour.
func fateMark(f story.Fate) mark {
	switch f {
	case story.Added:
		return mark{"+", "added", draw.Good}
	case story.Changed:
		return mark{"~", "changed", draw.Warn}
	case story.Removed:
		return mark{"-", "removed", draw.Bad}
	}
	return mark{" ", "", draw.Plain}
}

// fileList lays a tree out as rows.
type fileList struct {
	*Files
	folded map[string]bool
	rows   []Row
	bar    int
	full   int64
}

func (f *fileList) add(nodes []*story.Node, depth int) {
	for _, n := range nodes {
		k, fold := fateMark(n.Fate), "  "
		if n.Nodes != nil {
			fold = "▸ "
			if f.Unfolded(f.folded, n) {
				fold = "▾ "
			}
		}
		name := k.style
		if n.Fate == story.Kept || n.Fate == story.Mixed {
			name = draw.Plain
		}
		line := draw.Line{}
		if f.bar > 0 {
			line = line.Add(draw.Accent, pad(draw.Bar(n.Bytes, f.full, f.bar), f.bar)).Add(draw.Plain, " ")
		}
		line = line.Add(k.style, k.sign+" ").Add(draw.Dim, strings.Repeat("  ", depth)+fold).Add(name, n.Name)
		if n.Nodes != nil {
			line = line.Add(draw.Dim, "/")
		}
		var right draw.Line
		if n.Lost > 0 {
			right = right.Add(draw.Warn, "wasted "+human.Bytes(n.Lost)+"  ")
		}
		if n.Fate == story.Removed {
			right = right.Add(draw.Bad, "removed")
		} else {
			right = right.Add(draw.Plain, fmt.Sprintf("%7s", human.Bytes(n.Bytes)))
		}
		f.rows = append(f.rows, Row{Left: line, Right: right, Ref: NodeRef{n}})
		if n.Nodes != nil && f.Unfolded(f.folded, n) {
			f.add(n.Nodes, depth+1)
		}
	}
}

// FoldName returns the name under which a folder is folded.
func (f *Files) FoldName(n *story.Node) string {
	return fmt.Sprintf("files %s %d %s", f.Stage, f.Layer, n.Path)
}

// Unfolded reports whether a folder shows what is in it: folders of a tree with few files do, unless they were folded by
// hand.
func (f *Files) Unfolded(folded map[string]bool, n *story.Node) bool {
	return folded[f.FoldName(n)] != (f.Tree.Files <= fewFiles)
}
