package ui

import (
	"fmt"
	"strings"

	"github.com/stagewatch/stagewatch/engine/event"
	"github.com/stagewatch/stagewatch/engine/human"
	"github.com/stagewatch/stagewatch/ui/draw"
	"github.com/stagewatch/stagewatch/ui/story"
)

// stepRows opens a step: what it is, what happened and why, what it reads and adds, its output, its history.
func (m *Model) stepRows(b *story.Build, s *story.Step, width int) []row {
	k := m.mark(b, s)
	var rows []row
	for _, l := range wrapText(s.Instruction, width) {
		rows = append(rows, row{left: draw.Line{}.Add(draw.Plain|draw.Bold, l)})
	}
	state := draw.Line{}.Add(k.style|draw.Bold, k.sign+" "+k.word)
	if t := m.stepTime(b, s); len(t) > 0 {
		state = append(state.Add(draw.Plain, "  "), t...)
	}
	if s.Line > 0 {
		state = state.Add(draw.Dim, fmt.Sprintf("  Dockerfile line %d", s.Line))
	}
	rows = append(rows, row{left: state})
	fact := func(name string, value draw.Line) {
		rows = append(rows, row{left: append(draw.Line{}.Add(draw.Dim, pad(name, len("expected "))), value...), hang: len("expected ")})
	}
	if last := lastTime(s); last != "" {
		rows = append(rows, row{left: draw.Line{}.Add(draw.Dim, last)})
	}
	if s.Because != "" {
		fact("because", draw.Line{}.Add(draw.Plain, s.Because))
	}
	if s.Prediction != "" {
		line := draw.Line{}.Add(draw.Plain, expectation(s.Prediction))
		if m.story.Score.Promised > 0 {
			line = line.Add(draw.Dim, "; so far "+m.story.Score.String())
		}
		fact("expected", line)
	}
	for _, in := range s.Inputs {
		name := "reads"
		if in.Step.Stage == s.Stage && len(in.Paths) == 0 {
			name = "after"
		}
		fact(name, inputLine(b, in))
	}
	if l := m.layerOf(b, s); l != nil {
		fact("adds", draw.Line{}.Add(draw.Plain, human.Bytes(l.Bytes)).Add(draw.Dim, ", "+m.keys.Open.Help().Key+" opens its files"))
	}
	rows = append(rows, m.outputRows(b, s, width)...)
	return flow(append(rows, m.historyRows(b, s)...), width)
}

// inputLine names what a step reads: paths of a build context or of another step's result.
func inputLine(b *story.Build, in event.Input) draw.Line {
	what := strings.Join(in.Paths, ", ")
	if in.Context != "" {
		if what == "" {
			what = "all"
		}
		of := " of the context"
		if in.Context != "context" {
			of += " " + in.Context
		}
		return draw.Line{}.Add(draw.Plain, what).Add(draw.Dim, of)
	}
	line := draw.Line{}
	if what != "" {
		line = line.Add(draw.Plain, what).Add(draw.Dim, " of ")
	}
	from := b.Step(in.Step.Stage, in.Step.Index)
	if from == nil {
		return line.Add(draw.Plain, b.StepName(in.Step.Stage, in.Step.Index))
	}
	return line.Add(draw.Plain, from.Name()).Add(draw.Dim, "  "+from.Instruction)
}

// historyRows tells what happened to the step in the builds that are kept.
func (m *Model) historyRows(b *story.Build, s *story.Step) []row {
	runs := m.story.History(s)
	rows := []row{{}, heading(fmt.Sprintf("Its last %s", human.Count(len(runs), "build")))}
	for _, r := range runs {
		k := m.mark(b, &story.Step{State: r.State})
		line := draw.Line{}.Add(draw.Dim, fmt.Sprintf("  %-5s ", fmt.Sprintf("#%d", r.Build))).Add(k.style, fmt.Sprintf("%s %-9s", k.sign, k.word))
		switch {
		case r.Saved > 0:
			line = line.Add(draw.Good, fmt.Sprintf("%-13s", "saved "+draw.Millis(r.Saved)))
		case r.State == event.Ran || r.State == event.Fail:
			line = line.Add(draw.Plain, fmt.Sprintf("%-13s", draw.Millis(r.MS)))
		}
		rows = append(rows, row{left: line.Add(draw.Dim, r.Reason), hang: 8})
	}
	return rows
}

// lastTime says what the step took the time before, and which run a hit stands on.
func lastTime(s *story.Step) string {
	switch {
	case s.State == event.Hit && s.RanBuild > 0:
		return fmt.Sprintf("it ran in build #%d, %s", s.RanBuild, s.RanAt.Local().Format("15:04:05"))
	case s.State == event.Hit && !s.RanAt.IsZero():
		return "it ran in an earlier session, " + s.RanAt.Local().Format("2 Jan 15:04")
	case s.State != event.Hit && s.Last > 0:
		return "the last time it took " + draw.Millis(s.Last)
	}
	return ""
}

func expectation(p event.Prediction) string {
	switch p {
	case event.WillHit:
		return "a hit"
	case event.WillRerun:
		return "to run"
	}
	return "to run if what it reads from other steps changed"
}
