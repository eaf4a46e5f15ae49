// Package logview is the body of the panel that shows what the app logs: it follows, filters, finds and wraps.
package logview

import (
	"github.com/stagewatch/stagewatch/ui/draw"
	"github.com/stagewatch/stagewatch/ui/look"
	"github.com/stagewatch/stagewatch/ui/story"
)

// Log shows what the app logs. It is a body of package board, which says what its methods do. It names lines by the numbers
// of their entries, which stay the same when the ring drops the oldest.
type Log struct {
	// Wrap breaks lines, Times shows when they came, Raw shows JSON as it came.
	Wrap, Times, Raw bool

	look   *look.Shared
	in     draw.Rect
	filter string

	follow bool
	// top is the first entry in sight while it does not follow.
	top int
	// seen is the number of the next entry at the time when following ended: entries from there on are new.
	seen int
	// cursor is the entry of the cursor, -1 while it follows.
	cursor int
	// passed are the entries that the filter lets pass, hits the ones of them that hold the search text.
	passed, hits index
}

// New returns a log that follows.
func New(l *look.Shared) *Log { return &Log{look: l, follow: true, cursor: -1} }

func (v *Log) logs() *story.Ring { return v.look.View().Story.Logs }

// step returns the shown entry that is n places away from seq, or the last one on the way there.
func (v *Log) step(r *story.Ring, seq, n int) int {
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
func (v *Log) bottomTop() int {
	r, in := v.logs(), v.in
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

func (v *Log) height(e *story.Entry, width int) int {
	if !v.Wrap || width <= 0 {
		return 1
	}
	return max(1, (v.gutter()+draw.Width(v.readable(e))+width-1)/width)
}

// gutter is the width of what stands before a line.
func (v *Log) gutter() int {
	if v.Times {
		return 2 + len("15:04:05 ")
	}
	return 2
}

// pause ends following: the cursor is on the newest line.
func (v *Log) pause() {
	if !v.follow {
		return
	}
	r := v.logs()
	v.follow, v.top, v.seen = false, v.bottomTop(), r.Next()
	v.cursor = v.step(r, r.Next(), -1)
}

func (v *Log) resume() { v.follow, v.cursor = true, -1 }

// Move moves the cursor. Below the last line the log follows again.
func (v *Log) Move(by int) {
	r := v.logs()
	if r.Len() == 0 || v.follow && by >= 0 {
		return
	}
	if v.follow {
		v.pause()
		by++
	}
	to := v.step(r, v.cursor, by)
	if by > 0 && (to == v.cursor || by > 1 && v.step(r, to, 1) == to) {
		v.resume()
		return
	}
	v.cursor = to
	v.reveal()
}

// reveal scrolls until the cursor is in sight.
func (v *Log) reveal() {
	in := v.in
	if v.cursor < v.top {
		v.top = v.cursor
		return
	}
	r, room := v.logs(), in.H
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

// Scroll moves what is in sight. The cursor stays in sight.
func (v *Log) Scroll(by int) {
	if v.follow && by >= 0 {
		return
	}
	v.pause()
	r := v.logs()
	v.top = v.step(r, max(v.top, r.First()), by)
	if by > 0 && v.top >= v.bottomTop() {
		v.resume()
		return
	}
	first, last := -1, -1
	for _, l := range v.inSight() {
		if first < 0 {
			first = l.seq
		}
		last = l.seq
	}
	v.cursor = max(first, min(v.cursor, last))
}

// seenLine is an entry in sight: the line of the body that it begins at, from 0, and its number of lines.
type seenLine struct{ seq, y, h int }

// inSight returns the entries that are shown.
func (v *Log) inSight() []seenLine {
	r, in := v.logs(), v.in
	top := v.top
	if v.follow {
		top = v.bottomTop()
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

func (v *Log) Settle() {
	r := v.logs()
	v.top = max(v.top, r.First())
	v.update()
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

// Current is the entry of the cursor, nil while the log follows.
func (v *Log) Current() *story.Entry {
	if r := v.logs(); v.cursor >= r.First() && v.cursor < r.Next() && v.shows(r.At(v.cursor)) {
		return r.At(v.cursor)
	}
	return nil
}
