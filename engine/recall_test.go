package engine

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stagewatch/stagewatch/engine/config"
	"github.com/stagewatch/stagewatch/engine/event"
	"github.com/stagewatch/stagewatch/engine/past"
)

// TestAnIgnoreFileIsAFileWhereAStepReadsIt: else what it says is compared, and not that it was written to.
func TestAnIgnoreFileIsAFileWhereAStepReadsIt(t *testing.T) {
	noEngine(t)
	for copied, want := range map[string]string{"main": "nothing changed since ", ".": "Dockerfile.dockerignore changed since "} {
		dir := t.TempDir()
		write := func(name, text string) {
			if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o644); err != nil {
				t.Fatal(err)
			}
		}
		write("Dockerfile", "FROM scratch\nCOPY "+copied+" /\n")
		write("Dockerfile.dockerignore", "*.pyc\n")
		write("main", "one")
		p, pl := opened(t, dir)
		if err := past.NewBuild("", pl, p.Snapshots()).Save(past.BuildFile(p.Root(), p.Dockerfile())); err != nil {
			t.Fatal(err)
		}
		write("Dockerfile.dockerignore", "# Compiled.\n*.pyc\n")
		bodies, err := Explain(t.Context(), config.Config{Build: config.Build{Context: dir}}, nil)
		if err != nil {
			t.Fatal(err)
		}
		planned, ok := bodies[len(bodies)-1].(event.Planned)
		if !ok || !strings.HasPrefix(planned.Because, want) {
			t.Errorf("COPY %s: %+v, want %q", copied, bodies, want)
		}
	}
}

// TestTheFirstBuildOfTheMorning explains itself by what an earlier session built.
func TestTheFirstBuildOfTheMorning(t *testing.T) {
	l := newLive(t)
	l.start(config.Config{})
	await[event.Sized](l, nil)
	l.stop()
	l.write("requirements.txt", "UNIQUE changed")
	l.start(config.Config{})
	p, e := await[event.Planned](l, nil)
	if !strings.HasPrefix(p.Because, "requirements.txt changed since ") {
		t.Errorf("because %q", p.Because)
	}
	predicted := map[string]event.Prediction{}
	for _, s := range p.Steps {
		predicted[fmt.Sprint(s.Stage, " ", s.Index)] = s.Prediction
	}
	if predicted["build 3"] != event.WillRerun || predicted["build 1"] != event.WillHit {
		t.Errorf("predicted %v", predicted)
	}
	await[event.Built](l, nil)
	if got := l.steps(e.Build)["build 3"]; got != event.Ran {
		t.Errorf("the requirements' COPY is %s", got)
	}
}
