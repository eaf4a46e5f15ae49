package report

import (
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stagewatch/stagewatch/engine/goldentest"
	"github.com/stagewatch/stagewatch/ui/clean"
)

// TestCommits: the sizes are on one scale, each beside the next older one that is known.
func TestCommits(t *testing.T) {
	at := func(day int) time.Time { return time.Date(2026, 11, day, 23, 30, 0, 0, time.FixedZone("", -3600)) }
	c := Commits{
		{ID: "5e6f7a8b9c0d1e2f", At: at(27), Subject: "A smaller base", Bytes: 62_600_000},
		{ID: "4d5e6f7a8b9c0d1e", At: at(26), Subject: "Ours | theirs, fixes #12", Unknown: "no record"},
		{ID: "3c4d5e6f7a8b9c0d", At: at(25), Subject: "\x1b[31m<b>Red</b>\x1b[0m", Unknown: "not built: exit code: 1"},
		{ID: "2b3c4d5e6f7a8b9c", At: at(24), Subject: "One more package, with a subject that nobody can read in one line of a table", Bytes: 133_000_000},
		{ID: "1a2b3c4d5e6f7a8b", At: at(23), Subject: "first", Bytes: 123_000_000},
	}
	var md strings.Builder
	if err := c.Markdown(&md); err != nil {
		t.Fatal(err)
	}
	chart := c.Chart()
	goldentest.Check(t, filepath.Join("testdata", "commits.md"), md.String())
	goldentest.Check(t, filepath.Join("testdata", "commits.txt"), chart)
	for line := range strings.Lines(chart) {
		if text := strings.TrimSuffix(line, "\n"); clean.Line(text) != text {
			t.Errorf("a terminal would obey %q", line)
		}
	}
	if got := (Commits{}).Chart(); got != "" {
		t.Errorf("no commits: %q", got)
	}
}
