package plan

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/stagewatch/stagewatch/engine/event"
)

func TestInputs(t *testing.T) {
	p := mustPlan(t, `FROM base AS build
WORKDIR /app
COPY requirements.txt setup.* ./
COPY . .
RUN --mount=type=bind,source=conf,target=/conf make
FROM base
COPY --from=build /out /usr/share/x /opt/
RUN --mount=type=bind,from=build,target=/b true
`, nil)
	step := func(stage string, index int, paths ...string) event.Input {
		return event.Input{Step: event.StepID{Stage: stage, Index: index}, Paths: paths}
	}
	for i, want := range [][]event.Input{
		nil,
		{step("build", 1)},
		{step("build", 2), {Context: "context", Paths: []string{"requirements.txt", "setup.*"}}},
		{step("build", 3), {Context: "context"}},
		{step("build", 4), {Context: "context", Paths: []string{"conf"}}},
		nil,
		{step("stage-1", 1), step("build", 5, "out", "usr/share/x")},
		{step("stage-1", 2), step("build", 5)},
	} {
		if diff := cmp.Diff(want, p.Inputs(i)); diff != "" {
			t.Errorf("step %d, %s:\n%s", i, p.Steps[i].Instruction, diff)
		}
	}
}
