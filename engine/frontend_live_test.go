package engine

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/stagewatch/stagewatch/engine/config"
	"github.com/stagewatch/stagewatch/engine/dock/docktest"
	"github.com/stagewatch/stagewatch/engine/event"
)

// TestAFrontendOfTheDockerfilesOwn makes the graph, with words that BuildKit's own does not know, out of files that no
// step reads; what is planned, reported and served is by its graph.
func TestAFrontendOfTheDockerfilesOwn(t *testing.T) {
	l := newLive(t)
	frontend := docktest.Frontend(t, l.engine, docktest.Session(t, l.engine))
	l.write("Dockerfile", "# syntax="+frontend+"\n"+`FROM python:3.9-slim AS build
WORKDIR /app
INCLUDE install.part
COPY page.txt main.py ./

FROM python:3.9-alpine
COPY --from=build /app /app
CMD ["python", "-u", "/app/main.py"]
`)
	l.write("install.part", "RUN echo installing UNIQUE\n")
	l.start(config.Config{})
	planned, _ := await[event.Planned](l, nil)
	if planned.Target != "stage-1" || len(planned.Stages) != 2 || planned.Stages[0].Name != "build" || len(planned.Steps) != 6 {
		t.Errorf("planned %s, stages %+v, steps %+v", planned.Target, planned.Stages, planned.Steps)
	}
	if w, _ := await(l, func(w event.Warning) bool { return w.Code == event.CodeCustomFrontend }); !strings.Contains(w.Message, frontend) {
		t.Errorf("the frontend is not named: %q", w.Message)
	}
	first, _ := await[event.Serving](l, nil)
	if got := l.get(first.URL); got != "one" {
		t.Errorf("the first page is %q", got)
	}
	if ledger, _ := await[event.Ledger](l, nil); len(ledger.Carried) != 1 || ledger.Carried[0].From != "build" {
		t.Errorf("carried %+v", ledger.Carried)
	}

	l.write("page.txt", "two UNIQUE")
	second, e := await[event.Serving](l, nil)
	if got := l.get(second.URL); got != "two "+l.unique {
		t.Errorf("after the edit the page is %q", got)
	}
	// Not before the background is done: what it reads for the stage before would already be the edit.
	await[event.Ledger](l, nil)
	if diff := cmp.Diff(map[string]event.State{
		"build 1": event.Hit, "build 2": event.Hit, "build 3": event.Hit, "build 4": event.Ran, "stage-1 1": event.Hit, "stage-1 2": event.Ran,
	}, l.steps(e.Build)); diff != "" {
		t.Error(diff)
	}

	l.write("install.part", "RUN echo installing more UNIQUE\n")
	planned, e = await(l, func(p event.Planned) bool { return len(p.Paths) == 1 && p.Paths[0] == "install.part" })
	if because := planned.Steps[2].Because; !strings.Contains(because, "frontend makes another step of it: was RUN echo installing "+l.unique) {
		t.Errorf("what was included anew reruns: %q", because)
	}
	await[event.Ledger](l, nil)
	if got := l.steps(e.Build)["build 3"]; got != event.Ran {
		t.Errorf("what was included anew is %s: %+v", got, planned.Steps)
	}

	l.write("Dockerfile", "# syntax="+frontend+"\nFROM python:3.9-slim\nNONSENSE\n")
	if f, _ := await[event.Failed](l, nil); !strings.Contains(f.Message, "NONSENSE") {
		t.Errorf("failed with %+v", f)
	}
}
