package solve

import (
	"errors"
	"maps"
	"path"
	"slices"
	"testing"
)

// TestAPathIsFollowed: each name that does not exist is replaced by the one that is like it, and nothing is made up.
func TestAPathIsFollowed(t *testing.T) {
	folders := map[string][]string{
		"": {"app", "bin", "lib", "usr", "src", "requirements.txt", "Makefile"}, "app": {"main.py", "web.py", "x"}, "usr": {"bin", "lib"}, "usr/lib": {"python3.9"}, "src": {"main.c"},
	}
	list := func(dir string) ([]string, error) {
		if !slices.Contains(slices.Collect(maps.Keys(folders)), dir) {
			return nil, errors.New("no folder: " + dir)
		}
		return folders[dir], nil
	}
	for p, want := range map[string]string{
		"app/main.py": "app/main.py", "/app/x": "app/x", "ap/x": "app/x", "scr": "src", "scr/mian.c": "src/main.c", "requirments.txt": "requirements.txt",
		"makefile": "Makefile", "APP/Main.py": "app/main.py", "usr/lb/python3.9": "usr/lib/python3.9", "scr/*.c": "src/*.c", "*.txt": "*.txt", "ap/*/deep": "app/*/deep",
		"ab": "", "docs": "", "app/other.py": "", "src/*.py": "", "etc/passwd": "",
	} {
		got, ok, err := Follow(p, list)
		if err != nil || ok != (want != "") || ok && got != want {
			t.Errorf("%s: got %q, %v, %v, want %q", p, got, ok, err, want)
		}
	}
	if at, ok, err := Follow("ap/other.py", list); at != "app" || ok || err != nil {
		t.Errorf("it came to %q, %v, %v", at, ok, err)
	}
	if _, _, err := Follow("app/main.py/x", func(dir string) ([]string, error) {
		if dir == "" {
			return []string{"app"}, nil
		}
		return nil, errors.New("unread " + path.Base(dir))
	}); err == nil {
		t.Error("a folder that can't be read is taken for one with nothing in it")
	}
}
