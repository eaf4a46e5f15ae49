package budget

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/stagewatch/stagewatch/engine/event"
	"github.com/stagewatch/stagewatch/engine/fault"
)

func TestReruns(t *testing.T) {
	step := func(index int, instruction string, p event.Prediction) event.PlannedStep {
		return event.PlannedStep{Stage: "build", Index: index, Total: 5, Instruction: instruction, Prediction: p, Because: "after build 1/5"}
	}
	plans := []event.Event{
		{Body: event.Skipped{Paths: []string{"a"}, Reason: event.Unused}},
		{Service: "api", Body: event.Planned{Steps: []event.PlannedStep{
			step(2, "RUN --mount=type=cache,target=/root/.cache pip install -r requirements.txt", event.WillRerun),
			step(3, "COPY --from=deps /lib/python3.9 /lib", event.MayRerun),
			step(4, "RUN make", event.WillHit),
		}}},
	}
	const install = "api: build 2/5 RUN --mount=type=cache,target=/root/.cache pip install -r requirements.txt will run: after build 1/5"
	for rule, want := range map[string][]string{
		"rerun:RUN pip install*":      {install + " (--fail-on rerun:RUN pip install*)"},
		"rerun: RUN --mount=* pip *":  {install + " (--fail-on rerun: RUN --mount=* pip *)"},
		"rerun:RUN make":              nil,
		"rerun:COPY *":                nil,
		"maybe:COPY /lib/python3.? *": {"api: build 3/5 COPY --from=deps /lib/python3.9 /lib may run: after build 1/5 (--fail-on maybe:COPY /lib/python3.? *)"},
		"maybe:RUN *":                 {install + " (--fail-on maybe:RUN *)"},
	} {
		r, err := ParseRerun(rule)
		if err != nil {
			t.Fatal(err)
		}
		got, err := Reruns([]Rerun{r}, plans)
		if diff := cmp.Diff(want, got); diff != "" || err != nil {
			t.Error(rule, diff, err)
		}
		// Nothing to build has no steps that could match.
		if got, err := Reruns([]Rerun{r}, plans[:1]); len(got) > 0 || err != nil {
			t.Errorf("%s: got %v, %v", rule, got, err)
		}
	}
	for _, lost := range []string{"rerun:RUN pip", "rerun:pip install*", "rerun:RUN mak."} {
		r, err := ParseRerun(lost)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := Reruns([]Rerun{r}, plans); err == nil || fault.Hint(err) == "" {
			t.Errorf("%s matches nothing, and that is no error with a hint: %v", lost, err)
		}
	}
	for _, bad := range []string{"", "rerun", "rerun:", "rerun: ", "hit:RUN make", "RUN make"} {
		if _, err := ParseRerun(bad); err == nil || fault.Hint(err) == "" {
			t.Errorf("%q: got %v, want an error with a hint", bad, err)
		}
	}
}
