package board

import (
	tea "github.com/charmbracelet/bubbletea"

	"github.com/stagewatch/stagewatch/ui/draw"
	"github.com/stagewatch/stagewatch/ui/present"
)

// Body is what a tab shows, and what keys and the mouse do there.
type Body interface {
	// Place gives the body its part of the screen, empty for none.
	Place(inside draw.Rect)
	// Settle brings cursor and offset back into bounds after whatever happened.
	Settle()
	Draw(c *draw.Canvas, focused bool)

	// Move moves the cursor and what is in sight with it, Scroll moves what is in sight.
	Move(by int)
	Scroll(by int)
	// Press takes a click on a line of the body. again reports whether the body had the focus before.
	Press(y int, again bool) tea.Cmd
	// Reset goes back to the start, when the tab is turned to.
	Reset()
	// Bookmark returns a function that goes back to what is in sight now.
	Bookmark() (back func())

	// Find moves to a line that holds the search text, in direction dir, beginning with the line of the cursor itself where
	// here is set. Found counts these lines; at is the one of the cursor, from 1, or 0.
	Find(dir int, here bool)
	Found() (at, of int)

	// Opens returns what the open key does now, nil for nothing.
	Opens() func() tea.Cmd
	// FoldName is the name under which the row of the cursor is folded, empty where it can't be.
	FoldName() string
	// Copy is what the copy key takes.
	Copy() present.Copied
	// Text returns the text that the save key writes; nil leaves the key to the app's log.
	Text() func() []string
	// Streams reports whether the body shows lines as they come, Follows whether it moves on with them.
	Streams() bool
	Follows() bool
	SetFollow(on bool)
}

// Turner is a body that turns through something by itself, as panels do through tabs.
type Turner interface {
	// Title names what it is at. It stands in place of the name of the tab.
	Title() string
	Turns() bool
	Turn(by int)
}
