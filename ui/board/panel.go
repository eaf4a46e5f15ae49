package board

import (
	"fmt"

	"github.com/charmbracelet/bubbles/key"

	"github.com/stagewatch/stagewatch/ui/draw"
)

// Panel is a part of the screen that can have the focus.
type Panel struct {
	// Help says in the list of keys what the panel's key leads to.
	Help string
	Area Area
	// Height returns how many of the lines that are left in its area the panel takes; nil takes them all.
	Height func(left int) int
	// Tabs are what the panel can show, one at a time.
	Tabs []Tab
	// Note stands at the right of the title and Foot at the bottom of the frame. nil has none.
	Note, Foot func(p *Panel) draw.Line
	// Key leads to the panel. A page has none.
	Key key.Binding

	// Rect is where the panel is on the screen, empty where it is not in sight. Inside is the part that the body has.
	Rect, Inside draw.Rect
	// open is the tab that is shown.
	open int
}

// Tab is one of the things that a panel can show.
type Tab struct {
	Name string
	Body
}

func (t Tab) title() string {
	if b, ok := t.Body.(Turner); ok {
		return b.Title()
	}
	return t.Name
}

// Body is what the open tab shows.
func (p *Panel) Body() Body { return p.Tabs[p.open].Body }

// Name is the name of the open tab.
func (p *Panel) Name() string { return p.Tabs[p.open].title() }

// Number is the panel's key as it is written on the keyboard, empty for a page.
func (p *Panel) Number() string { return p.Key.Help().Key }

// InSight reports whether the panel is on the screen.
func (p *Panel) InSight() bool { return !p.Rect.Empty() }

// HasTabs reports whether there is anything to turn through.
func (p *Panel) HasTabs() bool {
	t, ok := p.Body().(Turner)
	return len(p.Tabs) > 1 || ok && t.Turns()
}

// Turn turns to another tab.
func (p *Panel) Turn(by int) {
	if t, ok := p.Body().(Turner); ok {
		t.Turn(by)
		return
	}
	n := len(p.Tabs)
	p.turnTo(((p.open+by)%n + n) % n)
}

func (p *Panel) turnTo(tab int) {
	p.open = tab
	p.Body().Reset()
	p.Body().Place(p.Inside)
}

// title names the panel and, while it has the focus, its tabs. Each name is a piece of its own, for clicks. The name of
// the open tab has style st.
func (p *Panel) title(st draw.Style, focused, bare bool) draw.Line {
	begin := draw.Line{{Text: " "}}
	if n := p.Number(); n != "" {
		begin = begin.Add(draw.Dim, n).Add(draw.Plain, " ")
	}
	line := begin[:len(begin):len(begin)]
	for i, t := range p.Tabs {
		switch {
		case i == p.open:
			line = named(line, st, t.title(), focused && bare)
		case focused:
			line = line.Add(draw.Dim, t.title())
		default:
			continue
		}
		if focused && i < len(p.Tabs)-1 {
			line = line.Add(draw.Dim, " · ")
		}
	}
	if line.Width() > p.Rect.W-5 && len(p.Tabs) > 1 {
		// The name of the open tab matters more than the names of all tabs.
		line = named(begin[:len(begin):len(begin)], st, p.Name(), focused && bare).
			Add(draw.Dim, fmt.Sprintf(" · %d of %d", p.open+1, len(p.Tabs)))
	}
	return line.Add(draw.Plain, " ")
}

// named adds the name of a panel, in brackets where no style can show that it has the focus.
func named(line draw.Line, st draw.Style, name string, brackets bool) draw.Line {
	if brackets {
		return line.Add(st, "[").Add(st, name).Add(st, "]")
	}
	return line.Add(st, name)
}

func (p *Panel) note() draw.Line {
	if p.Note == nil {
		return nil
	}
	return p.Note(p)
}

func (p *Panel) foot() draw.Line {
	if p.Foot == nil {
		return nil
	}
	return p.Foot(p)
}
