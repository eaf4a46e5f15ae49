package ui

import (
	"fmt"
	"time"

	tea "github.com/charmbracelet/bubbletea"

	"github.com/stagewatch/stagewatch/ui/draw"
	"github.com/stagewatch/stagewatch/ui/replay"
	"github.com/stagewatch/stagewatch/ui/story"
)

// seek moves the playhead of the tape to event i and builds the story anew up to there.
func (m *Model) seek(i int) {
	m.opt.Tape.Seek(i)
	m.story = story.New(m.opt.LogLines)
	clear(m.noticed)
	m.board.ClosePages(failureKind)
	m.dismissed = 0
	m.apply(m.opt.Tape.Played())
	m.now = m.opt.Tape.Clock()
}

// scrub is the line of a replay below the panels.
type scrub struct{ *replay.Tape }

// state says whether the tape runs.
func (s scrub) state() string {
	switch {
	case s.Over():
		return "at its end"
	case s.Paused():
		return "paused"
	}
	return "playing"
}

func (s scrub) text() string {
	next, total, speed := s.Position()
	return fmt.Sprintf("replay %s %d/%d ×%g", s.state(), next, total, speed)
}

// label stands before the bar and says whether the tape runs, where it is and how fast.
func (s scrub) label() string {
	now, total := s.Elapsed()
	_, _, speed := s.Position()
	return fmt.Sprintf("replay %s %s / %s ×%g ", s.state(), minutes(now), minutes(total), speed)
}

func minutes(d time.Duration) string {
	n := int(d.Seconds())
	return fmt.Sprintf("%d:%02d", n/60, n%60)
}

// bar is the part of the line that the bar has.
func (s scrub) bar(r draw.Rect) draw.Rect {
	n := draw.Width(s.label()) + 1
	return draw.Rect{X: r.X + n, Y: r.Y, W: max(0, r.W-n-1), H: min(1, r.H)}
}

// draw shows where on the tape the playhead is and, by their numbers, where the builds begin.
func (s scrub) draw(c *draw.Canvas, r draw.Rect) {
	if r.Empty() {
		return
	}
	c.Line(r.X+1, r.Y, r.W-2, draw.Line{}.Add(draw.Accent, s.label()))
	bar := s.bar(r)
	now, total := s.Elapsed()
	at := func(d time.Duration) int { return int(int64(max(0, bar.W-1)) * int64(d) / max(1, int64(total))) }
	c.Fill(bar, draw.Dim, "─")
	c.Fill(draw.Rect{X: bar.X, Y: bar.Y, W: min(bar.W, at(now)), H: 1}, draw.Accent, "━")
	for _, mark := range s.Marks() {
		st := draw.Plain
		if mark.Failed {
			st = draw.Bad | draw.Bold
		}
		c.Text(bar.X+at(mark.At), bar.Y, bar.W-at(mark.At), st, fmt.Sprint(mark.Build))
	}
	c.Text(bar.X+at(now), bar.Y, bar.W-at(now), draw.Accent|draw.Bold, "●")
}

// at returns the time on the tape that a place on the screen stands for.
func (s scrub) at(r draw.Rect, x, y int) (time.Duration, bool) {
	if r.Empty() {
		return 0, false
	}
	bar := s.bar(r)
	if !bar.Contains(x, y) {
		return 0, false
	}
	_, total := s.Elapsed()
	return total * time.Duration(x-bar.X) / time.Duration(max(1, bar.W-1)), true
}

func (m *Model) pause() tea.Cmd {
	m.opt.Tape.Pause()
	return nil
}

func pace(by float64) func(*Model) tea.Cmd {
	return func(m *Model) tea.Cmd {
		_, _, speed := m.opt.Tape.Position()
		m.opt.Tape.SetSpeed(speed * by)
		return nil
	}
}

func stepTape(by int) func(*Model) tea.Cmd {
	return func(m *Model) tea.Cmd {
		next, _, _ := m.opt.Tape.Position()
		m.seek(next + by)
		return nil
	}
}

func seekBuild(back bool) func(*Model) tea.Cmd {
	return func(m *Model) tea.Cmd {
		m.seek(m.opt.Tape.BuildBoundary(back))
		return nil
	}
}
