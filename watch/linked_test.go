package watch

import (
	"os"
	"path/filepath"
	"testing"
	"time"
)

// TestAWriteByAnotherName: every name of the file in the tree is reported.
func TestAWriteByAnotherName(t *testing.T) {
	both(t, func(t *testing.T, opts Options) {
		top := t.TempDir()
		write(t, top, "ctx/src/app.py", "one")
		write(t, top, "out/unrelated", "one")
		link := func(from, to string) { must(t, os.Link(filepath.Join(top, from), filepath.Join(top, to))) }
		link("ctx/src/app.py", "ctx/twin.py")
		link("ctx/src/app.py", "out/app.py")
		w := open(t, filepath.Join(top, "ctx"), opts)
		w.Linked([]string{"src/app.py", "twin.py"}, time.Now())

		write(t, top, "out/app.py", "two, from outside")
		await(t, w, "src/app.py", "twin.py")
		write(t, top, "ctx/twin.py", "three, from inside")
		await(t, w, "src/app.py", "twin.py")
		must(t, os.Chmod(filepath.Join(top, "out/app.py"), 0o755))
		await(t, w, "src/app.py", "twin.py")

		// The watched name may disappear: by deletion, by renaming, or by an editor's save.
		must(t, os.Remove(filepath.Join(top, "ctx/src/app.py")))
		await(t, w, "src/app.py")
		write(t, top, "out/app.py", "four")
		await(t, w, "twin.py")
		write(t, top, "ctx/new", "another file")
		must(t, os.Rename(filepath.Join(top, "ctx/new"), filepath.Join(top, "ctx/twin.py")))
		await(t, w, "twin.py")
		link("out/app.py", "ctx/third.py")
		await(t, w, "third.py")
		w.Linked([]string{"third.py"}, time.Now())
		write(t, top, "out/app.py", "five")
		await(t, w, "third.py")
	})
}

// TestAnotherNameIsNoChange: creating a hard link, or copying by links, changes no file.
func TestAnotherNameIsNoChange(t *testing.T) {
	top := t.TempDir()
	write(t, top, "ctx/app.py", "one")
	must(t, os.Chtimes(filepath.Join(top, "ctx/app.py"), time.Time{}, time.Now().Add(-time.Hour)))
	must(t, os.Link(filepath.Join(top, "ctx/app.py"), filepath.Join(top, "first")))
	w := open(t, filepath.Join(top, "ctx"), Options{})
	w.Linked([]string{"app.py"}, time.Now())
	must(t, os.Link(filepath.Join(top, "ctx/app.py"), filepath.Join(top, "second")))
	must(t, os.Remove(filepath.Join(top, "second")))
	write(t, top, "ctx/last", "")
	if s := await(t, w, "last"); s.paths["app.py"] {
		t.Error("a new name outside of the tree is reported")
	}
}

// TestAWriteWhileAFileIsGoingToBeWatched: the system reports none of it.
func TestAWriteWhileAFileIsGoingToBeWatched(t *testing.T) {
	top := t.TempDir()
	write(t, top, "ctx/app.py", "one")
	long := time.Now().Add(-time.Hour)
	must(t, os.Chtimes(filepath.Join(top, "ctx/app.py"), long, long))
	must(t, os.Link(filepath.Join(top, "ctx/app.py"), filepath.Join(top, "elsewhere.py")))
	w := open(t, filepath.Join(top, "ctx"), Options{notify: func() (notifier, error) {
		n, err := newNotifier()
		add := n.add
		n.add = func(path string) error {
			if filepath.Base(path) == "app.py" {
				if err := os.WriteFile(filepath.Join(top, "elsewhere.py"), []byte("two"), 0o644); err != nil {
					return err
				}
			}
			return add(path)
		}
		return n, err
	}})
	w.Linked([]string{"app.py"}, time.Now())
	await(t, w, "app.py")
}
