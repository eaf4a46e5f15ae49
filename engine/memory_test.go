package engine

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/stagewatch/stagewatch/engine/config"
	"github.com/stagewatch/stagewatch/engine/event"
)

func TestMemoryTellsWhatChangedSince(t *testing.T) {
	dir := t.TempDir()
	write := func(name, text string) {
		t.Helper()
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	write("Dockerfile", "FROM x\nCOPY . /\n")
	for _, name := range []string{"same", "edited", "touched", "mode", "gone"} {
		write(name, "one")
	}
	p, pl := opened(t, dir)
	file := filepath.Join(t.TempDir(), "memory.json")
	if err := remember("unix:///x", pl, p.Snapshots()).save(file); err != nil {
		t.Fatal(err)
	}
	if loadMemory(file, "tcp://elsewhere") != nil {
		t.Error("another engine's memory is taken for this one's")
	}
	write("edited", "two")
	write("new", "x")
	later := time.Now().Add(time.Hour)
	for _, err := range []error{os.Chtimes(filepath.Join(dir, "touched"), later, later), os.Chmod(filepath.Join(dir, "mode"), 0o755), os.Remove(filepath.Join(dir, "gone"))} {
		if err != nil {
			t.Fatal(err)
		}
	}
	p, _ = opened(t, dir)
	got := map[string]string{}
	for _, c := range loadMemory(file, "unix:///x").since(p) {
		got[c.Path] = c.Kind
	}
	if diff := cmp.Diff(map[string]string{"edited": event.ContentChanged, "new": event.Added, "mode": event.ModeChanged, "gone": event.Deleted}, got); diff != "" {
		t.Error(diff)
	}
}

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
		if err := remember("", pl, p.Snapshots()).save(memoryFile(p)); err != nil {
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
