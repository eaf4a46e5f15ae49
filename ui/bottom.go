package ui

import (
	"fmt"

	"github.com/stagewatch/stagewatch/ui/draw"
)

// drawKeys is the bottom line: a question, an input, the answer to the last key, or the keys that work here.
func (m *Model) drawKeys(c *draw.Canvas, r draw.Rect) {
	if r.Empty() {
		return
	}
	lines := m.lay.foot
	switch {
	case m.input != nil:
		lines = []draw.Line{m.input.line(m.look.Theme.Bare())}
	case lines == nil:
		lines = []draw.Line{m.keyLine(r.W - 2)}
	}
	for i, line := range lines {
		c.Line(r.X+1, r.Y+i, r.W-2, line)
	}
}

// footer is the question or the answer that stands at the bottom in place of the keys, nil where there is none. It has as
// many lines as it needs.
func (m *Model) footer() []draw.Line {
	width, most := m.width-2, 1
	if m.height >= 12 {
		most = 3
	}
	switch {
	case m.ask != nil:
		yes, no := m.keys.Yes.Help(), m.keys.No.Help()
		tail := fmt.Sprintf("  %s %s · %s %s", yes.Key, yes.Desc, no.Key, no.Desc)
		return draw.Line{}.Add(draw.Warn, m.ask.text).Add(draw.Warn|draw.Bold, tail).Fit(width, 0, most)
	case m.input != nil:
		return nil
	case m.toast.text != "" && m.now.Before(m.toast.until):
		return draw.Line{}.Add(m.toast.style, m.toast.text).Fit(width, 0, most)
	}
	return nil
}
