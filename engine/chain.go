package engine

import (
	"fmt"
	"strings"

	"github.com/stagewatch/stagewatch/engine/event"
	"github.com/stagewatch/stagewatch/engine/plan"
)

// chain tells in one line how the changes run through the stages:
//
//	app/main.py changed → Dockerfile:9 COPY . . → 2 steps → final: COPY --from=build /site → 1 step
//
// It is empty where nothing was changed.
func chain(because string, file string, steps []plan.Step, predictions []plan.Prediction) string {
	var parts []string
	stage, following := "", 0
	flush := func() {
		switch {
		case following == 1:
			parts = append(parts, "1 step")
		case following > 1:
			parts = append(parts, fmt.Sprintf("%d steps", following))
		}
		following = 0
	}
	for i, s := range steps {
		if predictions[i].Prediction == event.WillHit {
			continue
		}
		if s.Stage == stage && !predictions[i].Read {
			following++
			continue
		}
		flush()
		switch {
		case s.Stage == stage || stage == "":
			parts = append(parts, fmt.Sprintf("%s:%d %s", file, s.Line, oneLine(s.Instruction)))
		default:
			parts = append(parts, fmt.Sprintf("%s: %s", s.Stage, oneLine(s.Instruction)))
		}
		stage = s.Stage
	}
	flush()
	if len(parts) == 0 {
		return ""
	}
	return because + " → " + strings.Join(parts, " → ")
}

// oneLine shortens an instruction to what a line of several can hold.
func oneLine(instruction string) string {
	const most = 60
	text := strings.Join(strings.Fields(instruction), " ")
	if r := []rune(text); len(r) > most {
		return string(r[:most-1]) + "…"
	}
	return text
}
