package past

import (
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/stagewatch/stagewatch/engine/event"
	"github.com/stagewatch/stagewatch/engine/plan"
	"github.com/stagewatch/stagewatch/engine/tree"
)

func TestChangesSinceABuild(t *testing.T) {
	dir := t.TempDir()
	write := func(name, text string) {
		t.Helper()
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	const dockerfile = "FROM scratch\nCOPY . /\n"
	contexts := func() map[string]*tree.Snapshot {
		t.Helper()
		tr, err := tree.Load(t.Context(), dir, nil)
		if err != nil {
			t.Fatal(err)
		}
		return map[string]*tree.Snapshot{"": tr.Snapshot()}
	}
	built, err := plan.New(t.Context(), plan.Input{Dockerfile: []byte(dockerfile), Filename: "Dockerfile"}, plan.Offline{})
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"same", "edited", "touched", "mode", "gone"} {
		write(name, "one")
	}
	file := filepath.Join(t.TempDir(), "built.json")
	if err := NewBuild("unix:///x", built, contexts()).Save(file); err != nil {
		t.Fatal(err)
	}
	if LoadBuild(file, "tcp://elsewhere") != nil {
		t.Error("what another engine built is taken for this one's")
	}
	write("edited", "two")
	write("new", "x")
	later := time.Now().Add(time.Hour)
	for _, err := range []error{os.Chtimes(filepath.Join(dir, "touched"), later, later), os.Chmod(filepath.Join(dir, "mode"), 0o755), os.Remove(filepath.Join(dir, "gone"))} {
		if err != nil {
			t.Fatal(err)
		}
	}
	got := map[string]string{}
	for _, c := range LoadBuild(file, "unix:///x").Changes(contexts()) {
		got[c.Path] = c.Kind
	}
	if diff := cmp.Diff(map[string]string{"edited": event.ContentChanged, "new": event.Added, "mode": event.ModeChanged, "gone": event.Deleted}, got); diff != "" {
		t.Error(diff)
	}
}
