package tree

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"sync"
	"testing"
	"time"

	"github.com/stagewatch/stagewatch/engine/event"
	"golang.org/x/sys/unix"
)

func TestNewRulesTellWhatEntersAndLeaves(t *testing.T) {
	root := files(t, map[string]string{"app.py": "", "app.log": "", "docs/a.md": "", "docs/README.md": ""})
	tr := learned(t, root, "*.log\n")
	rules, err := ParseRules(".dockerignore", []byte("docs\n!docs/README.md\n"))
	must(t, err)
	changes, err := tr.SetRules(t.Context(), rules)
	must(t, err)
	equal(t, changes, Changes{Changed: []event.Change{
		{Path: "app.log", Kind: event.Added}, {Path: "docs/a.md", Kind: event.Deleted},
	}})

	write(t, root, "docs/b.md", "")
	changes, err = tr.Update(t.Context(), []string{"docs/b.md"})
	must(t, err)
	equal(t, changes, Changes{Ignored: []IgnoredPath{{Path: "docs/b.md", Rule: Rule{Text: "docs", Line: 1}}}})
}

func TestRescanFindsWhatNobodyTold(t *testing.T) {
	root := files(t, map[string]string{"a/same": "1", "a/content": "1", "a/mode": "1", "a/gone": "1", "b/touched": "1"})
	tr := learned(t, root, "")
	write(t, root, "a/content", "2")
	write(t, root, "a/new/file", "2")
	must(t, os.Chmod(filepath.Join(root, "a/mode"), 0o600))
	must(t, os.Remove(filepath.Join(root, "a/gone")))
	later := time.Now().Add(time.Hour)
	must(t, os.Chtimes(filepath.Join(root, "b/touched"), later, later))
	changes, err := tr.Rescan(t.Context())
	must(t, err)
	equal(t, changes, Changes{Changed: []event.Change{
		{Path: "a/content", Kind: event.ContentChanged},
		{Path: "a/gone", Kind: event.Deleted},
		{Path: "a/mode", Kind: event.ModeChanged},
		{Path: "a/new", Kind: event.Added},
		{Path: "a/new/file", Kind: event.Added},
	}})
}

// A write that leaves size and times as they were can only be found by reading. Within the clock's grain that happens
// by itself; here the test makes it happen.
func TestWriteWithinTheClocksGrainIsFound(t *testing.T) {
	root := files(t, map[string]string{"app.py": "one"})
	justNow(t, root, "app.py")
	tr := learned(t, root, "")
	write(t, root, "app.py", "two")
	m, err := statPath(filepath.Join(root, "app.py"))
	must(t, err)
	tr.Snapshot().root.kid("app.py").meta = m // as if nothing showed
	changes, err := tr.Update(t.Context(), []string{"app.py"})
	must(t, err)
	equal(t, changes, Changes{Changed: []event.Change{{Path: "app.py", Kind: event.ContentChanged}}})
}

func TestTouchBeforeHashingCountsAsChange(t *testing.T) {
	root := files(t, map[string]string{"app.py": "one"})
	tr := learned(t, root, "")
	tr.Snapshot().root.kid("app.py").known.Store(nil)
	later := time.Now().Add(time.Hour)
	must(t, os.Chtimes(filepath.Join(root, "app.py"), later, later))
	changes, err := tr.Update(t.Context(), []string{"app.py"})
	must(t, err)
	equal(t, changes, Changes{Changed: []event.Change{{Path: "app.py", Kind: event.ContentChanged}}})
}

// The background goroutine finds every file, including those of later updates.
func TestBackgroundLearnsEveryFile(t *testing.T) {
	root := files(t, map[string]string{"a": "1", "b/c": "1"})
	tr := load(t, root, "")
	awaitKnown := func(p string) {
		t.Helper()
		for patience := time.Now().Add(time.Minute); tr.Snapshot().find(p).known.Load() == nil; runtime.Gosched() {
			if time.Now().After(patience) {
				t.Fatalf("%s was never hashed", p)
			}
		}
	}
	awaitKnown("a")
	awaitKnown("b/c")
	write(t, root, "b/d", "1")
	_, err := tr.Update(t.Context(), []string{"b/d"})
	must(t, err)
	awaitKnown("b/d")
}

func TestCapabilitiesCountAsModeAndTheOwnerDoesNot(t *testing.T) {
	if os.Getuid() != 0 {
		t.Skip("needs root: only root may give a file away")
	}
	root := files(t, map[string]string{"given": "1", "able": "1", "labelled": "1"})
	tr := learned(t, root, "")
	must(t, os.Chown(filepath.Join(root, "given"), 1234, -1))
	capability := append([]byte{1, 0, 0, 2}, make([]byte, 16)...) // an empty capability set, revision 2
	must(t, unix.Setxattr(filepath.Join(root, "able"), "security.capability", capability, 0))
	must(t, unix.Setxattr(filepath.Join(root, "labelled"), "user.note", []byte("x"), 0))
	changes, err := tr.Update(t.Context(), []string{"given", "able", "labelled"})
	must(t, err)
	equal(t, changes, Changes{Changed: []event.Change{
		{Path: "able", Kind: event.ModeChanged}, {Path: "labelled", Kind: event.ModeChanged},
	}, Unchanged: []string{"given"}})
}

func TestDigest(t *testing.T) {
	root := files(t, map[string]string{"a/app.py": "one", "link": "->a/app.py"})
	tr := load(t, root, "")
	before := tr.Snapshot()
	got, err := before.Digest("a/app.py")
	must(t, err)
	equal(t, got, Digest(sha256.Sum256([]byte("one"))))
	for _, p := range []string{"a", "link", "missing", ""} {
		if _, err := before.Digest(p); !errors.Is(err, ErrNotFile) {
			t.Errorf("%q: %v", p, err)
		}
	}
	write(t, root, "a/app.py", "longer")
	_, err = tr.Update(t.Context(), []string{"a/app.py"})
	must(t, err)
	got, err = tr.Snapshot().Digest("a/app.py")
	must(t, err)
	equal(t, got, Digest(sha256.Sum256([]byte("longer"))))
	got, err = before.Digest("a/app.py")
	must(t, err)
	equal(t, got, Digest(sha256.Sum256([]byte("one")))) // an older state stays what it was
}

func TestDigestOfAFileThatIsAnotherOneNow(t *testing.T) {
	root := files(t, map[string]string{"app.py": "one"})
	s := &Snapshot{dir: root, root: newScanner(t.Context(), root, nil).path("", "", nil, nil)}
	write(t, root, "app.py", "another")
	if _, err := s.Digest("app.py"); !errors.Is(err, errMoving) {
		t.Errorf("got %v", err)
	}
}

func TestLookupAndWalk(t *testing.T) {
	root := files(t, map[string]string{"a/b/c": "123", "a-b": "", "a/link": "->b/c", "empty/": "", "x.log": ""})
	s := load(t, root, "*.log").Snapshot()

	e, ok := s.Lookup("a/b/c")
	if !ok || e.Size != 3 || e.Mode != 0o644 || e.UID != uint32(os.Getuid()) {
		t.Errorf("a/b/c is %+v, %v", e, ok)
	}
	if e, _ := s.Lookup("a/link"); e.Link != "b/c" || e.Mode.Type() != os.ModeSymlink {
		t.Errorf("a/link is %+v", e)
	}
	for _, p := range []string{"x.log", "a/b/c/d", "missing"} {
		if _, ok := s.Lookup(p); ok {
			t.Errorf("%s is in the context", p)
		}
	}

	walk := func(prefix string, most int) (paths []string) {
		s.Walk(prefix, func(rel string, _ Entry) bool {
			paths = append(paths, rel)
			return len(paths) < most
		})
		return paths
	}
	equal(t, walk("", 99), []string{"a", "a/b", "a/b/c", "a/link", "a-b", "empty"})
	equal(t, walk("/a/b/", 99), []string{"a/b", "a/b/c"})
	equal(t, walk("", 2), []string{"a", "a/b"})
	equal(t, walk("missing", 99), []string(nil))
}

func TestWhatCannotBeReadBreaksNothing(t *testing.T) {
	root := files(t, map[string]string{"a/app.py": "one", "b/c": "one"})
	tr := learned(t, root, "")

	moved := root + ".away"
	must(t, os.Rename(root, moved))
	for name, update := range map[string]func() (Changes, error){
		"Update": func() (Changes, error) { return tr.Update(t.Context(), []string{"a/app.py"}) },
		"Rescan": func() (Changes, error) { return tr.Rescan(t.Context()) },
	} {
		if _, err := update(); !errors.Is(err, os.ErrNotExist) {
			t.Errorf("%s without a root: %v", name, err)
		}
	}
	must(t, os.Rename(moved, root))

	ended, end := context.WithCancel(t.Context())
	end()
	if _, err := tr.Rescan(ended); !errors.Is(err, context.Canceled) {
		t.Errorf("an ended rescan: %v", err)
	}
	if _, ok := tr.Snapshot().Lookup("a/app.py"); !ok {
		t.Error("a failed update changed the tree")
	}
	if _, err := Load(t.Context(), filepath.Join(root, "missing"), nil); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("loading a missing root: %v", err)
	}
	if _, err := Load(t.Context(), filepath.Join(root, "b/c"), nil); err == nil {
		t.Error("a file was loaded as a context")
	}
}

func TestReadersDoNotWaitForTheWriter(t *testing.T) {
	content := map[string]string{}
	for i := range 200 {
		content[fmt.Sprintf("d%d/f%d", i%10, i)] = "x"
	}
	root := files(t, content)
	tr := load(t, root, "")
	var readers sync.WaitGroup
	for range 4 {
		readers.Go(func() {
			for range 50 {
				n := 0
				tr.Snapshot().Walk("", func(string, Entry) bool { n++; return true })
				if n != 210 && n != 211 {
					t.Errorf("a half-made state with %d paths", n)
				}
			}
		})
	}
	for i := range 100 {
		if i%2 == 0 {
			write(t, root, "d1/new", "x")
		} else {
			must(t, os.Remove(filepath.Join(root, "d1/new")))
		}
		_, err := tr.Update(t.Context(), []string{"d1/new"})
		must(t, err)
	}
	readers.Wait()
}
