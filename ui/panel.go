package ui

import (
	"fmt"

	"github.com/charmbracelet/bubbles/key"
	tea "github.com/charmbracelet/bubbletea"

	"github.com/stagewatch/stagewatch/ui/draw"
	"github.com/stagewatch/stagewatch/ui/present"
)

// newPanels is the list of all panels, in the order of their keys. The first one is the centre of the screen and shows the
// build that is looked at.
func newPanels(m *Model) []*panel {
	list := []*panel{stagesPanel(m), sizesPanel(m), changesPanel(m), logsPanel(m), buildsPanel(m)}
	for i, p := range list {
		number := fmt.Sprint(i + 1)
		p.key = bind([]string{number}, number, p.help)
	}
	return list
}

// panel is a part of the screen that can have the focus: one of the list above, or a page that is opened over them.
type panel struct {
	// help says in the list of keys what the panel's key leads to.
	help string
	area area
	// height returns how many of the lines that are left in its area the panel takes; nil takes them all.
	height func(left int) int
	// tabs are what the panel can show, one at a time; open is the one that it shows.
	tabs []tab
	open int
	// note stands at the right of the title and foot at the bottom of the frame. nil has none.
	note, foot func(p *panel) draw.Line

	key key.Binding
	// rect is where the panel is on the screen, empty where it is not in sight. inside is the part that the tab has.
	rect, inside draw.Rect
}

// area is a part of the screen that panels share.
type area int

const (
	// centre is at the left. It is the only area that a narrow page leaves in sight.
	centre area = iota
	// side is at the right, one panel below the other.
	side
	// below is as wide as the screen.
	below
)

// tab is one of the things that a panel can show.
type tab struct {
	name string
	body
}

// body is what a tab shows, and what keys and the mouse do there. A [list] of rows is one, the [appLog] another.
type body interface {
	// place tells the body which part of the screen it has, empty for none.
	place(inside draw.Rect)
	// settle brings cursor and offset back into bounds after whatever happened.
	settle()
	draw(c *draw.Canvas, focused bool)

	// move moves the cursor and what is in sight with it, scroll moves what is in sight.
	move(by int)
	scroll(by int)
	// press takes a click on a line of the body. again reports whether the body had the focus before.
	press(y int, again bool) tea.Cmd
	// reset goes back to the start, when the tab is turned to.
	reset()
	// bookmark returns a function that goes back to what is in sight now.
	bookmark() (back func())

	// find moves to a line that holds the search text, in direction dir, beginning with the line of the cursor itself where
	// here is set. found counts these lines; at is the one of the cursor, from 1, or 0.
	find(dir int, here bool)
	found() (at, of int)

	// opens returns what the open key does now, nil for nothing.
	opens() func() tea.Cmd
	// foldName is the name under which the row of the cursor is folded, empty where it can't be.
	foldName() string
	// copy is what the copy key takes.
	copy() present.Copied
	// text returns the text that the save key writes; nil leaves the key to the app's log.
	text() func() []string
	// streams reports whether the body shows lines as they come, follows whether it moves on with them.
	streams() bool
	follows() bool
	setFollow(on bool)
}

// turner is a body that turns through something by itself, as panels do through tabs.
type turner interface {
	turns() bool
	turn(by int)
}

func (p *panel) body() body { return p.tabs[p.open].body }

// inSight reports whether the panel is on the screen.
func (p *panel) inSight() bool { return !p.rect.Empty() }

// hasTabs reports whether there is anything to turn through.
func (p *panel) hasTabs() bool {
	t, ok := p.body().(turner)
	return len(p.tabs) > 1 || ok && t.turns()
}

// turn turns to another tab.
func (p *panel) turn(by int) {
	if t, ok := p.body().(turner); ok {
		t.turn(by)
		return
	}
	n := len(p.tabs)
	p.turnTo(((p.open+by)%n + n) % n)
}

func (p *panel) turnTo(tab int) {
	p.open = tab
	p.body().reset()
	p.body().place(p.inside)
}

// tabNamed returns the number of the tab of that name, -1 for none.
func (p *panel) tabNamed(name string) int {
	for i, t := range p.tabs {
		if t.name == name {
			return i
		}
	}
	return -1
}

// number is the panel's key, empty for a page.
func (p *panel) number() string { return p.key.Help().Key }

// title names the panel and, while it has the focus, its tabs. Each name is a piece of its own, for clicks. The name of
// the open tab has style st.
func (m *Model) title(p *panel, st draw.Style) draw.Line {
	begin, focused := draw.Line{{Text: " "}}, p == m.focus
	if n := p.number(); n != "" {
		begin = begin.Add(draw.Dim, n).Add(draw.Plain, " ")
	}
	line := begin[:len(begin):len(begin)]
	for i, t := range p.tabs {
		switch {
		case i == p.open:
			line = m.named(line, st, t.name, focused)
		case focused:
			line = line.Add(draw.Dim, t.name)
		default:
			continue
		}
		if focused && i < len(p.tabs)-1 {
			line = line.Add(draw.Dim, " · ")
		}
	}
	if line.Width() > p.rect.W-5 && len(p.tabs) > 1 {
		// The name of the open tab matters more than the names of all tabs.
		line = m.named(begin[:len(begin):len(begin)], st, p.tabs[p.open].name, focused).
			Add(draw.Dim, fmt.Sprintf(" · %d of %d", p.open+1, len(p.tabs)))
	}
	return line.Add(draw.Plain, " ")
}

// named adds the name of a panel, in brackets where the panel has the focus and no style can show it.
func (m *Model) named(line draw.Line, st draw.Style, name string, focused bool) draw.Line {
	if focused && m.theme.Bare() {
		return line.Add(st, "[").Add(st, name).Add(st, "]")
	}
	return line.Add(st, name)
}

func (p *panel) noteLine() draw.Line {
	if p.note == nil {
		return nil
	}
	return p.note(p)
}

func (p *panel) footLine() draw.Line {
	if p.foot == nil {
		return nil
	}
	return p.foot(p)
}
