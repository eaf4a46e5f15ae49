package cause

import (
	"fmt"
	"strings"

	"github.com/stagewatch/stagewatch/engine/event"
	"github.com/stagewatch/stagewatch/engine/human"
	"github.com/stagewatch/stagewatch/engine/plan"
)

// chain returns, in one line, how a change runs through the stages:
//
//	app/main.py changed (content) → Dockerfile:9 COPY . . → 2 steps → final: COPY --from=build /site → 1 step
func chain(why Cause, file string, steps []plan.Step, predictions []plan.Prediction) string {
	parts := []string{why.head()}
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
		begins := pr.Edited && len(why.Edits) > 0 && why.Edits[0].Line == s.Line && why.Edits[0].Now != ""
		if begins || s.Stage == stage && !pr.Read && !pr.Edited {
			// The chain begins with this very instruction, or the step only follows another one.
			stage = s.Stage
			following++
			continue
		}
		flush()
		if s.Stage == stage || stage == "" {
			parts = append(parts, fmt.Sprintf("%s:%d %s", file, s.Line, event.Shortened(s.Instruction)))
		} else {
			parts = append(parts, fmt.Sprintf("%s: %s", s.Stage, event.Shortened(s.Instruction)))
		}
		stage = s.Stage
	}
	flush()
	if len(parts) == 1 {
		parts = append(parts, "no step reruns")
	}
	return strings.Join(parts, " → ")
}
