package ui

import (
	"fmt"

	tea "github.com/charmbracelet/bubbletea"
	"github.com/charmbracelet/x/ansi"

	"github.com/stagewatch/stagewatch/ui/draw"
	"github.com/stagewatch/stagewatch/ui/story"
)

// logView is how the logs are looked at. Places in the logs are entry numbers, which stay what they are
// when the ring drops its oldest.
type logView struct {
	follow bool
	// top is the first entry in sight while not following.
	top int
	// seen is the entry to come when following ended: what is newer is new.
	seen int
	// match is the entry that the search is at, -1 where it has not begun.
	match            int
	wrap, times, raw bool
	filter           string
}

// shows tells whether the filter lets an entry pass. Marks of ours always do.
func (v *logView) shows(e *story.Entry) bool {
	return v.filter == "" || e.Kind != story.LogLine || contains(ansi.Strip(e.Text), v.filter)
}

// step returns the shown entry n places from seq on, or the last on the way there.
func (v *logView) step(r *story.Ring, seq, n int) int {
	dir := 1
	if n < 0 {
		dir, n = -1, -n
	}
	at := seq
	for i := seq + dir; n > 0 && i >= r.First() && i < r.Next(); i += dir {
		if v.shows(r.At(i)) {
			at = i
			n--
		}
	}
	return at
}

// bottomTop is the first entry in sight when the newest is on the last line.
func (v *logView) bottomTop(m *Model, in draw.Rect) int {
	r := m.story.Logs
	top, room := r.Next(), in.H
	for i := r.Next() - 1; i >= r.First() && room > 0; i-- {
		e := r.At(i)
		if !v.shows(e) {
			continue
		}
		room -= v.height(e, in.W)
		if room < 0 && top < r.Next() {
			break
		}
		top = i
	}
	return top
}

func (v *logView) height(e *story.Entry, width int) int {
	if !v.wrap || width <= 0 {
		return 1
	}
	return max(1, (v.gutter()+draw.Width(ansi.Strip(e.Text))+width-1)/width)
}

// gutter is the width of what stands before a line.
func (v *logView) gutter() int {
	if v.times {
		return 2 + len("15:04:05 ")
	}
	return 2
}

func (v *logView) scroll(m *Model, by int) {
	in := m.layout().content(logs)
	r := m.story.Logs
	v.match = -1
	bottom := v.bottomTop(m, in)
	if v.follow {
		if by >= 0 {
			return
		}
		v.follow, v.top, v.seen = false, bottom, r.Next()
	}
	v.top = v.step(r, max(v.top, r.First()), by)
	if by > 0 && v.top >= bottom {
		v.follow = true
	}
}

func (v *logView) settle(m *Model) {
	v.top = max(v.top, m.story.Logs.First())
}

func (v *logView) setFilter(m *Model, s string) {
	v.filter = s
	v.follow = true
}

// find moves to the nearest entry that holds the search text.
func (v *logView) find(m *Model, dir int, here bool) bool {
	r := m.story.Logs
	if r.Len() == 0 {
		return false
	}
	at := v.match
	switch {
	case at < 0 && v.follow:
		// From the end, what is newest comes first.
		at, dir = r.Next()-1, -1
	case at < 0:
		at = v.top
	case !here:
		at += dir
	}
	for range r.Len() {
		switch {
		case at < r.First():
			at = r.Next() - 1
		case at >= r.Next():
			at = r.First()
		}
		if e := r.At(at); v.shows(e) && contains(ansi.Strip(e.Text), m.search) {
			if v.follow {
				v.seen = r.Next()
			}
			// Near the end there is nothing below to fill the panel with.
			v.match, v.follow = at, false
			v.top = min(at, v.bottomTop(m, m.layout().content(logs)))
			return true
		}
		at += dir
	}
	return false
}

// note says at the panel's title what is hidden and whether it follows.
func (v *logView) note(m *Model) draw.Line {
	if m.panes[logs].tab != 0 {
		return nil
	}
	r := m.story.Logs
	if r.Len() == 0 && m.prints() {
		return draw.Line{}.Add(draw.Dim, "build output, until the app logs")
	}
	var line draw.Line
	if n := r.First(); n > 0 {
		line = line.Add(draw.Dim, fmt.Sprintf("%d older gone · ", n))
	}
	if v.filter != "" {
		line = line.Add(draw.Warn, "only “"+draw.Cut(v.filter, 20)+"” · ")
	}
	if v.follow {
		return line.Add(draw.Dim, "following")
	}
	if n := r.Next() - v.seen; n > 0 {
		return line.Add(draw.Warn|draw.Bold, fmt.Sprintf("paused, %s, f follows", draw.Count(n, "new line")))
	}
	return line.Add(draw.Warn, "paused, f follows")
}

func (m *Model) toggleFollow() tea.Cmd {
	if m.panes[logs].tab != 0 {
		m.panes[logs].moved = !m.panes[logs].moved
		return nil
	}
	v := &m.logs
	if v.follow {
		v.top, v.seen = v.bottomTop(m, m.layout().content(logs)), m.story.Logs.Next()
	}
	v.follow = !v.follow
	return nil
}

func (m *Model) toggleWrap() tea.Cmd  { m.logs.wrap = !m.logs.wrap; return nil }
func (m *Model) toggleTimes() tea.Cmd { m.logs.times = !m.logs.times; return nil }
func (m *Model) toggleRaw() tea.Cmd   { m.logs.raw = !m.logs.raw; return nil }
