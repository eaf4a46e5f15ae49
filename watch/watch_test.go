package watch

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
)

func TestSavesAreSeen(t *testing.T) {
	in := func(root, name string) string { return filepath.Join(root, name) }
	for _, test := range []struct {
		name string
		save func(t *testing.T, root string)
		want []string
	}{
		{"in place", func(t *testing.T, root string) { write(t, root, "src/app.py", "another") }, []string{"src/app.py"}},
		{"by rename, as VS Code does", func(t *testing.T, root string) {
			write(t, root, "src/app.py.tmp", "two")
			must(t, os.Rename(in(root, "src/app.py.tmp"), in(root, "src/app.py")))
		}, []string{"src/app.py"}},
		{"by backup and rename, as vim does", func(t *testing.T, root string) {
			write(t, root, "src/4913", "")
			must(t, os.Remove(in(root, "src/4913")))
			must(t, os.Rename(in(root, "src/app.py"), in(root, "src/app.py~")))
			write(t, root, "src/app.py", "two")
			must(t, os.Remove(in(root, "src/app.py~")))
		}, []string{"src/app.py"}},
		{"chmod", func(t *testing.T, root string) { must(t, os.Chmod(in(root, "src/app.py"), 0o755)) }, []string{"src/app.py"}},
		{"chmod of a folder", func(t *testing.T, root string) { must(t, os.Chmod(in(root, "src"), 0o700)) }, []string{"src"}},
		{"deletion", func(t *testing.T, root string) { must(t, os.Remove(in(root, "src/app.py"))) }, []string{"src/app.py"}},
		{"deletion of a folder", func(t *testing.T, root string) { must(t, os.RemoveAll(in(root, "src"))) }, []string{"src"}},
		{"new empty folder", func(t *testing.T, root string) { must(t, os.Mkdir(in(root, "new"), 0o755)) }, []string{"new"}},
		{"new link", func(t *testing.T, root string) { must(t, os.Symlink("app.py", in(root, "src/link"))) }, []string{"src/link"}},
	} {
		t.Run(test.name, func(t *testing.T) {
			both(t, func(t *testing.T, opts Options) {
				root := t.TempDir()
				write(t, root, "src/app.py", "one")
				w := open(t, root, opts)
				test.save(t, root)
				await(t, w, test.want...)
			})
		})
	}
}

func TestSavesAgainAndAgain(t *testing.T) {
	root := t.TempDir()
	write(t, root, "app.py", "0")
	w := open(t, root, Options{})
	for i := range 5 {
		write(t, root, "app.py.tmp", fmt.Sprint(i))
		must(t, os.Rename(filepath.Join(root, "app.py.tmp"), filepath.Join(root, "app.py")))
		await(t, w, "app.py")
	}
}

func TestNewFoldersFilledAtOnceLoseNothing(t *testing.T) {
	both(t, func(t *testing.T, opts Options) {
		root := t.TempDir()
		w := open(t, root, opts)
		var want []string
		for i := range 100 {
			dir := fmt.Sprintf("new%d/b/c", i)
			for _, name := range []string{"one", "d/two", "d/e/three"} {
				write(t, root, filepath.Join(dir, name), "")
				want = append(want, dir+"/"+name)
			}
		}
		await(t, w, want...)
		write(t, root, "new99/b/c/d/e/three", "watched from then on")
		await(t, w, "new99/b/c/d/e/three")
	})
}

func TestBranchSwitch(t *testing.T) {
	both(t, func(t *testing.T, opts Options) {
		const files = 2_500
		root := t.TempDir()
		name := func(branch string, i int) string { return fmt.Sprintf("%s%d/sub/file%d", branch, i/50, i) }
		for i := range files {
			write(t, root, name("common", i), "main")
			if i%5 == 0 {
				write(t, root, name("main", i), "main")
			}
		}
		w := open(t, root, opts)
		var want []string
		for i := range files {
			write(t, root, name("common", i), "feature: it is longer")
			want = append(want, name("common", i))
			if i%5 == 0 {
				must(t, os.Remove(filepath.Join(root, name("main", i))))
				write(t, root, name("feature", i), "")
				want = append(want, name("main", i), name("feature", i))
			}
		}
		// The system's queue may overflow. Then a rescan replaces what is missing.
		awaitUnless(t, w, func(s seen) bool { return s.rescan }, want...)
	})
}

func TestRenamedFolderIsSeenUnderItsNewNameOnly(t *testing.T) {
	root := t.TempDir()
	write(t, root, "old/sub/file", "")
	w := open(t, root, Options{})
	must(t, os.Rename(filepath.Join(root, "old"), filepath.Join(root, "new")))
	await(t, w, "old", "new", "new/sub", "new/sub/file")

	write(t, root, "new/sub/file", "two")
	if s := await(t, w, "new/sub/file"); s.paths["old/sub/file"] {
		t.Error("a write was reported under the old name")
	}
	write(t, root, "old/sub/file", "again")
	await(t, w, "old/sub/file")
}

func TestFolderMovedOutIsNotWatchedAnyMore(t *testing.T) {
	root, outside := t.TempDir(), t.TempDir()
	write(t, root, "lib/sub/file", "")
	w := open(t, root, Options{})
	must(t, os.Rename(filepath.Join(root, "lib"), filepath.Join(outside, "lib")))
	await(t, w, "lib")
	write(t, outside, "lib/sub/file", "two")
	write(t, root, "last", "")
	if s := await(t, w, "last"); s.paths["lib/sub/file"] {
		t.Error("a write outside of the root was reported")
	}
}

func TestIgnoredFoldersAreNotLookedInto(t *testing.T) {
	both(t, func(t *testing.T, opts Options) {
		root := t.TempDir()
		write(t, root, "node_modules/a/index.js", "")
		opts.Ignore = func(rel string, isDir bool) bool {
			if strings.Contains(rel, "node_modules/") {
				t.Errorf("asked for %s below an ignored folder", rel)
			}
			return isDir && strings.HasSuffix(rel, "node_modules")
		}
		w := open(t, root, opts)
		write(t, root, "node_modules/a/index.js", "two")
		write(t, root, "web/node_modules/b/index.js", "")
		write(t, root, "last", "")
		s := await(t, w, "web", "last")
		for p := range s.paths {
			if strings.Contains(p, "node_modules") {
				t.Errorf("%s was reported", p)
			}
		}
	})
}

func TestRewatchFollowsChangedRules(t *testing.T) {
	both(t, func(t *testing.T, opts Options) {
		root := t.TempDir()
		write(t, root, "a/file", "")
		write(t, root, "b/file", "")
		var ignored atomic.Value
		ignored.Store("a")
		opts.Ignore = func(rel string, isDir bool) bool { return rel == ignored.Load() }
		w := open(t, root, opts)
		ignored.Store("b")
		w.Rewatch()
		awaitRescan(t, w)
		write(t, root, "b/file", "two")
		write(t, root, "a/file", "two")
		if s := await(t, w, "a/file"); s.paths["b/file"] {
			t.Error("what is ignored now was reported")
		}
	})
}

func TestLinksAreNotFollowed(t *testing.T) {
	root, outside := t.TempDir(), t.TempDir()
	must(t, os.Symlink(outside, filepath.Join(root, "link")))
	w := open(t, root, Options{})
	write(t, outside, "file", "")
	write(t, root, "last", "")
	s := await(t, w, "last")
	if len(s.paths) != 1 {
		t.Errorf("reported %v", s.paths)
	}
}

func TestExtraFiles(t *testing.T) {
	both(t, func(t *testing.T, opts Options) {
		root, elsewhere := t.TempDir(), t.TempDir()
		write(t, root, "docker/Dockerfile", "")
		write(t, elsewhere, "Dockerfile", "")
		opts.Ignore = func(rel string, isDir bool) bool { return rel == "docker" }
		opts.Extra = []string{
			filepath.Join(root, "docker/Dockerfile"),
			filepath.Join(elsewhere, "Dockerfile"),
			filepath.Join(elsewhere, "Dockerfile.dockerignore"), // not there yet
		}
		w := open(t, root, opts)
		write(t, elsewhere, "other", "")
		write(t, root, "docker/other", "")
		write(t, root, "docker/Dockerfile", "FROM scratch")
		write(t, elsewhere, "Dockerfile", "FROM scratch")
		write(t, elsewhere, "Dockerfile.dockerignore", "*")
		s := await(t, w, append(opts.Extra[1:], "docker/Dockerfile")...)
		if len(s.paths) != 3 {
			t.Errorf("reported %v", s.paths)
		}
	})
}

func TestNoBatchWithoutAWrite(t *testing.T) {
	root := t.TempDir()
	write(t, root, "app.py", "")
	w := open(t, root, Options{})
	_, err := os.ReadFile(filepath.Join(root, "app.py"))
	must(t, err)
	write(t, root, "last", "")
	if s := await(t, w, "last"); len(s.paths) != 1 || s.rescan {
		t.Errorf("reported %v, rescan %v", s.paths, s.rescan)
	}
}

func TestCloseClosesTheChannels(t *testing.T) {
	both(t, func(t *testing.T, opts Options) {
		root := t.TempDir()
		w := open(t, root, opts)
		write(t, root, "nobody takes it", "")
		must(t, w.Close())
		for range w.Batches() {
		}
		for range w.Notices() {
		}
		must(t, w.Close())
	})
}

func TestRootThatCannotBeWatched(t *testing.T) {
	root := t.TempDir()
	write(t, root, "file", "")
	for _, name := range []string{"missing", "file"} {
		if _, err := New(filepath.Join(root, name), Options{}); err == nil {
			t.Errorf("%s: no error", name)
		}
	}
}

func TestAnEmptyFileMayBeHalfWritten(t *testing.T) {
	root := t.TempDir()
	w := open(t, root, Options{})
	write(t, root, "empty", "")
	write(t, root, "full", "x")
	for paths, want := range map[string]bool{"empty": true, "full": false, "gone": false, ".": false} {
		if got := w.half(map[string]struct{}{paths: {}}); got != want {
			t.Errorf("%s: %v, want %v", paths, got, want)
		}
	}
	if !w.half(map[string]struct{}{filepath.Join(root, "empty"): {}}) {
		t.Error("a file by its absolute path is not looked at")
	}
}
