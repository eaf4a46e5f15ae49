package git

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// repository makes a work tree with a commit for each set of files, and returns its folder.
func repository(t *testing.T, commits ...map[string]string) string {
	t.Helper()
	// Neither the settings of who runs the tests nor a repository around them count.
	t.Setenv("GIT_CONFIG_GLOBAL", os.DevNull)
	t.Setenv("GIT_CONFIG_SYSTEM", os.DevNull)
	dir, err := filepath.EvalSymlinks(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	call(t, dir, "init", "-q")
	for i, files := range commits {
		put(t, dir, files)
		call(t, dir, "add", "-A")
		call(t, dir, "-c", "user.name=a", "-c", "user.email=a@example.org", "commit", "-q", "--allow-empty", "-m", "commit "+string(rune('1'+i))+"\n\nmore")
	}
	return dir
}

func put(t *testing.T, dir string, files map[string]string) {
	t.Helper()
	for name, text := range files {
		path := filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
}

func call(t *testing.T, dir string, args ...string) string {
	t.Helper()
	cmd := exec.Command("git", args...)
	cmd.Dir = dir
	out, err := cmd.CombinedOutput()
	if err != nil {
		t.Fatalf("git %v: %v: %s", args, err, out)
	}
	return strings.TrimSpace(string(out))
}

func nothing(string) bool { return false }

// TestHead: a folder of a work tree is at a commit, with changes in it or without.
func TestHead(t *testing.T) {
	dir := repository(t, map[string]string{"app/main.py": "1", "other/x": "1", ".gitignore": "*.log\n"})
	app := filepath.Join(dir, "app")
	want := call(t, dir, "rev-parse", "HEAD")
	head := func(changed bool, what string) {
		t.Helper()
		if c, is := Head(t.Context(), app, nothing); c.ID != want || c.At.IsZero() || c.Subject != "commit 1" || is != changed {
			t.Errorf("%s: got %+v, changed %t", what, c, is)
		}
	}
	head(false, "as committed")
	put(t, dir, map[string]string{"other/x": "2", "app/a.log": "1"})
	head(false, "an edit elsewhere, and a file that git ignores")
	put(t, dir, map[string]string{"app/out.jsonl": "1"})
	head(true, "a new file")
	if _, changed := Head(t.Context(), app, func(path string) bool { return path == filepath.Join(app, "out.jsonl") }); changed {
		t.Error("a file of ours is no change")
	}
	put(t, dir, map[string]string{"app/main.py": "2"})
	if _, changed := Head(t.Context(), app, func(path string) bool { return path == filepath.Join(app, "out.jsonl") }); !changed {
		t.Error("an edit is a change")
	}
	// As in a hook of another repository.
	t.Setenv("GIT_DIR", filepath.Join(dir, "nosuch"))
	head(true, "in a hook")
}

// TestNoCommit: what git does not know, or where it is not installed, is no commit and no error.
func TestNoCommit(t *testing.T) {
	t.Setenv("GIT_CEILING_DIRECTORIES", os.TempDir())
	empty := repository(t)
	for name, dir := range map[string]string{"no work tree": t.TempDir(), "no commit yet": empty, "no folder": filepath.Join(empty, "x")} {
		if c, changed := Head(t.Context(), dir, nothing); c.ID != "" || changed {
			t.Errorf("%s: got %+v", name, c)
		}
	}
	dir := repository(t, map[string]string{"a": "1"})
	t.Setenv("PATH", t.TempDir())
	if c, changed := Head(t.Context(), dir, nothing); c.ID != "" || changed {
		t.Errorf("without git: got %+v", c)
	}
}

// TestExport: a folder gets what was in a commit, and the work tree is left as it is.
func TestExport(t *testing.T) {
	dir := repository(t, map[string]string{"app/main.py": "1", "run.sh": "#!/bin/sh\n"})
	if err := os.Symlink("app/main.py", filepath.Join(dir, "link")); err != nil {
		t.Fatal(err)
	}
	if err := os.Chmod(filepath.Join(dir, "run.sh"), 0o755); err != nil {
		t.Fatal(err)
	}
	call(t, dir, "add", "-A")
	call(t, dir, "-c", "user.name=a", "-c", "user.email=a@example.org", "commit", "-q", "-m", "links | more")
	put(t, dir, map[string]string{"app/main.py": "2", "new": "1"})
	before := call(t, dir, "status", "--porcelain")
	commits, err := Log(t.Context(), dir, 20)
	if err != nil || len(commits) != 2 || commits[0].Subject != "links | more" || commits[1].Subject != "commit 1" {
		t.Fatalf("got %+v, %v", commits, err)
	}
	to := t.TempDir()
	if err := Export(t.Context(), dir, commits[0].ID, to); err != nil {
		t.Fatal(err)
	}
	for path, want := range map[string]string{"app/main.py": "1", "link": "1", "run.sh": "#!/bin/sh\n"} {
		if got, err := os.ReadFile(filepath.Join(to, path)); string(got) != want || err != nil {
			t.Errorf("%s: got %q, %v", path, got, err)
		}
	}
	for path, want := range map[string]os.FileMode{"app/main.py": 0o644, "run.sh": 0o755} {
		if info, err := os.Stat(filepath.Join(to, path)); err != nil || info.Mode() != want {
			t.Errorf("%s: got %v, %v", path, info.Mode(), err)
		}
	}
	if _, err := os.Stat(filepath.Join(to, "new")); err == nil {
		t.Error("what is not committed was exported")
	}
	if after := call(t, dir, "status", "--porcelain"); after != before {
		t.Errorf("the work tree was\n%s\nand is\n%s", before, after)
	}
	if err := Export(t.Context(), dir, "nosuch", t.TempDir()); err == nil || !strings.Contains(err.Error(), "nosuch") {
		t.Errorf("a commit that is not there: %v", err)
	}
	if err := Export(t.Context(), dir, commits[0].ID, to); err == nil {
		t.Error("what is there already was overwritten")
	}
}
