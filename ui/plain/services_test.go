package plain

import (
	"bytes"
	"testing"

	"github.com/stagewatch/stagewatch/engine/event"
)

// TestServices: lines name the service, what is said of several in a row is said once, and so are steps that two share.
func TestServices(t *testing.T) {
	planned := func(with string) event.Planned {
		return event.Planned{Paths: []string{"a.py"}, Target: "api", Because: "a.py changed", Steps: []event.PlannedStep{
			{Stage: "api", Index: 1, Total: 3, Instruction: "FROM scratch", Prediction: event.WillHit},
			{Stage: "api", Index: 2, Total: 3, Instruction: "COPY a.py /", Prediction: event.WillRerun, Because: "a.py changed", WithService: with},
			{Stage: "api", Index: 3, Total: 3, Instruction: "RUN x", Prediction: event.MayRerun, Because: "after api 2/3"},
		}}
	}
	skipped := event.Skipped{Paths: []string{"a.py"}, Reason: event.Outside}
	var out bytes.Buffer
	p := New(&out, Options{})
	for _, e := range Together([]event.Event{
		{Body: event.Warning{Code: "x", Message: "one"}}, {Body: event.Warning{Code: "x", Message: "one"}},
		{Service: "api", Body: planned("")}, {Service: "copy", Body: planned("")}, {Service: "worker", Body: planned("api")},
		{Service: "db", Body: skipped}, {Service: "web", Body: skipped}, {Body: skipped}, {Service: "x", Body: event.Skipped{Paths: []string{"a.py"}, Reason: event.NotBuilt}},
	}) {
		if err := p.Print(e); err != nil {
			t.Fatal(err)
		}
	}
	const want = `WARNING one (x)
WARNING one (x)
api, copy: would build api: a.py changed
api, copy: api 2/3 COPY a.py / will run: a.py changed
api, copy: api 3/3 RUN x may run: after api 2/3
api, copy: 1 step expected to hit
worker: would build api: a.py changed
worker: api 3/3 RUN x may run: after api 2/3
worker: 1 step as for api, built once
worker: 1 step expected to hit
db, web: nothing to build for a.py: it is in no build context
nothing to build for a.py: it is in no build context
x: nothing to build for a.py: the service is not built
`
	if got := out.String(); got != want {
		t.Errorf("got\n%swant\n%s", got, want)
	}
}

// TestEachServiceHasItsOwnSteps: builds of two have the same numbers, and steps of one Dockerfile the same names.
func TestEachServiceHasItsOwnSteps(t *testing.T) {
	var out bytes.Buffer
	p := New(&out, Options{})
	step := event.Step{Stage: "code", Index: 1, Total: 2, Instruction: "COPY . .", State: event.Hit}
	for _, service := range []string{"api", "worker", "api"} {
		if err := p.Print(event.Event{Service: service, Build: 1, Body: step}); err != nil {
			t.Fatal(err)
		}
	}
	if want := "api: #1 code 1/2 COPY . . HIT\nworker: #1 code 1/2 COPY . . HIT\n"; out.String() != want {
		t.Errorf("got\n%swant\n%s", out.String(), want)
	}
}
