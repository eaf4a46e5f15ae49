package ui

import (
	"fmt"
	"time"

	"github.com/stagewatch/stagewatch/ui/draw"
	"github.com/stagewatch/stagewatch/ui/story"
)

// seek puts the tape's playhead before event i and tells the story again up to there.
func (m *Model) seek(i int) {
	m.opt.Tape.Seek(i)
	m.story = story.New(m.opt.LogLines)
	clear(m.noticed)
	m.closePages(failureKind)
	m.dismissed = 0
	m.apply(m.opt.Tape.Played())
	m.now = m.opt.Tape.Clock()
}

// tapeState says whether the tape runs.
func (m *Model) tapeState() string {
	switch {
	case m.opt.Tape.Over():
		return "at its end"
	case m.opt.Tape.Paused():
		return "paused"
	}
	return "playing"
}

func (m *Model) tapeText() string {
	next, total, speed := m.opt.Tape.Position()
	return fmt.Sprintf("replay %s %d/%d ×%g", m.tapeState(), next, total, speed)
}

// scrubLabel is what stands before the bar: whether the tape runs, where it is, and how fast.
func (m *Model) scrubLabel() string {
	now, total := m.opt.Tape.Elapsed()
	_, _, speed := m.opt.Tape.Position()
	return fmt.Sprintf("replay %s %s / %s ×%g ", m.tapeState(), minutes(now), minutes(total), speed)
}

func minutes(d time.Duration) string {
	s := int(d.Seconds())
	return fmt.Sprintf("%d:%02d", s/60, s%60)
}

// scrubBar is where the bar of a replay is, in its line.
func (m *Model) scrubBar(r draw.Rect) draw.Rect {
	n := draw.Width(m.scrubLabel()) + 1
	return draw.Rect{X: r.X + n, Y: r.Y, W: max(0, r.W-n-1), H: min(1, r.H)}
}

// drawScrub shows where on the tape the playhead is, and by their numbers where the builds begin.
func (m *Model) drawScrub(c *draw.Canvas, r draw.Rect) {
	if r.Empty() {
		return
	}
	c.Line(r.X+1, r.Y, r.W-2, draw.Line{}.Add(draw.Accent, m.scrubLabel()))
	bar := m.scrubBar(r)
	now, total := m.opt.Tape.Elapsed()
	at := func(d time.Duration) int { return int(int64(max(0, bar.W-1)) * int64(d) / max(1, int64(total))) }
	c.Fill(bar, draw.Dim, "─")
	c.Fill(draw.Rect{X: bar.X, Y: bar.Y, W: min(bar.W, at(now)), H: 1}, draw.Accent, "━")
	for _, mark := range m.opt.Tape.Marks() {
		st := draw.Plain
		if mark.Failed {
			st = draw.Bad | draw.Bold
		}
		c.Text(bar.X+at(mark.At), bar.Y, bar.W-at(mark.At), st, fmt.Sprint(mark.Build))
	}
	c.Text(bar.X+at(now), bar.Y, bar.W-at(now), draw.Accent|draw.Bold, "●")
}

// scrubAt is the time on the tape that a place on the screen stands for.
func (m *Model) scrubAt(r draw.Rect, x, y int) (time.Duration, bool) {
	if r.Empty() {
		return 0, false
	}
	bar := m.scrubBar(r)
	if !bar.Contains(x, y) {
		return 0, false
	}
	_, total := m.opt.Tape.Elapsed()
	return total * time.Duration(x-bar.X) / time.Duration(max(1, bar.W-1)), true
}
