package board

import (
	tea "github.com/charmbracelet/bubbletea"

	"github.com/stagewatch/stagewatch/ui/draw"
)

// InStrip returns the panel that column x of the strip in r names, nil for none.
func (b *Board) InStrip(r draw.Rect, x int) *Panel {
	if b.OnPage() {
		return nil
	}
	if i := pieceAt(b.strip(r.W), x-r.X-1); i >= 0 && i%2 == 0 {
		return b.Panels[i/2]
	}
	return nil
}

// At returns the panel at a place of the screen, nil for none.
func (b *Board) At(x, y int) *Panel {
	for _, p := range b.Focusable() {
		if p.Rect.Contains(x, y) {
			return p
		}
	}
	return nil
}

// Press focuses a panel, and passes a click in it on. A click on the name of a tab turns to it.
func (b *Board) Press(p *Panel, x, y int) tea.Cmd {
	again := b.Focus == p
	b.Focus = p
	if y == p.Rect.Y && !b.Single && again {
		title := p.title(draw.Plain, true, b.bare)
		if i := pieceAt(title, x-p.Rect.X-2); i >= 0 {
			p.turnToNamed(title[i].Text)
		}
		return nil
	}
	if !p.Inside.Contains(x, y) {
		return nil
	}
	return p.Body().Press(y-p.Inside.Y, again)
}

func (p *Panel) turnToNamed(name string) {
	for i, t := range p.Tabs {
		if t.title() == name {
			p.turnTo(i)
			return
		}
	}
}

// pieceAt returns the piece of a line that holds a column, -1 where the line is shorter.
func pieceAt(l draw.Line, x int) int {
	for i, s := range l {
		w := draw.Width(s.Text)
		if x >= 0 && x < w {
			return i
		}
		x -= w
	}
	return -1
}
