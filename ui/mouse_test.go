package ui

import (
	"strings"
	"testing"

	tea "github.com/charmbracelet/bubbletea"

	"github.com/stagewatch/stagewatch/ui/draw"
)

// TestTitlesTakeClicks: the tabs of the panel in focus, and where one panel is shown at a time the names of all.
func TestTitlesTakeClicks(t *testing.T) {
	s, _ := liveScreen(t)
	click := func(text string) {
		for y, line := range strings.Split(s.text(), "\n") {
			if before, _, ok := strings.Cut(line, text); ok {
				s.send(tea.MouseMsg{X: draw.Width(before), Y: y, Action: tea.MouseActionPress, Button: tea.MouseButtonLeft})
				return
			}
		}
		t.Errorf("there is no %q to click", text)
	}
	s.press("2")
	click("Layers")
	s.shows("7 layers")
	click("Sizes")
	s.shows("before", "after")
	click("5 ran, 6 hits")
	s.shows("In full")
	s.press("esc").send(tea.WindowSizeMsg{Width: 60, Height: 12})
	click("5 Builds")
	s.want(s.board.Focus == s.panel("Builds"), "the builds are not in focus")
	s.send(tea.WindowSizeMsg{Width: 40, Height: 12})
	click("4")
	s.want(s.board.Focus == s.panel("Logs"), "the logs are not in focus")
}

func TestMouse(t *testing.T) {
	s, _ := liveScreen(t)
	click := func(name string, dy int, b tea.MouseButton) {
		in := s.panel(name).Inside
		s.send(tea.MouseMsg{X: in.X, Y: in.Y + dy, Action: tea.MouseActionPress, Button: b})
	}
	click("Builds", 1, tea.MouseButtonLeft)
	s.want(s.board.Focus == s.panel("Builds") && s.list("Builds").Cursor == 1, "a click does not focus and select")
	click("Builds", 1, tea.MouseButtonLeft)
	s.want(s.pinned == 1, "a second click does not open")
	s.press("esc")
	click("Logs", 0, tea.MouseButtonWheelUp)
	s.want(!s.log.Follows() && s.board.Focus != s.panel("Logs"), "the wheel does not scroll what is under it")
	click("Logs", 0, tea.MouseButtonWheelDown)
	s.want(s.log.Follows(), "the wheel does not come back")
}
