package ui

import (
	"fmt"
	"path/filepath"
	"strings"
	"testing"

	tea "github.com/charmbracelet/bubbletea"

	"github.com/stagewatch/stagewatch/engine/goldentest"
	"github.com/stagewatch/stagewatch/ui/replay"
)

// TestReplayShowsWhereItIs: the tape below the panels, by its builds, takes clicks.
func TestReplayShowsWhereItIs(t *testing.T) {
	events := recording(t, "python-app")
	tape := func(o *Options) { o.Tape = replay.New(events, 1) }
	var got strings.Builder
	for _, size := range [][2]int{{80, 24}, {120, 40}} {
		s := newScreen(t, size[0], size[1], tape)
		s.press("right", "right", "right", "right", ".", ">")
		fmt.Fprintf(&got, "== %d×%d\n%s", size[0], size[1], s.text())
	}
	goldentest.Check(t, filepath.Join("testdata", "frames", "replay.txt"), got.String())

	s := newScreen(t, 120, 40, tape)
	bar := scrub{s.opt.Tape}.bar(s.lay.scrub)
	click := func(x int) {
		s.send(tea.MouseMsg{X: x, Y: bar.Y, Action: tea.MouseActionPress, Button: tea.MouseButtonLeft})
	}
	click(bar.X + bar.W - 1)
	s.want(s.opt.Tape.Over() && s.story.Current().Number == 5, "the end of the bar is not the end of the tape")
	bar = scrub{s.opt.Tape}.bar(s.lay.scrub)
	click(bar.X)
	s.want(s.story.Current() == nil || s.story.Current().Number == 1, "the start of the bar is not the start of the tape")
	s.want(s.opt.Tape.Paused(), "it runs on from where one clicked")
}
