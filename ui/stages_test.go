package ui

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/stagewatch/stagewatch/engine/event"
)

// TestAStagesMarkIsThatOfItsWork: that the base is there says nothing of what the stage does.
func TestAStagesMarkIsThatOfItsWork(t *testing.T) {
	plan := event.Planned{Target: "build", Paths: []string{"x"}, Stages: []event.PlannedStage{{Name: "build", Base: "golang", Needed: true}}}
	for i, p := range []event.Prediction{event.WillHit, event.WillHit, event.MayRerun, event.WillRerun} {
		instruction := []string{"FROM golang", "WORKDIR /app", "RUN make", "COPY . ."}[i]
		plan.Steps = append(plan.Steps, event.PlannedStep{Stage: "build", Index: i + 1, Total: 4, Instruction: instruction, Prediction: p})
	}
	step := func(i int, s event.State) event.Step { return event.Step{Stage: "build", Index: i, Total: 4, State: s} }
	for _, c := range []struct {
		steps []event.Step
		want  string
	}{
		{nil, "build  ○ will run"},
		{[]event.Step{step(1, event.Running)}, "build  ⠋ running  from golang ⠋"},
		{[]event.Step{step(1, event.Hit), step(2, event.Hit)}, "build  ○ will run  from golang "},
		{[]event.Step{step(1, event.Hit), step(2, event.Hit), step(3, event.Running)}, "build  ⠋ running  from golang "},
		{[]event.Step{step(1, event.Hit), step(2, event.Hit), step(3, event.Ran), step(4, event.Hit)}, "build  ● RAN"},
		{[]event.Step{step(1, event.Ran), step(2, event.Hit), step(3, event.Hit), step(4, event.Hit)}, "build  ✓ HIT"},
		{[]event.Step{step(1, event.Ran), step(2, event.Hit), step(3, event.Hit), step(4, event.Hit)}, "all hits"},
		{[]event.Step{step(1, event.Hit), step(2, event.Ran), step(3, event.Fail), step(4, event.Skip)}, "build  ✗ FAILED"},
		{[]event.Step{step(1, event.Hit), step(2, event.Ran), step(3, event.Canceled)}, "build  - CANCELED"},
		{[]event.Step{step(1, event.Fail)}, "build  ✗ FAILED  from golang ✗"},
	} {
		for _, size := range [][2]int{{120, 40}, {80, 24}} {
			s := newScreen(t, size[0], size[1])
			s.play([]event.Event{{Time: s.now, Build: 2, Body: plan}})
			for _, st := range c.steps {
				s.play([]event.Event{{Time: s.now, Build: 2, Body: st}})
			}
			want := c.want
			if sign := strings.Fields(want); size[0] < 100 && sign[0] == "build" && sign[1] != "-" {
				want = "build  " + sign[1]
			}
			s.shows(want)
		}
	}
	// Where a long name leaves no room the sign is there, and the right has the words; what is only predicted has those.
	plan.Stages[0].Base = "registry.example.com/team/golang:1.26"
	s := newScreen(t, 80, 24)
	s.play([]event.Event{{Time: s.now, Build: 2, Body: plan}})
	s.shows("build  ○ will run  from regi")
	for i := 1; i <= 4; i++ {
		s.play([]event.Event{{Time: s.now, Build: 2, Body: step(i, event.Hit)}})
	}
	s.shows("build  ✓  from registry.exampl… all hits")
	plan.Stages[0].Name = "a-stage-with-a-name-that-fills-more-than-the-panel"
	for i := range plan.Steps {
		plan.Steps[i].Stage = plan.Stages[0].Name
	}
	s = newScreen(t, 80, 24)
	s.play([]event.Event{{Time: s.now, Build: 2, Body: plan}})
	s.shows("▾ a-stage-with-a-name-that-f…  ○ will run  │")
}

// TestAMergedStepIsCountedOnce: where it is built, as the build's own figures have it.
func TestAMergedStepIsCountedOnce(t *testing.T) {
	plan := event.Planned{Target: "b", Stages: []event.PlannedStage{{Name: "a", Base: "x", Needed: true}, {Name: "b", Base: "x", Needed: true}}}
	s := newScreen(t, 120, 40)
	for _, stage := range []string{"a", "b"} {
		for i, instruction := range []string{"FROM x", "RUN same", "RUN own " + stage} {
			plan.Steps = append(plan.Steps, event.PlannedStep{Stage: stage, Index: i + 1, Total: 3, Instruction: instruction})
		}
	}
	s.play([]event.Event{{Time: s.now, Build: 1, Body: plan}})
	for _, st := range plan.Steps {
		e := event.Step{Stage: st.Stage, Index: st.Index, Total: 3, State: event.Ran, MS: 100}
		if st.Stage == "b" && st.Index < 3 {
			e.MergedWith, e.Because = &event.StepID{Stage: "a", Index: st.Index}, "merged with a 2"
		}
		s.play([]event.Event{{Time: s.now, Build: 1, Body: e}})
	}
	s.shows("a  ● RAN  from x", "2 ran  0.2s", "= MERGED   RUN same", "merged with a 2", "1 ran  0.1s")
}

// TestNoBuildIsTakenForAStep: a build has a number sign, and a step its total, in all that the dashboard says of the
// sample, whose first stage is called build.
func TestNoBuildIsTakenForAStep(t *testing.T) {
	bare := regexp.MustCompile(`\b[Bb]uild \d+(?:[^/\d].{0,10}|$)`)
	frames, err := filepath.Glob(filepath.Join("testdata", "frames", "*.txt"))
	if err != nil || len(frames) == 0 {
		t.Fatal("no frames", err)
	}
	for _, path := range frames {
		text, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		for line := range strings.SplitSeq(string(text), "\n") {
			if at := bare.FindString(line); at != "" {
				t.Errorf("%s: %q", path, at)
			}
		}
	}
}
