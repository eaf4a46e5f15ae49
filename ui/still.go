package ui

import (
	tea "github.com/charmbracelet/bubbletea"

	"github.com/stagewatch/stagewatch/engine/event"
)

// Still returns the frame that a dashboard of a size, in columns and lines, shows after the events.
func Still(events []event.Event, opt Options, width, height int) string {
	m := New(opt)
	m.Update(tea.WindowSizeMsg{Width: width, Height: height})
	if len(events) > 0 {
		m.now = events[len(events)-1].Time
		m.apply(events)
	}
	m.settle()
	return m.View()
}
