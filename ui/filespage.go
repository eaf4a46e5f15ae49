package ui

import (
	tea "github.com/charmbracelet/bubbletea"

	"github.com/stagewatch/stagewatch/engine/event"
	"github.com/stagewatch/stagewatch/ui/present"
	"github.com/stagewatch/stagewatch/ui/story"
)

// openFiles opens a layer's files, and asks for them where they are not known.
func (m *Model) openFiles(b *story.Build, ref present.LayerRef) tea.Cmd {
	m.open(opened{kind: filesPage, files: present.FilesOf(b, ref)})
	if b.Files != nil || m.opt.Tape != nil || m.opt.Send == nil {
		return nil
	}
	send := m.opt.Send
	return func() tea.Msg {
		send(event.Inspect{})
		return nil
	}
}

// turnLayer goes from the files in front to those of the stage's next layer; the whole stage is one of them.
func (m *Model) turnLayer(by int) {
	f := m.filesInFront()
	b := m.story.Build(f.Build)
	if b == nil {
		return
	}
	n := len(b.Layers(f.Stage)) + 1
	*f = present.FilesOf(b, present.LayerRef{Stage: f.Stage, Layer: (f.Layer+1+by+n)%n - 1})
	m.panes[page] = pane{}
}

// filesCame shows the newest build's files in a page that is open, unless an older build is looked at.
func (m *Model) filesCame(number int) {
	b := m.story.Build(number)
	for i := range m.pages {
		p := &m.pages[i]
		if b == nil || p.kind != filesPage || m.pinned != 0 && p.files.Tree != nil {
			continue
		}
		if f := present.FilesOf(b, present.LayerRef{Stage: p.files.Stage, Layer: p.files.Layer}); f.Tree != nil {
			p.files = f
		}
	}
}

// filesInFront is the page of files on top, nil where there is none.
func (m *Model) filesInFront() *present.Files {
	if p := m.front(); p != nil && p.kind == filesPage && p.files.Tree != nil {
		return &p.files
	}
	return nil
}

// findFile moves to the next file or folder whose name holds the search text, and unfolds what it is in.
func (m *Model) findFile(p *present.Files, dir int, here bool) {
	var all []*story.Node
	p.Tree.Walk(func(n *story.Node) { all = append(all, n) })
	at := -1
	if ref, ok := m.selected().(present.NodeRef); ok {
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
		way := p.Tree.Find(n.Path)
		for _, up := range way[:len(way)-1] {
			if !p.Unfolded(m.folded, up) {
				m.folded[p.FoldName(up)] = !m.folded[p.FoldName(up)]
			}
		}
		for i, r := range m.rows(page, m.layout().content(page).W) {
			if r.Ref == (present.NodeRef{Node: n}) {
				m.panes[page].cursor = i
			}
		}
		m.panes[page].moved = true
		return
	}
}
