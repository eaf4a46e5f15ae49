// Package look is how a person looks at the dashboard, as far as the bodies of all panels share it: what they show, the text
// that is searched for, and the signs of the cursor and of what was found.
package look

import (
	"strings"
	"unicode"

	tea "github.com/charmbracelet/bubbletea"

	"github.com/stagewatch/stagewatch/ui/draw"
	"github.com/stagewatch/stagewatch/ui/present"
)

// Shared is what the bodies of all panels read.
type Shared struct {
	// View returns what the screen shows now.
	View func() present.View
	// Open returns what opens the thing that a row stands for, nil where there is nothing to open.
	Open func(ref any) func() tea.Cmd
	// Search is the text that is searched for, empty for none.
	Search string
	Theme  *draw.Theme
}

// Finds reports whether a line holds the text that is searched for.
func (s *Shared) Finds(line string) bool { return Holds(line, s.Search) }

// Holds reports whether a line holds a text. Case counts only if the text has capitals.
func Holds(line, text string) bool {
	if ignoresCase(text) {
		line = strings.ToLower(line)
	}
	return strings.Contains(line, text)
}

func ignoresCase(text string) bool { return strings.IndexFunc(text, unicode.IsUpper) < 0 }

// MarkCursor marks the line at y as the line of the cursor.
func (s *Shared) MarkCursor(c *draw.Canvas, in draw.Rect, y int) {
	if s.Theme.Bare() {
		c.Text(in.X-1, y, 1, draw.Plain, ">")
		return
	}
	c.Restyle(draw.Rect{X: in.X, Y: y, W: in.W, H: 1}, func(s draw.Style) draw.Style { return s.Select() })
}

// MarkFound shows where the search text is on the painted line at y.
func (s *Shared) MarkFound(c *draw.Canvas, in draw.Rect, y int) {
	c.Mark(draw.Rect{X: in.X, Y: y, W: in.W, H: 1}, s.Search, ignoresCase(s.Search))
}
