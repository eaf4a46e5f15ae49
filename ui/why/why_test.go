package why

import (
	"strings"
	"testing"

	"github.com/stagewatch/stagewatch/engine/event"
	"github.com/stagewatch/stagewatch/ui/story"
)

// told is the story of a first build, and of one for an edit of app/main.py, whose copy took a shortcut.
func told() *story.Story {
	s := story.New(1)
	id := func(stage string, index int) event.StepID { return event.StepID{Stage: stage, Index: index} }
	after := func(stage string, index int) event.Reason {
		of := id(stage, index)
		return event.Reason{Kind: event.ReasonAfter, Step: &of}
	}
	plan := event.Planned{Target: "final", Stages: []event.PlannedStage{{Name: "build", Needed: true}, {Name: "final", Needed: true}}, Steps: []event.PlannedStep{
		{Stage: "build", Index: 1, Total: 4, Instruction: "FROM slim"},
		{Stage: "build", Index: 2, Total: 4, Instruction: "COPY req.txt .", Inputs: []event.Input{{Step: id("build", 1)}, {Context: "context", Paths: []string{"req.txt"}}}},
		{Stage: "build", Index: 3, Total: 4, Instruction: "COPY app /app", Inputs: []event.Input{{Step: id("build", 2)}, {Context: "context", Paths: []string{"app"}}}},
		{Stage: "build", Index: 4, Total: 4, Instruction: "RUN make", Inputs: []event.Input{{Step: id("build", 3)}}},
		{Stage: "final", Index: 2, Total: 2, Instruction: "COPY --from=build /app /app", Inputs: []event.Input{{Step: id("final", 1)}, {Step: id("build", 4), Paths: []string{"app"}}}},
	}}
	plan.Because = "first build"
	s.Apply(event.Event{Build: 1, Body: plan})
	s.Apply(event.Event{Build: 1, Body: event.Built{}})
	changed := event.Reason{Kind: event.ReasonPath, Path: "app/main.py", Change: event.ContentChanged}
	plan.Because, plan.Paths, plan.Reason, plan.Chain = "app/main.py changed", []string{"app/main.py"}, changed, "app/main.py changed (content) → Dockerfile:3 COPY app /app → 2 steps"
	plan.Changes = []event.Change{{Path: "app/main.py", Kind: event.ContentChanged}}
	reasons := []event.Reason{{}, {}, changed, after("build", 3), after("build", 4)}
	for i, r := range reasons {
		plan.Steps[i].Reason, plan.Steps[i].Because = r, r.String()
	}
	s.Apply(event.Event{Build: 2, Body: plan})
	for i, st := range plan.Steps {
		step := event.Step{Stage: st.Stage, Index: st.Index, Total: st.Total, Instruction: st.Instruction, State: event.Ran, MS: int64(10 * i), Reason: reasons[i], Because: reasons[i].String()}
		if i < 2 {
			step.State, step.RanBuild, step.MS = event.Hit, 1, 0
		}
		s.Apply(event.Event{Build: 2, Body: step})
	}
	s.Apply(event.Event{Build: 2, Body: event.Built{Shortcuts: []event.Shortcut{{Step: id("final", 2), LeftOut: []event.StepID{id("build", 3)}, Aside: []event.StepID{id("build", 4)}}}}})
	s.Apply(event.Event{Build: 3, Body: event.Planned{Target: "final", Stages: plan.Stages}})
	s.Apply(event.Event{Build: 3, Body: event.Abandoned{}})
	s.Apply(event.Event{Body: event.Skipped{Paths: []string{"notes.md"}, Reason: event.Unused}})
	return s
}

const forMain = `build #2: app/main.py changed (content) -> Dockerfile:3 COPY app /app -> 2 steps
  build 3/4 COPY app /app  RAN 20ms: app/main.py changed
      reads app of the context
  build 4/4 RUN make  RAN 30ms: after build 3
  final 2/2 COPY --from=build /app /app  RAN 40ms: after build 4
      reads /app of build 4/4
      without waiting for build 3/4, which wrote elsewhere
      with build 4/4 done on nothing but the folder that is copied`

func TestAPathLeadsToItsSteps(t *testing.T) {
	s := told()
	for name, want := range map[string]string{
		"app/main.py": forMain,
		"app":         forMain,
		"notes.md":    "notes.md built nothing: no step of the target reads it",
	} {
		lines, changed := Path(s, name)
		if got := strings.Join(lines, "\n"); got != want || !changed {
			t.Errorf("%s:\n%s", name, got)
		}
	}
	if lines, changed := Path(s, "req.txt"); changed {
		t.Errorf("what did not change led to %v", lines)
	}
}

func TestAStepLeadsBackToWhatChanged(t *testing.T) {
	s := told()
	for _, name := range []string{"final:2", "final 2", "final 2/2"} {
		id, ok := StepID(s, name)
		if !ok {
			t.Fatalf("%s is no step", name)
		}
		got := strings.Join(Step(s, id), "\n")
		at := func(text string) int { return strings.Index(got, text) }
		if !(at("final 2/2") < at("build 4/4 RUN") && at("build 4/4 RUN") < at("build 3/4 COPY app /app  RAN 20ms: app/main.py changed")) {
			t.Errorf("%s:\n%s", name, got)
		}
	}
	id, _ := StepID(s, "build:2")
	if got := Step(s, id); !strings.HasSuffix(got[1], "HIT: it is as in build #1, where it ran") {
		t.Errorf("got %q", got)
	}
	for _, name := range []string{"final:9", "nosuch:1", "app/main.py", "build"} {
		if id, ok := StepID(s, name); ok {
			t.Errorf("%s is %v", name, id)
		}
	}
}
