package ui

import (
	"fmt"
	"path"
	"strings"
	"time"

	"github.com/stagewatch/stagewatch/ui/draw"
	"github.com/stagewatch/stagewatch/ui/story"
)

// skipRows lists the changes that led to no build, the newest first.
func (m *Model) skipRows(width int) []row {
	var rows []row
	for i := len(m.story.Skips) - 1; i >= 0; i-- {
		rows = append(rows, skipRow(&m.story.Skips[i], width)...)
	}
	if rows == nil {
		rows = []row{{left: draw.Line{}.Add(draw.Dim, "every change so far led to a build")}}
	}
	return rows
}

// skipRow says of one skip when, what and why; the reason goes below where there is no room beside.
func skipRow(s *story.Skip, width int) []row {
	at := s.At.Format("15:04:05 ")
	r := row{left: draw.Line{}.Add(draw.Dim, at).Add(draw.Plain, strings.Join(s.Paths, ", ")), ref: s, hang: len(at)}
	if s.Times > 1 {
		r.left = r.left.Add(draw.Dim, fmt.Sprintf(" ×%d", s.Times))
	}
	why := draw.Line{}.Add(draw.Dim, skipReason(s.Skipped))
	if r.left.Width()+2+why.Width() <= width {
		r.right = why
		return []row{r}
	}
	below := row{left: append(draw.Line{}.Add(draw.Plain, "  "), why...), hang: 2}
	return append(flow([]row{r}, width), tails(flow([]row{below}, width))...)
}

// warningRows lists the warnings, the newest first; those that a newer build did not say again are dim.
func (m *Model) warningRows(width int) []row {
	var rows []row
	for i := len(m.story.Warnings) - 1; i >= 0; i-- {
		rows = append(rows, flow(warningRow(&m.story.Warnings[i]), width)...)
	}
	if rows == nil {
		rows = []row{{left: draw.Line{}.Add(draw.Dim, "no warnings")}}
	}
	return rows
}

func warningRow(w *story.Warning) []row {
	line := draw.Line{}.Add(draw.Warn, "▲ "+w.Message)
	if w.Past {
		line = draw.Line{}.Add(draw.Dim, fmt.Sprintf("build #%d: ", w.Build)+w.Message)
	}
	rows := []row{{left: line.Add(draw.Dim, "  "+w.Code), ref: w, hang: 2}}
	if w.Hint != "" {
		rows = append(rows, row{left: draw.Line{}.Add(draw.Dim, "  → "+w.Hint), tail: true, hang: 4})
	}
	for _, p := range w.Paths {
		rows = append(rows, row{left: draw.Line{}.Add(draw.Dim, "  "+p), tail: true, hang: 4})
	}
	return rows
}

// newSkip returns the newest skip since build b ended, nil where there is none. What is written again and again is the
// app's work, and gives way to what a person saved.
func (m *Model) newSkip(b *story.Build) *story.Skip {
	if m.pinned != 0 || !b.Over() {
		return nil
	}
	const often = 5
	var found *story.Skip
	for i := len(m.story.Skips) - 1; i >= 0 && !m.story.Skips[i].At.Before(b.End); i-- {
		s := &m.story.Skips[i]
		if s.LeftOut {
			continue // for good, and no answer to a save: an editor that opens a file leads to it
		}
		if s.Times < often {
			return s
		}
		if found == nil {
			found = s
		}
	}
	return found
}

// noticeQuiet is how long changes of one kind must have stopped before the next one is news again.
const noticeQuiet = time.Minute

// maxNoticed bounds how many kinds are remembered.
const maxNoticed = 500

// notice shows for a moment that a save led to no build. A folder that the app itself writes to is news once. The answer
// to a key is not replaced.
func (m *Model) notice(s story.Skip) {
	kind := s.Reason + " " + s.Rule
	if len(s.Paths) > 0 {
		if dir := path.Dir(s.Paths[0]); dir != "." {
			kind += " " + dir
		} else {
			kind += " " + s.Paths[0]
		}
	}
	if len(m.noticed) > maxNoticed {
		clear(m.noticed)
	}
	seen := m.noticed[kind]
	m.noticed[kind] = s.At
	if s.At.Sub(seen) < noticeQuiet || m.story.Current() == nil || m.toast.until.After(s.At) && !m.toast.passing {
		return
	}
	m.toast = toast{
		text:  changed(s.Paths, noWords) + ": nothing to build, " + skipReason(s.Skipped),
		style: draw.Good, until: s.At.Add(toastTime), passing: true,
	}
}
