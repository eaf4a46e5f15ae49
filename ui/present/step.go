package present

import (
	"fmt"
	"strings"

	"github.com/stagewatch/stagewatch/engine/event"
	"github.com/stagewatch/stagewatch/engine/human"
	"github.com/stagewatch/stagewatch/ui/draw"
	"github.com/stagewatch/stagewatch/ui/story"
)

// Step shows a step in full: what it is, what happened and why, what it reads and adds, its output, its history.
func Step(v View, b *story.Build, s *story.Step, width int) []Row {
	k := v.mark(b, s)
	var rows []Row
	for _, l := range wrapText(s.Instruction, width) {
		rows = append(rows, Row{Left: draw.Line{}.Add(draw.Plain|draw.Bold, l)})
	}
	state := draw.Line{}.Add(k.style|draw.Bold, k.sign+" "+k.word)
	if t := v.stepTime(b, s); len(t) > 0 {
		state = append(state.Add(draw.Plain, "  "), t...)
	}
	if s.Line > 0 {
		state = state.Add(draw.Dim, fmt.Sprintf("  Dockerfile line %d", s.Line))
	}
	rows = append(rows, Row{Left: state})
	fact := func(name string, value draw.Line) {
		rows = append(rows, Row{Left: append(draw.Line{}.Add(draw.Dim, pad(name, len("expected "))), value...), Hang: len("expected ")})
	}
	if last := lastTime(s); last != "" {
		rows = append(rows, Row{Left: draw.Line{}.Add(draw.Dim, last)})
	}
	if s.Because != "" {
		fact("because", draw.Line{}.Add(draw.Plain, s.Because))
	}
	if s.Prediction != "" {
		line := draw.Line{}.Add(draw.Plain, expectation(s.Prediction))
		if v.Story.Score.Promised > 0 {
			line = line.Add(draw.Dim, "; so far "+v.Story.Score.String())
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
	if l := LayerOf(v, b, s); l != nil {
		fact("adds", draw.Line{}.Add(draw.Plain, human.Bytes(l.Bytes)).Add(draw.Dim, ", "+v.Keys.Open+" opens its files"))
	}
	rows = append(rows, v.outputRows(b, s, width)...)
	return Flow(append(rows, v.historyRows(b, s)...), width)
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

// historyRows lists what happened to the step in the builds that are kept.
func (v View) historyRows(b *story.Build, s *story.Step) []Row {
	runs := v.Story.History(s)
	rows := []Row{{}, Heading(fmt.Sprintf("Its last %s", human.Count(len(runs), "build")))}
	for _, r := range runs {
		k := v.mark(b, &story.Step{State: r.State})
		line := draw.Line{}.Add(draw.Dim, fmt.Sprintf("  %-5s ", fmt.Sprintf("#%d", r.Build))).Add(k.style, fmt.Sprintf("%s %-9s", k.sign, k.word))
		switch {
		case r.Saved > 0:
			line = line.Add(draw.Good, fmt.Sprintf("%-13s", "saved "+draw.Millis(r.Saved)))
		case r.State == event.Ran || r.State == event.Fail:
			line = line.Add(draw.Plain, fmt.Sprintf("%-13s", draw.Millis(r.MS)))
		}
		rows = append(rows, Row{Left: line.Add(draw.Dim, r.Reason), Hang: 8})
	}
	return rows
}

// lastTime says what the step took when it last ran, or which run a hit stands on.
func lastTime(s *story.Step) string {
	switch {
	case s.State == event.Hit && s.RanBuild > 0:
		return fmt.Sprintf("it ran in build #%d, %s", s.RanBuild, s.RanAt.Local().Format("15:04:05"))
	case s.State == event.Hit && !s.RanAt.IsZero():
		return "it ran in an earlier session, " + human.Moment(s.RanAt)
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
