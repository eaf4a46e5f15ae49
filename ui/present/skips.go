package present

import (
	"fmt"
	"strings"

	"github.com/stagewatch/stagewatch/ui/draw"
	"github.com/stagewatch/stagewatch/ui/story"
)

// SkipNotice says in one line that a save led to no build, and why.
func SkipNotice(s story.Skip) string {
	return changed(s.Paths, noWords) + ": nothing to build, " + s.Why()
}

// Skips lists the changes that led to no build, the newest first.
func Skips(v View, width int) []Row {
	var rows []Row
	for i := len(v.Story.Skips) - 1; i >= 0; i-- {
		rows = append(rows, skipRow(&v.Story.Skips[i], width)...)
	}
	if rows == nil {
		rows = []Row{dim("every change so far led to a build")}
	}
	return rows
}

// skipRow says when a skip was, what was skipped and why. The reason goes below where there is no room at the right.
func skipRow(s *story.Skip, width int) []Row {
	at := s.At.Format("15:04:05 ")
	r := Row{Left: draw.Line{}.Add(draw.Dim, at).Add(draw.Plain, strings.Join(s.Paths, ", ")), Ref: s, Hang: len(at)}
	if s.Times > 1 {
		r.Left = r.Left.Add(draw.Dim, fmt.Sprintf(" ×%d", s.Times))
	}
	why := draw.Line{}.Add(draw.Dim, s.Why())
	if r.Left.Width()+2+why.Width() <= width {
		r.Right = why
		return []Row{r}
	}
	below := Row{Left: append(draw.Line{}.Add(draw.Plain, "  "), why...), Hang: 2}
	return append(Flow([]Row{r}, width), tails(Flow([]Row{below}, width))...)
}

// Warnings lists the warnings, the newest first. Those that a newer build did not repeat are dim.
func Warnings(v View, width int) []Row {
	var rows []Row
	for i := len(v.Story.Warnings) - 1; i >= 0; i-- {
		rows = append(rows, Flow(warningRow(&v.Story.Warnings[i]), width)...)
	}
	if rows == nil {
		rows = []Row{dim("no warnings")}
	}
	return rows
}

func warningRow(w *story.Warning) []Row {
	line := draw.Line{}.Add(draw.Warn, "▲ "+w.Message)
	if w.Past {
		line = draw.Line{}.Add(draw.Dim, fmt.Sprintf("build #%d: ", w.Build)+w.Message)
	}
	rows := []Row{{Left: line.Add(draw.Dim, "  "+w.Code), Ref: w, Hang: 2}}
	if w.Hint != "" {
		rows = append(rows, Row{Left: hinted("  ", w.Hint), Tail: true, Hang: 4})
	}
	for _, p := range w.Paths {
		rows = append(rows, Row{Left: draw.Line{}.Add(draw.Dim, "  "+p), Tail: true, Hang: 4})
	}
	return rows
}

// newSkip returns the newest skip since build b ended, nil where there is none. A path that is written again and again is
// the app's work and gives way to what a person saved.
func (v View) newSkip(b *story.Build) *story.Skip {
	if v.Pinned != 0 || !b.Over() {
		return nil
	}
	const often = 5
	var found *story.Skip
	for i := len(v.Story.Skips) - 1; i >= 0 && !v.Story.Skips[i].At.Before(b.End); i-- {
		s := &v.Story.Skips[i]
		if s.LeftOut {
			continue // It answers no save: opening a file in an editor is enough to cause it.
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
