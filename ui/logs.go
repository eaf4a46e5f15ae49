package ui

import (
	"fmt"
	"strings"

	tea "github.com/charmbracelet/bubbletea"

	"github.com/stagewatch/stagewatch/engine/human"
	"github.com/stagewatch/stagewatch/ui/draw"
	"github.com/stagewatch/stagewatch/ui/present"
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
	// cursor is the entry that the cursor is on, -1 while following.
	cursor           int
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
		if nice := present.ReadableLog(e.Text); nice != nil {
			return nice.Text()
		}
	}
	return draw.Strip(e.Text)
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

// pause ends following: the cursor is on the newest line.
func (v *logView) pause(m *Model) {
	if !v.follow {
		return
	}
	r := m.story.Logs
	v.follow, v.top, v.seen = false, v.bottomTop(m, m.layout().content(logs)), r.Next()
	v.cursor = v.step(r, r.Next(), -1)
}

func (v *logView) resume() { v.follow, v.cursor = true, -1 }

// move moves the cursor; below the last line it follows again.
func (v *logView) move(m *Model, by int) {
	r := m.story.Logs
	if r.Len() == 0 || v.follow && by >= 0 {
		return
	}
	if v.follow {
		v.pause(m)
		by++
	}
	to := v.step(r, v.cursor, by)
	if by > 0 && (to == v.cursor || by > 1 && v.step(r, to, 1) == to) {
		v.resume()
		return
	}
	v.cursor = to
	v.reveal(m)
}

// reveal scrolls as far as the cursor needs to be in sight.
func (v *logView) reveal(m *Model) {
	in := m.layout().content(logs)
	if v.cursor < v.top {
		v.top = v.cursor
		return
	}
	r, room := m.story.Logs, in.H
	top := v.cursor
	for i := v.cursor; i >= v.top && i >= r.First(); i-- {
		if e := r.At(i); v.shows(e) {
			if room -= v.height(e, in.W); room < 0 {
				break
			}
			top = i
		}
	}
	v.top = top
}

// scroll moves what is in sight, and takes the cursor along where it must.
func (v *logView) scroll(m *Model, by int) {
	if v.follow && by >= 0 {
		return
	}
	v.pause(m)
	r := m.story.Logs
	v.top = v.step(r, max(v.top, r.First()), by)
	if by > 0 && v.top >= v.bottomTop(m, m.layout().content(logs)) {
		v.resume()
		return
	}
	first, last := -1, -1
	for _, l := range v.inSight(m) {
		if first < 0 {
			first = l.seq
		}
		last = l.seq
	}
	v.cursor = max(first, min(v.cursor, last))
}

// seenLine is an entry in sight, with the line of the panel that it begins at, from 0, and how many it has.
type seenLine struct{ seq, y, h int }

// inSight are the entries that the panel shows.
func (v *logView) inSight(m *Model) []seenLine {
	r, in := m.story.Logs, m.layout().content(logs)
	top := v.top
	if v.follow {
		top = v.bottomTop(m, in)
	}
	var out []seenLine
	y := 0
	for i := max(top, r.First()); i < r.Next() && y < in.H; i++ {
		e := r.At(i)
		if !v.shows(e) {
			continue
		}
		h := v.height(e, in.W)
		out = append(out, seenLine{i, y, h})
		y += h
	}
	return out
}

func (v *logView) settle(m *Model) {
	r := m.story.Logs
	v.top = max(v.top, r.First())
	v.index(m)
	if v.follow || r.Len() == 0 {
		return
	}
	// The line of the cursor may have been dropped, or left out.
	v.cursor = max(v.cursor, r.First())
	if v.shows(r.At(v.cursor)) {
		return
	}
	if to := v.step(r, v.cursor, 1); to != v.cursor {
		v.cursor = to
	} else {
		v.cursor = v.step(r, v.cursor, -1)
	}
}

// current is the entry of the cursor, nil while following.
func (v *logView) current(m *Model) *story.Entry {
	if r := m.story.Logs; v.cursor >= r.First() && v.cursor < r.Next() && v.shows(r.At(v.cursor)) {
		return r.At(v.cursor)
	}
	return nil
}

func (v *logView) setFilter(m *Model, s string) {
	v.filter = s
	v.resume()
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
	if v.follow {
		// From the end, what is newest comes first.
		v.pause(m)
	} else {
		var exact bool
		at, exact = v.hits.at(v.cursor)
		if !here && (exact || dir < 0) {
			at += dir
		}
	}
	v.cursor = v.hits.seqs[(at+n)%n]
	v.reveal(m)
}

// note says at the panel's title what is hidden and whether it follows.
func (v *logView) note(m *Model) draw.Line {
	if m.panes[logs].tab != 0 {
		return nil
	}
	r := m.story.Logs
	if r.Len() == 0 && m.view().Printed() {
		return draw.Line{}.Add(draw.Dim, "build output, until the app logs")
	}
	var line draw.Line
	if n := r.First(); n > 0 {
		line = line.Add(draw.Dim, human.Count(n, "older line")+" dropped · ")
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
		return line.Add(draw.Warn|draw.Bold, fmt.Sprintf("paused, %s, f follows", human.Count(n, "new line")))
	}
	return line.Add(draw.Warn, "paused, f follows")
}

func (m *Model) toggleFollow() tea.Cmd {
	if m.panes[logs].tab != 0 {
		m.panes[logs].moved = !m.panes[logs].moved
		return nil
	}
	if v := &m.logs; v.follow {
		v.pause(m)
	} else {
		v.resume()
	}
	return nil
}

func (m *Model) toggleWrap() tea.Cmd  { m.logs.wrap = !m.logs.wrap; return nil }
func (m *Model) toggleTimes() tea.Cmd { m.logs.times = !m.logs.times; return nil }
func (m *Model) toggleRaw() tea.Cmd   { m.logs.raw = !m.logs.raw; return nil }
