package solve

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/tonistiigi/fsutil"

	"github.com/stagewatch/stagewatch/engine/tree"
)

// BuildKit reports a step without inputs as run whenever it computes its cache key. It did not run.
func TestStepWithoutInputsIsAHitTheSecondTime(t *testing.T) {
	b := newBench(t)
	b.write("Dockerfile", "FROM scratch AS x\nWORKDIR /SECRET\nFROM python:3.9-alpine\nCOPY --from=x /SECRET /SECRET/x\n")
	for _, want := range []string{`
x 1/1 :2 ran
stage-1 1/2 :3 hit
stage-1 2/2 :4 ran
`, `
x 1/1 :2 hit
stage-1 1/2 :3 hit
stage-1 2/2 :4 hit
`} {
		o, err := b.build(t.Context(), nil)
		if err != nil {
			t.Fatal(err)
		}
		b.want(o, want)
	}
	// Nor does it count as run if what follows fails before it runs.
	b.write("Dockerfile", "FROM scratch AS x\nWORKDIR /SECRET\nCOPY nothere /\n")
	if o, err := b.build(t.Context(), nil); err == nil || strings.Contains(o.steps, "ran") {
		t.Errorf("%v\n%s", err, o.steps)
	}
}

// A changed mode of a folder that BuildKit was already sent reaches the image, and nothing reruns later because of it.
func TestFolderModeIsNoticed(t *testing.T) {
	b := newBench(t)
	b.write("Dockerfile", "FROM python:3.9-alpine\nCOPY d /SECRET/d\nRUN stat -c mode=%a /SECRET/d/sub\n")
	b.write("d/sub/f", b.secret)
	for i, mode := range []os.FileMode{0o755, 0o750, 0o755, 0o700} {
		if err := os.Chmod(filepath.Join(b.dir, "d/sub"), mode); err != nil {
			t.Fatal(err)
		}
		known, err := tree.Load(t.Context(), b.dir, nil)
		if err != nil {
			t.Fatal(err)
		}
		o, err := b.buildWith(t.Context(), func(r *Request) { r.SharedKey = SharedKey(b.dir, known.Snapshot()) }, nil)
		if err != nil {
			t.Fatal(err)
		}
		if want := fmt.Sprintf("mode=%o", mode); o.Ran > 0 && !strings.Contains(o.output, want) {
			t.Errorf("output %q lacks %q", o.output, want)
		}
		// Only with the first mode again is everything in the cache.
		if again := i == 2; (o.Ran == 0) != again {
			t.Errorf("mode %o: %d steps ran", mode, o.Ran)
		}
	}
}

// The times of files in the image are those on disk, to the nanosecond: equal ones stay equal, and make and test -nt
// see the order that docker build's image has. A content with an unchanged time is noticed, too, and owners make no
// difference.
func TestTimesAreThoseOfTheDisk(t *testing.T) {
	b := newBench(t)
	b.write("Dockerfile", "FROM python:3.9-alpine\nCOPY src /SECRET\nRUN python3 -c \"import os; [print(n, os.stat('/SECRET/' + n).st_mtime_ns, open('/SECRET/' + n).read()) for n in sorted(os.listdir('/SECRET'))]\"\n")
	then := time.Unix(1_600_000_000, 123_456_789)
	put := func(name, text string, at time.Time) {
		t.Helper()
		b.write("src/"+name, text)
		if err := os.Chtimes(filepath.Join(b.dir, "src", name), at, at); err != nil {
			t.Fatal(err)
		}
	}
	put("a", "one", then)
	put("b", "one", then)
	put("older", "one", then.Add(-1))
	known, err := tree.Load(t.Context(), b.dir, nil)
	if err != nil {
		t.Fatal(err)
	}
	build := func() outcome {
		t.Helper()
		snap := known.Snapshot()
		o, err := b.buildWith(t.Context(), func(r *Request) {
			r.Contexts = map[string]fsutil.FS{"context": snap.FS(true)}
			r.SharedKey = SharedKey(b.dir, snap)
		}, nil)
		if err != nil {
			t.Fatal(err)
		}
		return o
	}
	line := func(name string, at time.Time, text string) string {
		return fmt.Sprintf("stdout %s %d %s\n", name, at.UnixNano(), text)
	}
	for _, text := range []string{"one", "two", "one", "six"} {
		put("a", text, then)
		if _, err := known.Update(t.Context(), []string{"src/a"}); err != nil {
			t.Fatal(err)
		}
		want := line("a", then, text) + line("b", then, "one") + line("older", then.Add(-1), "one")
		o := build()
		if o.Ran > 0 && o.output != want {
			t.Errorf("the image has\n%swant\n%s", o.output, want)
		}
		if o.Ran == 0 && text != "one" { // which is known the second time
			t.Errorf("%q is not noticed", text)
		}
	}
	if os.Getuid() == 0 {
		if err := os.Chown(filepath.Join(b.dir, "src/b"), 1234, 1234); err != nil {
			t.Fatal(err)
		}
		changes, err := known.Update(t.Context(), []string{"src/b"})
		if err != nil || len(changes.Changed) > 0 {
			t.Errorf("another owner: %+v, %v", changes, err)
		}
		if o := build(); o.Ran > 0 {
			t.Errorf("another owner: %d steps ran", o.Ran)
		}
	}
}
