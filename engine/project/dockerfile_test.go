package project

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/stagewatch/stagewatch/engine/config"
)

// TestTheDockerfileInEitherCase: it may come, go and change its case while the session lasts.
func TestTheDockerfileInEitherCase(t *testing.T) {
	dir := t.TempDir()
	p, err := Open(t.Context(), config.Build{Context: dir}, Options{Await: true})
	if err != nil {
		t.Fatal(err)
	}
	upper, lower := filepath.Join(dir, "Dockerfile"), filepath.Join(dir, "dockerfile")
	is := func(when, want string) {
		t.Helper()
		p.read()
		if p.Missing() != (want == "") || want != "" && string(p.source) != want {
			t.Errorf("%s: read %q, missing %v", when, p.source, p.Missing())
		}
	}
	write := func(path, text string) {
		t.Helper()
		if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	is("at first", "")
	write(lower, "FROM lower")
	if !p.IsDockerfile("dockerfile") || !p.IsDockerfile("Dockerfile") || p.IsDockerfile("DOCKERFILE") {
		t.Error("what is the Dockerfile, or may become it, is not known as such")
	}
	is("in small letters", "FROM lower")
	write(upper, "FROM upper")
	is("with both", "FROM upper")
	if p.IsDockerfile("dockerfile") {
		t.Error("the one in small letters counts beside the other")
	}
	if err := os.Remove(upper); err != nil {
		t.Fatal(err)
	}
	is("with the other gone", "FROM lower")
	if err := os.Remove(lower); err != nil {
		t.Fatal(err)
	}
	is("with both gone", "")
}
