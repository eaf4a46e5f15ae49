package ui

import (
	"fmt"
	"strings"

	tea "github.com/charmbracelet/bubbletea"

	"github.com/stagewatch/stagewatch/engine/event"
	"github.com/stagewatch/stagewatch/engine/human"
	"github.com/stagewatch/stagewatch/ui/draw"
	"github.com/stagewatch/stagewatch/ui/story"
)

// wholeStage stands for all layers of a stage in place of one.
const wholeStage = -1

// fewFiles is up to how many files a tree is shown unfolded: a source edit's layer is seen whole at once.
const fewFiles = 40

// layerRef is a layer of a stage in the sizes; nodeRef is a file or a folder in an opened one.
type (
	layerRef struct {
		stage string
		layer int
	}
	nodeRef struct{ *story.Node }
)

// openFiles opens a layer's files, and asks for them where they are not known.
func (m *Model) openFiles(b *story.Build, ref layerRef) tea.Cmd {
	m.open(opened{kind: filesPage, build: b.Number, stage: ref.stage, index: ref.layer, tree: fileTree(b, ref)})
	if b.Files != nil || m.opt.Tape != nil || m.opt.Send == nil {
		return nil
	}
	send := m.opt.Send
	return func() tea.Msg {
		send(event.Inspect{})
		return nil
	}
}

func fileTree(b *story.Build, ref layerRef) *story.Node {
	layers := b.Layers(ref.stage)
	switch {
	case len(layers) == 0 || ref.layer >= len(layers):
		return nil
	case ref.layer == wholeStage:
		return story.StageTree(layers)
	}
	return story.LayerTree(layers, ref.layer)
}

// turnLayer goes from the files in front to those of the stage's next layer; the whole stage is one of them.
func (m *Model) turnLayer(by int) {
	p := m.filesInFront()
	b := m.story.Build(p.build)
	n := len(b.Layers(p.stage)) + 1
	p.index = (p.index+1+by+n)%n - 1
	p.tree = fileTree(b, layerRef{p.stage, p.index})
	m.panes[page] = pane{}
}

// filesCame shows the newest build's files in a page that is open, unless an older build is looked at.
func (m *Model) filesCame(number int) {
	b := m.story.Build(number)
	for i := range m.pages {
		p := &m.pages[i]
		if p.kind != filesPage || m.pinned != 0 && p.tree != nil {
			continue
		}
		if tree := fileTree(b, layerRef{p.stage, p.index}); tree != nil {
			p.build, p.tree = number, tree
		}
	}
}

// fileRows shows what a layer adds, changes and removes, or all files of a stage, as a tree.
func (m *Model) fileRows(p *opened, b *story.Build, width int) []row {
	if p.tree == nil {
		text := "reading the files; they are here in a moment"
		if m.opt.Tape != nil || m.opt.Send == nil {
			text = "this recording has no files; stagewatch --record writes them"
		}
		return []row{{left: draw.Line{}.Add(draw.Dim, text)}}
	}
	rows := flow(filesHead(p, b), width)
	f := &fileList{Model: m, page: p, bar: max(4, width/6), full: p.tree.Bytes}
	if width < gridWidth {
		f.bar = 0
	}
	f.add(p.tree.Nodes, 0)
	if len(f.rows) == 0 {
		f.rows = []row{{left: draw.Line{}.Add(draw.Dim, "no file changed")}}
	}
	return append(rows, f.rows...)
}

// filesHead sums up what is opened.
func filesHead(p *opened, b *story.Build) []row {
	layers := b.Layers(p.stage)
	n := p.tree.Count()
	line := draw.Line{}.Add(draw.Plain|draw.Bold, human.Bytes(p.tree.Bytes)).Add(draw.Dim, " in "+human.Count(p.tree.Files-n[story.Removed], "file"))
	for _, of := range []story.Fate{story.Added, story.Changed, story.Removed} {
		if n[of] > 0 {
			k := fateMark(of)
			line = line.Add(draw.Dim, " · ").Add(k.style, fmt.Sprintf("%s %d %s", k.sign, n[of], k.word))
		}
	}
	if p.tree.Lost > 0 {
		line = line.Add(draw.Dim, " · ").Add(draw.Warn, human.Bytes(p.tree.Lost)+" wasted: a later layer has them again, or removes them")
	}
	if p.index == wholeStage {
		return []row{{left: line}, {}}
	}
	l := layers[p.index]
	if unseen := l.Bytes - p.tree.Bytes; unseen > 0 {
		word := " wasted: written again unchanged"
		if p.index == 0 {
			word = " lost between the base's own layers"
		}
		line = line.Add(draw.Dim, " · ").Add(draw.Warn, human.Bytes(unseen)+word)
	}
	return []row{{left: draw.Line{}.Add(draw.Plain|draw.Bold, l.Instruction)}, {left: line}, {}}
}

// fateMark is how a fate looks: a sign, a word and a colour.
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
	*Model
	page *opened
	rows []row
	bar  int
	full int64
}

func (f *fileList) add(nodes []*story.Node, depth int) {
	for _, n := range nodes {
		k, fold := fateMark(n.Fate), "  "
		if n.Nodes != nil {
			fold = "▸ "
			if f.unfolded(f.page, n) {
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
		f.rows = append(f.rows, row{left: line, right: right, ref: nodeRef{n}})
		if n.Nodes != nil && f.unfolded(f.page, n) {
			f.add(n.Nodes, depth+1)
		}
	}
}

func (p *opened) foldName(n *story.Node) string {
	return fmt.Sprintf("files %s %d %s", p.stage, p.index, n.Path)
}

// unfolded tells whether a folder shows what is in it: as it was left, else where there are few files in all.
func (m *Model) unfolded(p *opened, n *story.Node) bool {
	return m.folded[p.foldName(n)] != (p.tree.Files <= fewFiles)
}

// filesInFront is the page of files on top, nil where there is none.
func (m *Model) filesInFront() *opened {
	if p := m.front(); p != nil && p.kind == filesPage && p.tree != nil {
		return p
	}
	return nil
}

// findFile moves to the next file or folder whose name holds the search text, and unfolds what it is in.
func (m *Model) findFile(p *opened, dir int, here bool) {
	var all []*story.Node
	p.tree.Walk(func(n *story.Node) { all = append(all, n) })
	at := -1
	if ref, ok := m.selected().(nodeRef); ok {
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
		n := all[at]
		if !contains(n.Name, m.search) {
			continue
		}
		way := p.tree.Find(n.Path)
		for _, up := range way[:len(way)-1] {
			if !m.unfolded(p, up) {
				m.folded[p.foldName(up)] = !m.folded[p.foldName(up)]
			}
		}
		for i, r := range m.rows(page, m.layout().content(page).W) {
			if r.ref == (nodeRef{n}) {
				m.panes[page].cursor = i
			}
		}
		m.panes[page].moved = true
		return
	}
}
