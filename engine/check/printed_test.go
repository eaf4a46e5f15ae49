package check

import (
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/stagewatch/stagewatch/engine/event"
	"github.com/stagewatch/stagewatch/engine/past"
)

// TestPrintedIsBounded: the newest lines of a step are kept, or of all of the check's own stage.
func TestPrintedIsBounded(t *testing.T) {
	p := &printed{build: 1, stage: "test", steps: past.OpenSteps("")}
	p.take(event.Output{Stage: "build", Index: 2, Text: "of another stage"})
	p.take(event.Output{Stage: "test", Index: 2, Text: "first\n"})
	for n := range keptLines + 3 {
		p.take(event.Output{Stage: "test", Index: 3, Stream: "stderr", Text: fmt.Sprint(n)})
	}
	out, dropped := p.ofStage()
	if len(out) != keptLines || dropped != 4 || out[0].Text != "3" || out[len(out)-1] != (event.OutputLine{Stream: "stderr", Text: fmt.Sprint(keptLines + 2)}) {
		t.Errorf("%d lines and %d before: %v", len(out), dropped, out)
	}
	out, dropped = p.of("test", 2)
	if diff := cmp.Diff([]event.OutputLine{{Text: "first"}}, out); diff != "" || dropped != 0 {
		t.Errorf("%d before, %s", dropped, diff)
	}
	p.take(event.Output{Stage: "test", Index: 4, Text: "before"})
	p.take(event.Output{Stage: "test", Index: 4, Text: strings.Repeat("x", 2*keptBytes)})
	if out, dropped = p.of("test", 4); len(out) != 1 || dropped != 1 {
		t.Errorf("%d lines and %d before", len(out), dropped)
	}
}

// TestAHitSaysWhatItsLastRunPrinted, in an earlier session, if it is a step of the check itself.
func TestAHitSaysWhatItsLastRunPrinted(t *testing.T) {
	file := t.TempDir() + "/steps"
	ran := &printed{build: 1, stage: "test", steps: past.OpenSteps(file)}
	for _, stage := range []string{"build", "test"} {
		step := event.Step{Stage: stage, Index: 2, Instruction: "RUN it", State: event.Running}
		ran.take(step)
		ran.take(event.Output{Stage: stage, Index: 2, Stream: "stdout", Text: stage + " passed"})
		step.State = event.Ran
		ran.take(step)
	}
	if err := ran.steps.Save(); err != nil {
		t.Fatal(err)
	}
	hit := &printed{build: 1, stage: "test", steps: past.OpenSteps(file)}
	for _, stage := range []string{"build", "test"} {
		hit.take(event.Step{Stage: stage, Index: 2, Instruction: "RUN it", State: event.Hit})
	}
	got := []string{}
	for _, l := range hit.out {
		got = append(got, l.Text)
	}
	if diff := cmp.Diff([]string{"test passed"}, got); diff != "" {
		t.Error(diff)
	}
}
