package main

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/stagewatch/stagewatch/engine/tree"
)

// A log that is saved into the context is no change of it, and never takes an older one's place.
func TestSavedLogIsAnOutput(t *testing.T) {
	t.Chdir(t.TempDir())
	if err := os.WriteFile("app.txt", []byte("mine"), 0o644); err != nil {
		t.Fatal(err)
	}
	outputs := &tree.Outputs{}
	name, err := saveLog(outputs)("dir/app.txt", []string{"a", "b"})
	if err != nil || filepath.Base(name) != "app-2.txt" || !filepath.IsAbs(name) {
		t.Fatalf("saved as %q, %v", name, err)
	}
	if dt, err := os.ReadFile(name); err != nil || string(dt) != "a\nb\n" {
		t.Errorf("saved is %q, %v", dt, err)
	}
	own, err := tree.NewOwnRules(nil, nil, outputs)
	if err != nil {
		t.Fatal(err)
	}
	context, err := tree.Load(t.Context(), ".", (*tree.Rules)(nil).With(own))
	if err != nil {
		t.Fatal(err)
	}
	if _, mine := context.Snapshot().Lookup("app.txt"); !mine || !context.Writes("app-2.txt") || context.Writes("app.txt") {
		t.Error("which of the files was saved here is not known")
	}
}
