package past

import (
	"path/filepath"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/stagewatch/stagewatch/engine/event"
)

// TestAHitKeepsTheOutputOfItsLastRun: within a session by the build that it ran in, after it by the lines themselves.
func TestAHitKeepsTheOutputOfItsLastRun(t *testing.T) {
	file, at := filepath.Join(t.TempDir(), "steps.json"), time.Date(2026, 11, 25, 9, 0, 0, 0, time.UTC)
	install := event.Step{Stage: "build", Index: 3, Instruction: "RUN install", State: event.Running}
	report := func(h *Steps, build int, state event.State, ms int64) (event.Step, []event.Output) {
		s := install
		s.State, s.MS = state, ms
		return h.Report(build, at, s)
	}
	h := OpenSteps(file)
	report(h, 1, event.Running, 0)
	h.Print(1, install, event.Output{Stage: "build", Index: 3, Stream: "stdout", Text: "Collecting flask"})
	if s, _ := report(h, 1, event.Ran, 7000); s.LastMS != 0 {
		t.Errorf("it never ran before, and took %d ms then", s.LastMS)
	}
	// A line without an end comes when the solve is over.
	h.Print(1, install, event.Output{Stage: "build", Index: 3, Stream: "stderr", Text: "done"})
	if s, out := report(h, 2, event.Hit, 0); s.RanBuild != 1 || !s.RanAt.Equal(at) || len(out) > 0 {
		t.Errorf("got %+v and %d lines", s, len(out))
	}
	if s, _ := report(h, 3, event.Running, 0); s.LastMS != 7000 {
		t.Errorf("the last run took %d ms", s.LastMS)
	}
	report(h, 3, event.Canceled, 0)
	if err := h.Save(); err != nil {
		t.Fatal(err)
	}

	h = OpenSteps(file)
	if got := h.Last("build", "RUN install"); got != 7*time.Second {
		t.Errorf("the last run took %v", got)
	}
	s, out := report(h, 1, event.Hit, 0)
	if s.RanBuild != 0 || !s.RanAt.Equal(at) {
		t.Errorf("got %+v", s)
	}
	want := []event.Output{
		{Stage: "build", Index: 3, Stream: "stdout", Text: "Collecting flask", RanAt: at},
		{Stage: "build", Index: 3, Stream: "stderr", Text: "done", RanAt: at},
	}
	if diff := cmp.Diff(want, out); diff != "" {
		t.Error(diff)
	}
	if _, out := report(h, 2, event.Hit, 0); len(out) > 0 {
		t.Error("what an earlier session printed is reported twice")
	}
	if s, _ := report(h, 3, event.Ran, 5000); s.LastMS != 7000 {
		t.Errorf("the last run took %d ms", s.LastMS)
	}
	if s, _ := report(h, 3, event.Ran, 5500); s.LastMS != 7000 {
		t.Errorf("a step that is completed twice ran before in %d ms", s.LastMS)
	}
}

// TestOutputIsKeptWithinBounds: of a step that prints without end the newest lines stay.
func TestOutputIsKeptWithinBounds(t *testing.T) {
	h := OpenSteps("")
	s := event.Step{Stage: "build", Instruction: "RUN yes", State: event.Ran}
	for range 10 * keptLines {
		h.Print(1, s, event.Output{Text: "y"})
	}
	h.Print(1, s, event.Output{Text: "last"})
	h.Report(1, time.Now(), s)
	kept := h.runs[stepKey(s.Stage, s.Instruction)].Printed
	if n := len(kept.Output); n != keptLines || kept.Output[n-1].Text != "last" {
		t.Errorf("%d lines, the last %+v", n, kept.Output[n-1])
	}
}
