package ui

import (
	"fmt"
	"strings"

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
	// passed are the entries that the filter lets pass, hits those of them that hold the search text.
	passed, hits logIndex
}

// shows reports whether an entry is among those that passed the filter.
func (v *logView) shows(e *story.Entry) bool {
	if v.pattern() == "" {
		return true
	}
	_, ok := v.passed.at(e.Seq)
	return ok
}

// pattern is the filter's text. One that begins with an exclamation mark leaves out the lines that hold it.
func (v *logView) pattern() string { return strings.TrimPrefix(v.filter, "!") }

func (v *logView) leavesOut() bool { return strings.HasPrefix(v.filter, "!") }

// passes reports whether the filter lets an entry pass. Our own marks always do.
func (v *logView) passes(e *story.Entry) bool {
	return e.Kind != story.LogLine || contains(v.text(e), v.pattern()) != v.leavesOut()
}

// text returns an entry as the screen shows it.
func (v *logView) text(e *story.Entry) string {
	if !v.raw && e.Kind == story.LogLine {
		if nice := readable(e.Text); nice != nil {
			return nice.Text()
		}
	}
	return ansi.Strip(e.Text)
}

// index filters and searches the entries that came since.
func (v *logView) index(m *Model) {
	shape := fmt.Sprint(v.raw, v.filter)
	if v.pattern() != "" {
		v.passed.update(m.story.Logs, shape, v.passes)
	}
	if m.search != "" {
		v.hits.update(m.story.Logs, shape+"/"+m.search, func(e *story.Entry) bool { return v.shows(e) && contains(v.text(e), m.search) })
	}
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
	return max(1, (v.gutter()+draw.Width(v.text(e))+width-1)/width)
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
	v.index(m)
}

func (v *logView) setFilter(m *Model, s string) {
	v.filter = s
	v.follow = true
	v.index(m)
}

// find moves to the nearest entry that holds the search text.
func (v *logView) find(m *Model, dir int, here bool) {
	v.index(m)
	n := len(v.hits.seqs)
	if n == 0 {
		return
	}
	at := n - 1
	switch {
	case v.match < 0 && v.follow:
		// From the end, what is newest comes first.
	case v.match < 0:
		at, _ = v.hits.at(v.top)
	default:
		var exact bool
		at, exact = v.hits.at(v.match)
		if !here && (exact || dir < 0) {
			at += dir
		}
	}
	if v.follow {
		v.seen = m.story.Logs.Next()
	}
	// Near the end there is nothing below to fill the panel with.
	v.match, v.follow = v.hits.seqs[(at+n)%n], false
	v.top = min(v.match, v.bottomTop(m, m.layout().content(logs)))
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
		line = line.Add(draw.Dim, draw.Count(n, "older line")+" dropped · ")
	}
	if p := v.pattern(); p != "" {
		word := "only “"
		if v.leavesOut() {
			word = "without “"
		}
		line = line.Add(draw.Warn, word+draw.Cut(p, 20)+"” · ")
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
