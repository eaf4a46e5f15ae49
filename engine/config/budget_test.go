package config

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/stagewatch/stagewatch/engine/budget"
	"github.com/stagewatch/stagewatch/engine/fault"
)

// TestLimits: the rules of dive are those of the context, of the file that a flag names, or none.
func TestLimits(t *testing.T) {
	with, without := t.TempDir(), t.TempDir()
	other := filepath.Join(without, "rules.yaml")
	for file, efficiency := range map[string]string{filepath.Join(with, DiveFile): "0.5", other: "0.6"} {
		if err := os.WriteFile(file, []byte("rules:\n  lowestEfficiency: "+efficiency+"\n"), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	for _, c := range []struct {
		context, flag, want string
	}{
		{with, "", "0.5"}, {with, other, "0.6"}, {with, "none", ""}, {without, "", ""}, {without, other, "0.6"},
		// Not a context at all, which is said elsewhere.
		{other, "", ""}, {filepath.Join(without, "nosuch"), "", ""},
		{with, filepath.Join(without, "nosuch"), "error"}, {with, without, "error"},
	} {
		l, err := Config{Build: Build{Context: c.context}, Session: Session{Budget: budget.Flags{CIConfig: c.flag}}}.Limits()
		got := ""
		switch {
		case err != nil && fault.Hint(err) != "":
			got = "error"
		case l.Dive != nil:
			got = l.Dive.LowestEfficiency.Text
		}
		if got != c.want {
			t.Errorf("--ci-config %q in %s: got %q, %v, want %q", c.flag, c.context, got, err, c.want)
		}
	}
}
