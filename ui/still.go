package ui

import (
	tea "github.com/charmbracelet/bubbletea"

	"github.com/stagewatch/stagewatch/engine/event"
)

// Still is the frame that a dashboard of that size shows after the events, as a terminal gets it.
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
