package watch

import (
	"os"
	"path/filepath"
	"testing"
)

// TestASaveOfOneFile is told by what is there once it was written.
func TestASaveOfOneFile(t *testing.T) {
	dir := t.TempDir()
	for name, text := range map[string]string{"a": "text", "b": "text", "empty": ""} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.Mkdir(filepath.Join(dir, "folder"), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink("a", filepath.Join(dir, "link")); err != nil {
		t.Fatal(err)
	}
	w := &Watcher{root: dir}
	for _, c := range []struct {
		paths []string
		want  bool
	}{
		{[]string{"a"}, true},
		{[]string{filepath.Join(dir, "a")}, true},
		{[]string{"a", "a~", "4913"}, true},
		{[]string{"a", "b"}, false},
		{[]string{"gone"}, false},
		{[]string{"empty"}, false},
		{[]string{"a", "empty"}, false},
		{[]string{"folder"}, false},
		{[]string{"link"}, false},
		{[]string{"a", "1", "2", "3", "4", "5"}, false},
		{nil, false},
	} {
		paths := map[string]struct{}{}
		for _, p := range c.paths {
			paths[p] = struct{}{}
		}
		if got := w.whole(paths); got != c.want {
			t.Errorf("%q look like a save: %v, want %v", c.paths, got, c.want)
		}
	}
}
