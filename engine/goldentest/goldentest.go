// Package goldentest compares what a test made with a golden: a file under testdata that a person has approved of.
package goldentest

import (
	"flag"
	"os"
	"path/filepath"
	"testing"

	"github.com/rogpeppe/go-internal/diff"
)

var update = flag.Bool("update", false, "write the goldens anew; read the difference before it is committed")

// Check fails the test where got differs from the golden at path, and prints the lines that differ: those of the
// golden after -, those of got after +. With -update it writes the golden instead.
func Check(t testing.TB, path, got string) {
	t.Helper()
	if *update {
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatalf("%v (make goldens writes it)", err)
	}
	if d := diff.Diff(path, want, "got", []byte(got)); d != nil {
		t.Errorf("%s differs; make goldens writes it anew:\n%s", path, d)
	}
}
