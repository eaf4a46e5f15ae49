package cause

import (
	"testing"

	"github.com/stagewatch/stagewatch/engine/event"
	"github.com/stagewatch/stagewatch/engine/past"
	"github.com/stagewatch/stagewatch/engine/plan"
)

// TestPlanned has the second step of a build, and all that follow it, rerun.
func TestPlanned(t *testing.T) {
	p := &plan.Plan{Steps: []plan.Step{
		{Stage: "build", Index: 1, Total: 3, Instruction: "FROM base AS build", Line: 1, From: true},
		{Stage: "build", Index: 2, Total: 3, Instruction: "COPY src /src", Line: 2},
		{Stage: "build", Index: 3, Total: 3, Instruction: "RUN make", Line: 3},
		{Stage: "final", Index: 2, Total: 2, Instruction: "COPY --from=build /out /", Line: 5},
	}}
	const follows = " → final: COPY --from=build /out /"
	one := []event.Change{{Path: "src/a", Kind: event.ContentChanged}}
	for name, tt := range map[string]struct {
		why            Cause
		read, edited   bool
		because, chain string
	}{
		"a file":         {Cause{Changes: one}, true, false, "src/a changed", "src/a changed (content) → Dockerfile:2 COPY src /src → 1 step" + follows},
		"two of a kind":  {Cause{Changes: append(one, event.Change{Path: "src/b", Kind: event.ContentChanged})}, true, false, "src/a and 1 more changed", "src/a and 1 more changed (content) → Dockerfile:2 COPY src /src → 1 step" + follows},
		"two kinds":      {Cause{Changes: append(one, event.Change{Path: "src/b", Kind: event.Deleted})}, true, false, "src/a and 1 more changed", "src/a and 1 more changed (1 content, 1 deleted) → Dockerfile:2 COPY src /src → 1 step" + follows},
		"a context":      {Cause{Changes: []event.Change{{Path: "lib:a", Kind: event.Added}}, Read: []plan.Change{{Context: "lib", Change: event.Change{Path: "a", Kind: event.Added}}}}, true, false, "lib:a was added", "lib:a was added → Dockerfile:2 COPY src /src → 1 step" + follows},
		"an instruction": {Cause{Dockerfile: "Dockerfile", Edits: []event.Edit{{Line: 2, Was: "COPY . /src", Now: "COPY src /src"}}}, false, true, "Dockerfile:2 was COPY . /src, is COPY src /src", "Dockerfile:2 was COPY . /src, is COPY src /src → 2 steps" + follows},
		"rules":          {Cause{Changes: one, Rules: ".dockerignore"}, true, false, ".dockerignore changed, which lets in or keeps out 1 path", ".dockerignore changed, which lets in or keeps out 1 path → Dockerfile:2 COPY src /src → 1 step" + follows},
		"a request":      {Cause{}, false, false, "on request", ""},
	} {
		t.Run(name, func(t *testing.T) {
			rerun := plan.Prediction{Prediction: event.WillRerun}
			predictions := []plan.Prediction{{Prediction: event.WillHit}, rerun, rerun, rerun}
			predictions[1].Read, predictions[1].Edited = tt.read, tt.edited
			e := Planned(p, predictions, tt.why, "Dockerfile", past.OpenSteps(""))
			if e.Because != tt.because || e.Chain != tt.chain {
				t.Errorf("because %s\n        %s\nwant    %s\n        %s", e.Because, e.Chain, tt.because, tt.chain)
			}
		})
	}
}
