package engine

import (
	"fmt"
	"strings"

	"github.com/stagewatch/stagewatch/engine/event"
	"github.com/stagewatch/stagewatch/engine/human"
	"github.com/stagewatch/stagewatch/engine/plan"
)

// chain tells in one line how a change runs through the stages:
//
//	app/main.py changed (content) → Dockerfile:9 COPY . . → 2 steps → final: COPY --from=build /site → 1 step
func chain(r reason, file string, steps []plan.Step, predictions []plan.Prediction) string {
	parts := []string{r.head()}
	stage, following := "", 0
	flush := func() {
		if following > 0 {
			parts = append(parts, human.Count(following, "step"))
		}
		following = 0
	}
	for i, s := range steps {
		pr := predictions[i]
		if pr.Prediction == event.WillHit {
			continue
		}
		told := pr.Edited && len(r.edits) > 0 && r.edits[0].Line == s.Line && r.edits[0].Now != ""
		if told || s.Stage == stage && !pr.Read && !pr.Edited {
			// The chain begins with this very instruction, or the step only follows.
			stage = s.Stage
			following++
			continue
		}
		flush()
		if s.Stage == stage || stage == "" {
			parts = append(parts, fmt.Sprintf("%s:%d %s", file, s.Line, oneLine(s.Instruction)))
		} else {
			parts = append(parts, fmt.Sprintf("%s: %s", s.Stage, oneLine(s.Instruction)))
		}
		stage = s.Stage
	}
	flush()
	if len(parts) == 1 {
		parts = append(parts, "no step reruns")
	}
	return strings.Join(parts, " → ")
}

// maxInstruction is how much of an instruction a line of several can hold.
const maxInstruction = 60

// oneLine shortens an instruction to that.
func oneLine(instruction string) string {
	text := plan.OneLine(instruction)
	if r := []rune(text); len(r) > maxInstruction {
		return string(r[:maxInstruction-1]) + "…"
	}
	return text
}
