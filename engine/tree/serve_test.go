package tree

import (
	"crypto/sha256"
	"fmt"
	"io"
	"io/fs"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"

	"github.com/moby/patternmatcher/ignorefile"
	"github.com/tonistiigi/fsutil"
	"github.com/tonistiigi/fsutil/types"
)

// TestServesWhatTheDiskWould compares what a snapshot sends with what BuildKit's client would send from the disk, for
// random trees, rules and paths that steps request.
func TestServesWhatTheDiskWould(t *testing.T) {
	random := rand.New(rand.NewPCG(5, 6))
	for range 40 {
		root, all := randomTree(t, random)
		oddities(t, root, all)
		for range 10 {
			text := randomRules(random)
			rules, err := ParseRules("x", []byte(text))
			if err != nil {
				continue
			}
			patterns, err := ignorefile.ReadAll(strings.NewReader(text))
			must(t, err)
			opt := fsutil.FilterOpt{ExcludePatterns: patterns}
			for range random.IntN(4) {
				opt.FollowPaths = append(opt.FollowPaths, randomPath(random, append([]string{"*", "a*", "link", "dir"}, letters...)))
			}
			tr, err := Load(t.Context(), root, rules)
			must(t, err)
			disk, err := fsutil.NewFS(root)
			must(t, err)
			want := sent(t, disk, opt)
			if got := sent(t, tr.Snapshot().FS(true), opt); !slices.Equal(got, want) {
				t.Fatalf("rules %q, paths %q:\n got %q\nwant %q", text, opt.FollowPaths, got, want)
			}
			served := tr.Snapshot().FS(true)
			if served.Unfiltered(&opt); len(opt.ExcludePatterns) > 0 {
				t.Fatalf("rules %q: %q are left", text, opt.ExcludePatterns)
			}
			if got := sent(t, served, opt); !slices.Equal(got, want) {
				t.Fatalf("rules %q, applied by the tree alone, paths %q:\n got %q\nwant %q", text, opt.FollowPaths, got, want)
			}
		}
	}
}

// oddities adds rare things: links of both kinds, modes, a pipe.
func oddities(t *testing.T, root string, all []string) {
	t.Helper()
	must(t, os.MkdirAll(filepath.Join(root, "dir/sub"), 0o751))
	must(t, os.WriteFile(filepath.Join(root, "dir/sub/file"), []byte("content"), 0o4755))
	must(t, os.Link(filepath.Join(root, "dir/sub/file"), filepath.Join(root, "dir/twin")))
	must(t, os.Link(filepath.Join(root, "dir/sub/file"), filepath.Join(root, "hard")))
	must(t, os.Symlink("dir/sub", filepath.Join(root, "link")))
	must(t, os.Symlink("/"+all[0], filepath.Join(root, "dir/up")))
	must(t, syscall.Mkfifo(filepath.Join(root, "pipe"), 0o644))
}

// sent returns what a transfer sends, as text.
func sent(t *testing.T, f fsutil.FS, opt fsutil.FilterOpt) []string {
	t.Helper()
	filtered, err := fsutil.NewFilterFS(f, &opt)
	must(t, err)
	var out []string
	err = fsutil.WithHardlinkReset(filtered).Walk(t.Context(), "/", func(p string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		info, err := d.Info()
		if err != nil {
			return err
		}
		st := info.Sys().(*types.Stat)
		line := fmt.Sprint(p, " ", st)
		if info.Mode().IsRegular() && st.Linkname == "" {
			r, err := f.Open(p)
			if err != nil {
				return err
			}
			defer r.Close()
			content, err := io.ReadAll(r)
			if err != nil {
				return err
			}
			line += string(content)
		}
		out = append(out, line)
		return nil
	})
	must(t, err)
	return out
}

// TestStrictServesNoNewerContent: a file that was written to after the snapshot fails to be read, and is recorded.
func TestStrictServesNoNewerContent(t *testing.T) {
	root := files(t, map[string]string{"a": "old", "b": "old"})
	tr := load(t, root, "")
	strict, loose := tr.Snapshot().FS(true), tr.Snapshot().FS(false)
	must(t, os.WriteFile(filepath.Join(root, "a"), []byte("newer"), 0o644))
	must(t, os.Remove(filepath.Join(root, "b")))
	for _, name := range []string{"a", "b"} {
		r, err := strict.Open(name)
		must(t, err)
		if _, err := io.ReadAll(r); err != ErrMoved {
			t.Errorf("%s: reading ended with %v", name, err)
		}
	}
	if len(loose.Moved()) > 0 {
		t.Error("moved before anything was read")
	}
	r, err := loose.Open("a")
	must(t, err)
	if content, err := io.ReadAll(r); err != nil || string(content) != "newer" || loose.Moved()["a"] != sha256.Sum256([]byte("newer")) {
		t.Errorf("got %q, %v, moved %v", content, err, loose.Moved())
	}
}

func TestSame(t *testing.T) {
	root := files(t, map[string]string{"src/a": "", "src/deep/b": "", "src2/c": "", "lib/x.py": "", "lib/y.txt": "", "top.json": ""})
	must(t, os.Symlink("src", filepath.Join(root, "link")))
	tr := load(t, root, "")
	before := tr.Snapshot()
	must(t, os.WriteFile(filepath.Join(root, "src/deep/b"), []byte("x"), 0o644))
	must(t, os.WriteFile(filepath.Join(root, "lib/z.txt"), nil, 0o644))
	_, err := tr.Update(t.Context(), []string{"src/deep/b", "lib/z.txt"})
	must(t, err)
	after := tr.Snapshot()
	for paths, want := range map[string]bool{
		"src": false, "src/a": true, "src/deep": false, "src/deep/b": false, "src2": true, "/src2/": true, "src*": false, "src?": true,
		"lib": false, "lib/*.py": true, "lib/*.txt": false, "*.json": true, "*/a": false, "nothing": true, "nothing/*": true,
		"link": false, "link/a": false, "": false, ".": false, "src2 src/a": true, "src2 src": false,
	} {
		if got := before.Same(after, strings.Split(paths, " ")); got != want {
			t.Errorf("%q: got %v", paths, got)
		}
	}
	if before.Same(after, nil) || !after.Same(tr.Snapshot(), nil) {
		t.Error("the whole context")
	}
}
