package solve

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/moby/buildkit/solver/pb"
	"github.com/tonistiigi/fsutil"

	"github.com/stagewatch/stagewatch/engine/event"
	"github.com/stagewatch/stagewatch/engine/tree"
)

// TestWhatDidNotChangeIsNotAskedFor: a source in which nothing changed is not sent again, and its steps are hits. The
// test removes the files without telling the tree, so that a request would fail.
func TestWhatDidNotChangeIsNotAskedFor(t *testing.T) {
	b := newBench(t)
	b.write("Dockerfile", `FROM python:3.9-alpine
WORKDIR /SECRET
COPY big /big
COPY requirements*.txt ./
RUN echo installing
COPY main.txt .
`)
	b.write("big/one.txt", "SECRET")
	b.write("requirements.txt", "SECRET")
	b.write("main.txt", "one SECRET")
	known, err := tree.Load(t.Context(), b.dir, nil)
	if err != nil {
		t.Fatal(err)
	}
	build := func(noCache bool) outcome {
		t.Helper()
		o, err := b.buildWith(t.Context(), func(r *Request) {
			r.Contexts = map[string]fsutil.FS{"context": known.Snapshot().FS(true)}
			r.NoCache = noCache
		}, nil)
		if err != nil {
			t.Fatal(err)
		}
		return o
	}
	change := func(path string, edit func() error) {
		t.Helper()
		if err := edit(); err != nil {
			t.Fatal(err)
		}
		if _, err := known.Update(t.Context(), []string{path}); err != nil {
			t.Fatal(err)
		}
	}
	build(false)
	hidden := t.TempDir()
	for _, name := range []string{"big", "requirements.txt"} {
		if err := os.Rename(filepath.Join(b.dir, name), filepath.Join(hidden, name)); err != nil {
			t.Fatal(err)
		}
	}
	change("main.txt", func() error { b.write("main.txt", "two SECRET"); return nil })
	o := build(false)
	for i, state := range []event.State{event.Hit, event.Hit, event.Hit, event.Hit, event.Hit, event.Ran} {
		if got := strings.Split(o.steps, "\n")[i]; !strings.HasSuffix(got, string(state)) {
			t.Errorf("got %q, want %s", got, state)
		}
	}
	// An edit is sent, and so is a file that was edited while others were built.
	for _, name := range []string{"big", "requirements.txt"} {
		if err := os.Rename(filepath.Join(hidden, name), filepath.Join(b.dir, name)); err != nil {
			t.Fatal(err)
		}
	}
	change("big", func() error { b.write("big/one.txt", "edited SECRET"); return nil })
	if o := build(false); o.Ran != 4 {
		t.Errorf("after an edit of what was not asked for: %s", o.steps)
	}
	if o := build(true); o.Hits > 1 {
		t.Errorf("without the cache: %s", o.steps)
	}
	if o := build(false); o.Ran > 0 {
		t.Errorf("after that: %s", o.steps)
	}
}

// TestWhatAPatternReachesIsSent: COPY --parents reads at any depth, and the modes of the folders on the way.
func TestWhatAPatternReachesIsSent(t *testing.T) {
	b := newBench(t)
	if b.builder.Caps().Supports(pb.CapFileCopyIncludeExcludePatterns) != nil {
		t.Skip("this engine knows no COPY --parents")
	}
	b.write("Dockerfile", "FROM python:3.9-alpine\nCOPY --parents **/*.py /SECRET/\nRUN find /SECRET -type f | wc -l; stat -c %a /SECRET/a/b\n")
	b.write("a/b/one.py", "SECRET")
	b.write("a/c/two.txt", "SECRET")
	known, err := tree.Load(t.Context(), b.dir, nil)
	if err != nil {
		t.Fatal(err)
	}
	build := func(want string, changed ...string) {
		t.Helper()
		if _, err := known.Update(t.Context(), changed); err != nil {
			t.Fatal(err)
		}
		snap := known.Snapshot()
		o, err := b.buildWith(t.Context(), func(r *Request) {
			r.Contexts, r.SharedKey = map[string]fsutil.FS{"context": snap.FS(true)}, SharedKey(b.dir, snap)
		}, nil)
		if err != nil {
			t.Fatal(err)
		}
		if o.output != want {
			t.Errorf("got %q, want %q", o.output, want)
		}
	}
	build("stdout 1\nstdout 755\n")
	b.write("a/c/d/two.py", "SECRET")
	build("stdout 2\nstdout 755\n", "a/c/d/two.py", "a/c/d")
	if err := os.Chmod(filepath.Join(b.dir, "a", "b"), 0o700); err != nil {
		t.Fatal(err)
	}
	build("stdout 2\nstdout 700\n", "a/b")
	b.write("a/c/d/three.py", "SECRET")
	build("stdout 3\nstdout 700\n", "a/c/d/three.py")
}
