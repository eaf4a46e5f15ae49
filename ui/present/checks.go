package present

import (
	"fmt"

	"github.com/stagewatch/stagewatch/engine/event"
	"github.com/stagewatch/stagewatch/engine/human"
	"github.com/stagewatch/stagewatch/ui/draw"
	"github.com/stagewatch/stagewatch/ui/story"
)

// ChecksLine says in one line how each check stands. It is nil where there are no checks.
func ChecksLine(v View, width int) []draw.Line {
	if len(v.Story.Checks) == 0 {
		return nil
	}
	var line draw.Line
	// What turned one red is left out where all would not fit.
	for _, words := range []checkWords{allWords, noCause, noGates} {
		line = nil
		for i, c := range v.Story.Checks {
			if i > 0 {
				line = line.Add(draw.Dim, " · ")
			}
			line = append(line, v.checkLine(c, words)...)
		}
		if line.Width() <= width {
			break
		}
	}
	return []draw.Line{line}
}

// checkWords says how much is said of a check.
type checkWords int

const (
	allWords checkWords = iota
	noCause             // not what turned it red
	noGates             // nor whether it is a gate, and whether the newest edit affects it
)

// checkLine says how a check stands: "✓ test PASSED 1.2 s", "✗ gate lint FAILED since build #3: app.py changed".
func (v View) checkLine(c *story.Check, words checkWords) draw.Line {
	name := c.Stage
	if c.Gate && words < noGates {
		name = c.Named()
	}
	line := v.checkMark(c).Add(draw.Plain, name+" ")
	switch c.State {
	case event.CheckRunning:
		line = line.Add(draw.Accent, "running "+draw.Millis(v.Now.Sub(c.Started).Milliseconds()))
		if c.Red() {
			line = line.Add(draw.Bad, " (FAILED before)")
		}
		return line
	case event.CheckCanceled:
		line = line.Add(draw.Dim, c.State.Word())
		if c.Result == "" {
			return line
		}
		line = line.Add(draw.Dim, ", ")
	}
	if c.Red() {
		line = line.Add(draw.Bad|draw.Bold, c.Result.Word())
		if words < noCause {
			line = line.Add(draw.Plain, " "+c.Since())
		} else if words < noGates {
			line = line.Add(draw.Plain, fmt.Sprintf(" since #%d", c.RedSince))
		}
	} else {
		line = line.Add(draw.Good, c.Result.Word()).Add(draw.Plain, " "+draw.Millis(c.ResultMS))
	}
	if c.State == event.CheckUnaffected && words < noGates {
		line = line.Add(draw.Dim, ", "+c.State.Word())
	}
	if c.Mended && c.State == event.CheckPassed {
		line = line.Add(draw.Good, " again")
	}
	return line
}

// checkMark is the sign before a check.
func (v View) checkMark(c *story.Check) draw.Line {
	switch {
	case c.State == event.CheckRunning:
		return draw.Line{}.Add(draw.Accent|draw.Bold, v.spinner()+" ")
	case c.Red():
		return draw.Line{}.Add(draw.Bad|draw.Bold, "✗ ")
	case c.Result == event.CheckPassed:
		return draw.Line{}.Add(draw.Good, "✓ ")
	}
	return draw.Line{}.Add(draw.Dim, "- ")
}

// Checks shows each check with how it failed and what it printed.
func Checks(v View, width int) []Row {
	var rows []Row
	for i, c := range v.Story.Checks {
		if i > 0 {
			rows = append(rows, Row{})
		}
		rows = append(rows, Row{Left: v.checkLine(c, allWords), Hang: 2})
		rows = append(rows, checkRows(c, width)...)
	}
	return Flow(rows, width)
}

// checkRows are the rows below a check's own.
func checkRows(c *story.Check, width int) []Row {
	var rows []Row
	if c.Result != "" {
		text := fmt.Sprintf("  %s in build #%d", c.Result, c.ResultBuild)
		if !c.Red() {
			text += fmt.Sprintf(": %d ran, %s", c.Ran, human.Count(c.Hits, "hit"))
		}
		rows = append(rows, dim(text))
	}
	if c.Gate && c.Red() {
		rows = append(rows, Row{Left: draw.Line{}.Add(draw.Warn, "  it holds the hand-over back until it passes")})
	}
	if f := c.Failed; f != nil && c.Red() {
		if f.Instruction != "" {
			rows = append(rows, Row{Left: draw.Line{}.Add(draw.Plain|draw.Bold, "  "+f.Instruction), Hang: 2})
		}
		rows = append(rows, paragraph("  ✗ ", draw.Bad|draw.Bold, f.Message, draw.Bad|draw.Bold, width)...)
		if f.Hint != "" {
			rows = append(rows, paragraph("  "+hintLabel, draw.Accent, f.Hint, draw.Plain, width)...)
		}
		rows = append(rows, excerptRows(f, false)...)
	}
	if len(c.Output) == 0 {
		return rows
	}
	rows = append(rows, Row{}, Heading("  Output of "+c.Stage))
	if c.Dropped > 0 {
		rows = append(rows, dim(fmt.Sprintf("  … %s before", human.Count(c.Dropped, "line"))))
	}
	for _, l := range c.Output {
		st := draw.Plain
		if l.Stream == "stderr" {
			st = draw.Warn
		}
		rows = append(rows, Row{Left: draw.Line{}.Add(draw.Plain, "  ").Add(st, l.Text), Hang: 2})
	}
	return rows
}
