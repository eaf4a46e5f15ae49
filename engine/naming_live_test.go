package engine

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stagewatch/stagewatch/engine/config"
	"github.com/stagewatch/stagewatch/engine/event"
)

// TestADockerfileThatIsALink: an edit of what it leads to is one of the Dockerfile, and so is a link that leads elsewhere.
func TestADockerfileThatIsALink(t *testing.T) {
	l := newLive(t)
	elsewhere := filepath.Join(t.TempDir(), "Dockerfile.prod")
	serving := func(n int) string { return fmt.Sprintf("%sENV SERVED=%d\n", liveDockerfile, n) }
	l.write("docker/Dockerfile.dev", serving(1))
	if err := os.Remove(filepath.Join(l.dir, "Dockerfile")); err != nil {
		t.Fatal(err)
	}
	l.link("docker/Dockerfile.dev", "Dockerfile")
	l.write("main.py", strings.Replace(liveApp, `open("/app/page.txt", "rb").read()`, `__import__("os").environ["SERVED"].encode()`, 1))
	l.start(config.Config{})
	first, _ := await[event.Serving](l, nil)

	l.write("docker/Dockerfile.dev", serving(2))
	l.serves(first.URL, "2")
	if err := os.WriteFile(elsewhere, []byte(strings.ReplaceAll(serving(3), "UNIQUE", l.unique)), 0o644); err != nil {
		t.Fatal(err)
	}
	l.link(elsewhere, "Dockerfile")
	l.serves(first.URL, "3")
	if err := os.WriteFile(elsewhere, []byte(strings.ReplaceAll(serving(4), "UNIQUE", l.unique)), 0o644); err != nil {
		t.Fatal(err)
	}
	l.serves(first.URL, "4")
	planned, _ := await(l, func(p event.Planned) bool { return strings.Contains(p.Because, "is ENV SERVED=4") })
	if want := "Dockerfile:11 was ENV SERVED=3, is ENV SERVED=4"; planned.Because != want {
		t.Errorf("because %q, want %q", planned.Because, want)
	}
}

// TestAnIgnoreFileThatIsALink: an edit of what it leads to lets in or keeps out what it then says.
func TestAnIgnoreFileThatIsALink(t *testing.T) {
	l := newLive(t)
	l.write("conf/ignore", "*.pyc\n")
	if err := os.Remove(filepath.Join(l.dir, ".dockerignore")); err != nil {
		t.Fatal(err)
	}
	l.link("conf/ignore", ".dockerignore")
	l.write("main.py", strings.Replace(liveApp, `open("/app/page.txt", "rb").read()`, `str(__import__("os").path.exists("/app/secret")).encode()`, 1))
	l.write("secret", "")
	l.start(config.Config{})
	first, _ := await[event.Serving](l, nil)
	l.serves(first.URL, "True")
	l.write("conf/ignore", "secret\n")
	l.serves(first.URL, "False")
}

// TestTheContextIsReplaced by a link to another folder, by a folder, and by a link again.
func TestTheContextIsReplaced(t *testing.T) {
	l := newLive(t)
	top := t.TempDir()
	named := filepath.Join(top, "ctx")
	for _, name := range []string{"one", "two", "three"} {
		dir := filepath.Join(top, name)
		if err := os.CopyFS(dir, os.DirFS(l.dir)); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(dir, "page.txt"), []byte(name), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	relink := func(target string) {
		if err := os.Symlink(target, named+".new"); err != nil {
			t.Fatal(err)
		}
		if err := os.Rename(named+".new", named); err != nil {
			t.Fatal(err)
		}
	}
	relink("one")
	l.dir = named
	l.start(config.Config{})
	first, _ := await[event.Serving](l, nil)
	l.serves(first.URL, "one")
	relink("two")
	l.serves(first.URL, "two")
	l.write("page.txt", "two, edited")
	l.serves(first.URL, "two, edited")
	if err := os.Remove(named); err != nil {
		t.Fatal(err)
	}
	if err := os.Rename(filepath.Join(top, "three"), named); err != nil {
		t.Fatal(err)
	}
	l.serves(first.URL, "three")
	l.write("page.txt", "three, edited")
	l.serves(first.URL, "three, edited")
	if err := os.Rename(named, filepath.Join(top, "three")); err != nil {
		t.Fatal(err)
	}
	relink("one")
	l.serves(first.URL, "one")
	l.write("page.txt", "one, edited")
	l.serves(first.URL, "one, edited")
}

// TestAFileWithOtherNames: a write by any of them counts, names that come and go do not.
func TestAFileWithOtherNames(t *testing.T) {
	l := newLive(t)
	page, elsewhere := filepath.Join(l.dir, "page.txt"), filepath.Join(t.TempDir(), "page")
	if err := os.Link(page, elsewhere); err != nil {
		t.Fatal(err)
	}
	l.start(config.Config{})
	first, _ := await[event.Serving](l, nil)
	put := func(name, text string) {
		t.Helper()
		if err := os.WriteFile(name, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
		l.serves(first.URL, text)
	}
	put(elsewhere, "by the name elsewhere")
	put(page, "by the name here")

	// As cp -al does; the link is one that nobody is told of.
	backup := t.TempDir()
	if err := filepath.WalkDir(l.dir, func(path string, d os.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		return os.Link(path, filepath.Join(backup, filepath.Base(path)))
	}); err != nil {
		t.Fatal(err)
	}
	l.write("new.txt", "builds, and has all compared")
	await(l, func(c event.Changed) bool { return strings.Join(c.Paths, " ") == "new.txt" })
	put(filepath.Join(backup, "page.txt"), "by the name in the copy")
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, e := range l.events {
		switch b := e.Body.(type) {
		case event.Warning:
			if b.Code == event.CodeWatchMissed && strings.Join(b.Paths, " ") != "page.txt" {
				t.Errorf("said of what is no change: %s", b.Message)
			}
		case event.Changed:
			if strings.Contains(strings.Join(b.Paths, " "), "main.py") {
				t.Errorf("changed: %v", b.Paths)
			}
		}
	}
}

// TestAFolderAsABase is built upon again when anything of it was edited.
func TestAFolderAsABase(t *testing.T) {
	l := newLive(t)
	base := t.TempDir()
	l.write("Dockerfile", strings.Replace(liveDockerfile, "FROM python:3.9-alpine\n", "FROM notes AS noted\nCOPY main.py /kept\nFROM python:3.9-alpine\nCOPY --from=noted /note /note\n", 1))
	l.write("main.py", strings.ReplaceAll(liveApp, "/app/page.txt", "/note"))
	note := filepath.Join(base, "note")
	url := ""
	for i := range 3 {
		text := fmt.Sprint("note ", i)
		if err := os.WriteFile(note, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
		if i == 0 {
			l.start(config.Config{Build: config.Build{BuildContexts: map[string]string{"notes": base}}})
			first, _ := await[event.Serving](l, nil)
			url = first.URL
			continue
		}
		if c, _ := await[event.Changed](l, nil); strings.Join(c.Paths, " ") != "notes:note" {
			t.Errorf("changed are %v", c.Paths)
		}
		// In place: it may have been built while it was empty.
		l.serves(url, text)
	}
}

func (l *live) link(target, name string) {
	l.t.Helper()
	path := filepath.Join(l.dir, name)
	if err := os.Symlink(target, path+".new"); err != nil {
		l.t.Fatal(err)
	}
	if err := os.Rename(path+".new", path); err != nil {
		l.t.Fatal(err)
	}
}
