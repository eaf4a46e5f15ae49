package tree

import (
	"os"
	"path/filepath"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

var longAgo = time.Date(2020, 1, 2, 3, 4, 5, 678, time.UTC)

// TestWhatBuildKitWouldTakeForTheSameGetsAnotherCopy: it is needed if a new state has the size, time and mode of a
// former one, and for what BuildKit does not compare at all. Nothing else makes BuildKit receive everything again.
func TestWhatBuildKitWouldTakeForTheSameGetsAnotherCopy(t *testing.T) {
	at := func(root, name string) string { return filepath.Join(root, name) }
	put := func(t *testing.T, root, text string, then time.Time) {
		t.Helper()
		write(t, root, "src/a", text)
		must(t, os.Chtimes(at(root, "src/a"), then, then))
	}
	type step func(t *testing.T, root string)
	for _, test := range []struct {
		name    string
		steps   []step
		another bool
	}{
		{"a write", []step{func(t *testing.T, root string) { write(t, root, "src/a", "two") }}, false},
		{"a write of another size, with the old time", []step{func(t *testing.T, root string) { put(t, root, "three", longAgo) }}, false},
		{"a write with the old time", []step{func(t *testing.T, root string) { put(t, root, "two", longAgo) }}, true},
		{"a replacement with the old time", []step{func(t *testing.T, root string) {
			must(t, os.Remove(at(root, "src/a")))
			put(t, root, "two", longAgo)
		}}, true},
		{"a deletion, and another file with the old time", []step{
			func(t *testing.T, root string) { must(t, os.RemoveAll(at(root, "src"))) },
			func(t *testing.T, root string) { put(t, root, "two", longAgo) },
		}, true},
		{"another write in between", []step{
			func(t *testing.T, root string) { put(t, root, "two", longAgo.Add(time.Hour)) },
			func(t *testing.T, root string) { put(t, root, "ten", longAgo) },
		}, true},
		{"the old content and time again", []step{
			func(t *testing.T, root string) { put(t, root, "two", longAgo.Add(time.Hour)) },
			func(t *testing.T, root string) { put(t, root, "one", longAgo) },
		}, false},
		{"a touch", []step{func(t *testing.T, root string) { put(t, root, "one", longAgo.Add(time.Hour)) }}, false},
		{"another mode", []step{func(t *testing.T, root string) { must(t, os.Chmod(at(root, "src/a"), 0o600)) }}, false},
		{"another name elsewhere", []step{func(t *testing.T, root string) { must(t, os.Link(at(root, "src/a"), at(t.TempDir(), "b"))) }}, false},
		{"a new file in a folder", []step{func(t *testing.T, root string) { write(t, root, "src/new", "") }}, false},
		{"another mode of a folder", []step{func(t *testing.T, root string) { must(t, os.Chmod(at(root, "src"), 0o700)) }}, true},
		{"an attribute of a file", []step{func(t *testing.T, root string) {
			must(t, unix.Setxattr(at(root, "src/a"), "user.note", []byte("x"), 0))
		}}, true},
	} {
		t.Run(test.name, func(t *testing.T) {
			root := files(t, map[string]string{"src/a": "one", "src/b": "one"})
			must(t, os.Chtimes(at(root, "src/a"), longAgo, longAgo))
			tr := learned(t, root, "")
			before := tr.Snapshot().Copy()
			for _, step := range test.steps {
				step(t, root)
				_, err := tr.Update(t.Context(), []string{"src"})
				must(t, err)
				s := tr.Snapshot()
				if n := s.find("src/a"); n != nil {
					must(t, s.learn("src/a", n))
				}
			}
			if after := tr.Snapshot().Copy(); (after != before) != test.another {
				t.Errorf("the copy is %q, and was %q", after, before)
			}
		})
	}
}

// TestSessionsShareACopyOnlyWhereNothingHides: a session can compare with what an earlier one sent of the same folder
// unless a tool has set a file's time or a folder has another mode.
func TestSessionsShareACopyOnlyWhereNothingHides(t *testing.T) {
	root := files(t, map[string]string{"src/a": "one", "src/b": "one"})
	name := func() string { return load(t, root, "").Snapshot().Copy() }
	first := name()
	write(t, root, "src/b", "two")
	if again := name(); again != first || again != "" {
		t.Errorf("after a write the copy is %q, and was %q", again, first)
	}
	must(t, os.Chtimes(filepath.Join(root, "src/a"), longAgo, longAgo))
	set := name()
	write(t, root, "src/a", "six")
	must(t, os.Chtimes(filepath.Join(root, "src/a"), longAgo, longAgo))
	if after := name(); after == set || set == first {
		t.Errorf("the copies are %q, %q, %q", first, set, after)
	}
	must(t, os.Chmod(filepath.Join(root, "src"), 0o700))
	if after := name(); after == set {
		t.Error("the mode of a folder makes no difference")
	}
}
