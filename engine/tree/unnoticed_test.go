package tree

import (
	"os"
	"path/filepath"
	"testing"
	"time"
)

// TestWhatWasJustWrittenIsInDoubt: the next write may leave the file's times as they were, and its size. What was read long
// after its last write is in no doubt.
func TestWhatWasJustWrittenIsInDoubt(t *testing.T) {
	root := files(t, map[string]string{"new": "1", "old": "1", "dir/new": "1", "link": "->new"})
	justNow(t, root, "new", "dir/new")
	tr := learned(t, root, "")
	old := tr.Snapshot().find("old")
	old.racy = false
	old.known.Load().racy = false
	doubtful, err := tr.Doubtful(t.Context())
	must(t, err)
	equal(t, doubtful, []string{"dir/new", "new"})
	unnoticed, err := tr.Unnoticed(t.Context())
	must(t, err)
	equal(t, unnoticed, []string(nil))
	must(t, os.Chtimes(filepath.Join(root, "old"), time.Now(), time.Now()))
	doubtful, err = tr.Doubtful(t.Context())
	must(t, err)
	equal(t, doubtful, []string{"dir/new", "new", "old"})
}
