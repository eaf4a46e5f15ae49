package solve

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stagewatch/stagewatch/engine/plan"
)

// TestLettersOfAModeAreRefusedWhereTheyAreNotKnown asks the engine itself, because its version does not say whether it
// knows letters in --chmod: if the plan accepts them they work, and if not, the file can't be read.
func TestLettersOfAModeAreRefusedWhereTheyAreNotKnown(t *testing.T) {
	b := newBench(t)
	b.write("f", "f SECRET")
	if err := os.Chmod(filepath.Join(b.dir, "f"), 0o600); err != nil {
		t.Fatal(err)
	}
	b.write("Dockerfile", "FROM python:3.9-alpine\nCOPY --chmod=u=rwX,go=r f /SECRET\nRUN echo mode $(stat -c %a /SECRET)\n")
	dockerfile, err := os.ReadFile(filepath.Join(b.dir, "Dockerfile"))
	if err != nil {
		t.Fatal(err)
	}
	in := plan.Input{Dockerfile: dockerfile, Filename: "Dockerfile", Platform: b.builder.Platform(), Caps: b.builder.Caps()}
	_, refused := plan.New(t.Context(), in, b.builder)
	// As if the engine supported everything.
	in.Caps = nil
	p, err := plan.New(t.Context(), in, b.builder)
	if err != nil {
		t.Fatal(err)
	}
	r := &recording{}
	if r.solve(t, b, p, false); r.Error != "" {
		t.Fatal(r.Error)
	}
	want := "mode 644"
	if refused != nil {
		want = "mode 0\n"
	}
	if reported := r.track(t, p); !strings.Contains(reported, want) {
		t.Errorf("the plan says %v, and the engine:\n%s", refused, reported)
	}
}
