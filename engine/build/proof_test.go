package build

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stagewatch/stagewatch/engine/tree"
)

// BuildKit reports a step without inputs as run whenever it works out its cache key. It did not run.
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
	// Not where what follows fails before it runs, either.
	b.write("Dockerfile", "FROM scratch AS x\nWORKDIR /SECRET\nCOPY nothere /\n")
	if o, err := b.build(t.Context(), nil); err == nil || strings.Contains(o.steps, "ran") {
		t.Errorf("%v\n%s", err, o.steps)
	}
}

// The mode of a folder that BuildKit was already sent reaches the image, and nothing reruns later on its account.
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
		// Only back at the first mode is all in the cache.
		if again := i == 2; (o.Ran == 0) != again {
			t.Errorf("mode %o: %d steps ran", mode, o.Ran)
		}
	}
}
