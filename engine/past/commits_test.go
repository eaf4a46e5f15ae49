package past

import (
	"testing"
	"time"
)

// TestSizesOfCommits are kept per commit, and apart for each target.
func TestSizesOfCommits(t *testing.T) {
	t.Setenv("XDG_CACHE_HOME", t.TempDir())
	c := OfCommits("/x", "/x/Dockerfile", "", "", "")
	at := time.Date(2026, 11, 28, 16, 0, 0, 0, time.UTC)
	for commit, bytes := range map[string]int64{"1a": 10, "2b": 20} {
		if err := c.Keep(commit, CommitSize{At: at, Bytes: bytes, Before: 100}); err != nil {
			t.Fatal(err)
		}
	}
	if s, known := c.Of("2b"); !known || s != (CommitSize{at, 20, 100}) {
		t.Errorf("got %+v, %t", s, known)
	}
	if _, known := c.Of("3c"); known {
		t.Error("nothing was kept of this commit")
	}
	if _, known := OfCommits("/x", "/x/Dockerfile", "", "final", "").Of("1a"); known {
		t.Error("another target has sizes of its own")
	}
	t.Setenv("XDG_CACHE_HOME", "")
	t.Setenv("HOME", "")
	nowhere := OfCommits("/x", "/x/Dockerfile", "", "", "")
	if err := nowhere.Keep("1a", CommitSize{Bytes: 1}); err != nil {
		t.Error(err)
	}
	if _, known := nowhere.Of("1a"); known {
		t.Error("without a cache folder nothing is known")
	}
}
