package tree

import (
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"github.com/tonistiigi/fsutil"
	"golang.org/x/sys/unix"

	"github.com/stagewatch/stagewatch/engine/event"
	"github.com/stagewatch/stagewatch/engine/tree/treetest"
)

// TestWhatCantBeReadIsNotGone: an unreadable folder or file counts as what it was, and a transfer that requests it
// fails and names it. A transfer that does not request it goes on, as docker's does.
func TestWhatCantBeReadIsNotGone(t *testing.T) {
	if !treetest.Nobody(t) {
		return
	}
	content := map[string]string{"src/app.py": "one", "src/deep/lib.py": "one", "docs/a.md": "one"}
	for _, test := range []struct {
		name, shut string
		mode       fs.FileMode // of the unreadable path
		unread     []string
		changed    []event.Change
	}{
		{"a folder", "src", 0, []string{"src"}, []event.Change{{Path: "src", Kind: event.ModeChanged}}},
		{"a folder that may be listed and no more", "src/deep", 0o444, []string{"src/deep/lib.py"}, []event.Change{{Path: "src/deep", Kind: event.ModeChanged}}},
		{"a file", "src/app.py", 0, nil, []event.Change{{Path: "src/app.py", Kind: event.ContentChanged}}},
	} {
		t.Run(test.name, func(t *testing.T) {
			root := files(t, content)
			tr := learned(t, root, "")
			usual, err := os.Stat(filepath.Join(root, test.shut))
			must(t, err)
			must(t, os.Chmod(filepath.Join(root, test.shut), test.mode))
			defer os.Chmod(filepath.Join(root, test.shut), usual.Mode())
			for _, named := range [][]string{{test.shut}, {"."}, {"src/app.py", "src/deep/lib.py"}} {
				changes, err := tr.Update(t.Context(), named)
				must(t, err)
				if named[0] == test.shut {
					equal(t, changes.Changed, test.changed)
				} else if slices.ContainsFunc(changes.Changed, func(c event.Change) bool { return c.Kind == event.Deleted }) {
					t.Errorf("updated %v: %+v", named, changes.Changed)
				}
			}
			var unread []string
			for _, e := range tr.Snapshot().Unread() {
				unread = append(unread, e.Path)
				if tr.Readable(e.Path) || !errors.Is(e, fs.ErrPermission) {
					t.Errorf("%v", e)
				}
			}
			equal(t, unread, test.unread)
			missed, err := tr.Unnoticed(t.Context())
			must(t, err)
			if len(missed) > 0 {
				t.Errorf("it is no write to %v", missed)
			}

			whole := tr.Snapshot().FS(false)
			failsOf(t, whole, fsutil.FilterOpt{}, append(test.unread, test.shut)...)
			part := tr.Snapshot().FS(false)
			if err := transfer(t, part, fsutil.FilterOpt{FollowPaths: []string{"docs"}}); err != nil || part.Failed() != nil {
				t.Errorf("docs alone: %v, %v", err, part.Failed())
			}

			must(t, os.Chmod(filepath.Join(root, test.shut), usual.Mode()))
			if !tr.Readable(test.shut) {
				t.Error("it can be read, but Unread lists it")
			}
			_, err = tr.Update(t.Context(), append(unread, test.shut))
			must(t, err)
			again := tr.Snapshot().FS(true)
			if err := transfer(t, again, fsutil.FilterOpt{}); err != nil || len(tr.Snapshot().Unread()) > 0 {
				t.Errorf("opened again: %v", err)
			}
		})
	}
}

// TestAContextThatIsShutFromTheStart: it is not an empty context, and an ignored folder does not matter.
func TestAContextThatIsShutFromTheStart(t *testing.T) {
	if !treetest.Nobody(t) {
		return
	}
	root := files(t, map[string]string{"src/app.py": "one", "data/db": "one"})
	for _, dir := range []string{"src", "data"} {
		must(t, os.Chmod(filepath.Join(root, dir), 0))
		defer os.Chmod(filepath.Join(root, dir), 0o755)
	}
	served := load(t, root, "data\n").Snapshot().FS(false)
	failsOf(t, served, fsutil.FilterOpt{}, "src")
	for path, want := range map[string]bool{"src/app.py": true, "src/deep/lib.py": true, "docs/a.md": false, "src": false} {
		if got := served.Snapshot().Hides(path); got != want {
			t.Errorf("whether %s may be there: %v", path, got)
		}
	}
	if err := transfer(t, load(t, root, "data\nsrc\n!src/none\n").Snapshot().FS(false), fsutil.FilterOpt{}); err != nil {
		t.Errorf("all ignored: %v", err)
	}
}

// TestNoDescriptorsLeft: a file that can't be opened because descriptors ran out is not gone either.
func TestNoDescriptorsLeft(t *testing.T) {
	root := files(t, map[string]string{"src/app.py": "one", "src/deep/lib.py": "one"})
	tr := learned(t, root, "")
	served := tr.Snapshot().FS(false)
	used := exhaust(t)
	changes, err := tr.Update(t.Context(), []string{"src"})
	must(t, err)
	reader, err := served.Open("src/app.py")
	must(t, err)
	_, err = reader.Read(make([]byte, 1))
	used()
	if !errors.Is(err, unix.EMFILE) || !errors.Is(served.Failed(), unix.EMFILE) {
		t.Errorf("reading ended with %v, the transfer with %v", err, served.Failed())
	}
	select {
	case <-served.Broken():
	default:
		t.Error("Broken does not say that the transfer is broken")
	}
	equal(t, changes.Changed, []event.Change(nil))
	if unread := tr.Snapshot().Unread(); len(unread) != 1 || !errors.Is(unread[0], unix.EMFILE) {
		t.Errorf("unread: %v", unread)
	}
	_, err = tr.Update(t.Context(), []string{"src"})
	must(t, err)
	if unread := tr.Snapshot().Unread(); len(unread) > 0 {
		t.Errorf("with descriptors: %v", unread)
	}
}

// exhaust opens all descriptors that there are, until it is undone.
func exhaust(t *testing.T) (undo func()) {
	t.Helper()
	var limit unix.Rlimit
	must(t, unix.Getrlimit(unix.RLIMIT_NOFILE, &limit))
	lower := limit
	lower.Cur = 64
	must(t, unix.Setrlimit(unix.RLIMIT_NOFILE, &lower))
	var taken []*os.File
	for {
		f, err := os.Open(os.DevNull)
		if err != nil {
			break
		}
		taken = append(taken, f)
	}
	return func() {
		for _, f := range taken {
			f.Close()
		}
		must(t, unix.Setrlimit(unix.RLIMIT_NOFILE, &limit))
	}
}

// TestANameThatIsNotUTF8: it can't be sent, which is reported, and does not matter if it is ignored or not requested.
func TestANameThatIsNotUTF8(t *testing.T) {
	for name, link := range map[string]string{"caf\xe9.txt": "", "link": "->caf\xe9"} {
		root := files(t, map[string]string{"src/" + name: link, "docs/a.md": ""})
		served := load(t, root, "").Snapshot().FS(false)
		failsOf(t, served, fsutil.FilterOpt{}, "src/"+name)
		if err := served.Failed(); !errors.Is(err, ErrNotUTF8) {
			t.Errorf("%q: %v", name, err)
		}
		for _, fine := range []*FS{load(t, root, "src/*\n").Snapshot().FS(false), load(t, root, "").Snapshot().FS(false)} {
			if err := transfer(t, fine, fsutil.FilterOpt{FollowPaths: []string{"docs"}}); err != nil {
				t.Errorf("%q: %v", name, err)
			}
		}
	}
	e := &ReadError{"a\x1b[31m\xe9", ErrNotUTF8}
	if want := `reading "a\x1b[31m\xe9" of the build context: its name, or the path that it links to, is not valid UTF-8`; e.Error() != want {
		t.Errorf("got %s", e)
	}
}

// transfer does what BuildKit's client does with a context: it sends the stats, and all files when they are requested.
func transfer(t *testing.T, f fsutil.FS, opt fsutil.FilterOpt) error {
	t.Helper()
	filtered, err := fsutil.NewFilterFS(f, &opt)
	if err != nil {
		return err
	}
	return filtered.Walk(t.Context(), "", func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		info, err := d.Info()
		if err != nil || !info.Mode().IsRegular() {
			return err
		}
		r, err := filtered.Open(path)
		if err != nil {
			return err
		}
		defer r.Close()
		_, err = io.Copy(io.Discard, r)
		return err
	})
}

// failsOf checks that a transfer fails for one of the paths.
func failsOf(t *testing.T, served *FS, opt fsutil.FilterOpt, paths ...string) {
	t.Helper()
	err := transfer(t, served, opt)
	if err == nil || served.Failed() == nil || !slices.Contains(paths, served.Failed().Path) {
		t.Errorf("the transfer ended with %v, for %v", err, served.Failed())
	}
}
