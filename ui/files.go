package ui

import (
	tea "github.com/charmbracelet/bubbletea"

	"github.com/stagewatch/stagewatch/engine/event"
	"github.com/stagewatch/stagewatch/ui/board"
	"github.com/stagewatch/stagewatch/ui/present"
	"github.com/stagewatch/stagewatch/ui/story"
)

// filesList shows the files of a layer as a tree. It turns through the layers of the stage.
type filesList struct {
	list
	files present.Files
	page  *board.Page
}

// openFiles opens a layer's files, and asks for them where they are not known.
func (m *Model) openFiles(b *story.Build, ref present.LayerRef) tea.Cmd {
	f := &filesList{list: list{m: m}}
	f.content = func(v present.View, width int) []present.Row { return f.files.Rows(v, width) }
	f.all = func() present.Copied { return rowsOf(m.view(), f.content) }
	f.folds = func(ref any) string {
		if n, ok := ref.(present.NodeRef); ok && n.Nodes != nil {
			return f.files.FoldName(n.Node)
		}
		return ""
	}
	f.page = board.NewPage("files", "", f)
	f.page.Wide = true
	f.show(present.FilesOf(b, ref))
	m.board.Open(f.page)
	if b.Files != nil || m.opt.Tape != nil || m.opt.Send == nil {
		return nil
	}
	send := m.opt.Send
	return func() tea.Msg {
		send(event.Inspect{})
		return nil
	}
}

func (f *filesList) show(files present.Files) {
	f.files = files
	f.page.Tabs[0].Name = files.Title()
}

// filesCame shows a build's files in the page of files that is open, unless an older build is looked at.
func (m *Model) filesCame(number int) {
	b := m.story.Build(number)
	if b == nil {
		return
	}
	for _, p := range m.board.Pages {
		f, ok := p.Body().(*filesList)
		if !ok || m.pinned != 0 && f.files.Tree != nil {
			continue
		}
		if files := present.FilesOf(b, present.LayerRef{Stage: f.files.Stage, Layer: f.files.Layer}); files.Tree != nil {
			f.show(files)
		}
	}
}

func (f *filesList) Turns() bool { return f.files.Tree != nil }

// turn goes to the files of the stage's next layer. The whole stage is one of them.
func (f *filesList) Turn(by int) {
	b := f.m.story.Build(f.files.Build)
	if b == nil {
		return
	}
	n := len(b.Layers(f.files.Stage)) + 1
	f.show(present.FilesOf(b, present.LayerRef{Stage: f.files.Stage, Layer: (f.files.Layer+1+by+n)%n - 1}))
	f.Reset()
}

// find moves to the next file or folder whose name holds the search text, and unfolds what it is in.
func (f *filesList) Find(dir int, here bool) {
	if f.files.Tree == nil {
		f.list.Find(dir, here)
		return
	}
	var all []*story.Node
	f.files.Tree.Walk(func(n *story.Node) { all = append(all, n) })
	at := -1
	if ref, ok := f.selected().(present.NodeRef); ok {
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
		if contains(all[at].Name, f.m.search) {
			f.reveal(all[at])
			return
		}
	}
}

// reveal unfolds the folders that a file is in, and moves the cursor to it.
func (f *filesList) reveal(n *story.Node) {
	way, folded := f.files.Tree.Find(n.Path), f.m.folded
	for _, up := range way[:len(way)-1] {
		if !f.files.Unfolded(folded, up) {
			folded[f.files.FoldName(up)] = !folded[f.files.FoldName(up)]
		}
	}
	for i, r := range f.rows() {
		if r.Ref == (present.NodeRef{Node: n}) {
			f.cursor = i
		}
	}
	f.moved = true
}

func (f *filesList) Found() (at, of int) {
	if f.files.Tree == nil {
		return f.list.Found()
	}
	ref, _ := f.selected().(present.NodeRef)
	f.files.Tree.Walk(func(n *story.Node) {
		if contains(n.Name, f.m.search) {
			if of++; n == ref.Node {
				at = of
			}
		}
	})
	return at, of
}
