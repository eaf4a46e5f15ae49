package budget

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/stagewatch/stagewatch/engine/fault"
)

func TestParse(t *testing.T) {
	l, err := Parse(Flags{MaxSize: "70MB", MaxWasted: "1.5 MiB", MaxGrowth: "2.5%", MaxLayers: "12"})
	want := Limits{Size: Limit{70_000_000, "70MB"}, Wasted: Limit{1.5 * 1024 * 1024, "1.5 MiB"}, Growth: Limit{0.025, "2.5%"}, Layers: Limit{12, "12"}}
	if diff := cmp.Diff(want, l); diff != "" || err != nil {
		t.Error(diff, err)
	}
	if l, err := Parse(Flags{MaxSize: "disabled", MaxLayers: "0"}); err != nil || l.Size.Bounds() || !l.Layers.Bounds() || !l.Any() {
		t.Errorf("got %+v, %v", l, err)
	}
	if l, err := Parse(Flags{}); err != nil || l.Any() {
		t.Errorf("got %+v, %v", l, err)
	}
	for _, bad := range []Flags{{MaxSize: "much"}, {MaxSize: "-1MB"}, {MaxWasted: "1XB"}, {MaxGrowth: "2"}, {MaxGrowth: "-2%"}, {MaxGrowth: "NaN%"}, {MaxLayers: "1.5"}, {MaxLayers: "-1"}} {
		if _, err := Parse(bad); err == nil || fault.Hint(err) == "" {
			t.Errorf("%+v: got %v, want an error with a hint", bad, err)
		}
	}
}

// TestParseDive: what each file means to dive v0.13.1, see cmd/root.go and runtime/ci/rule.go there.
func TestParseDive(t *testing.T) {
	usual := Dive{File: ".dive-ci", LowestEfficiency: Limit{0.9, "0.9"}, HighestUserWasted: Limit{0.1, "0.1"}}
	for text, want := range map[string]Dive{
		"":        usual,
		"rules:":  usual,
		"else: 1": usual,
		"rules:\n  lowestEfficiency: 0.95\n  highestWastedBytes: 20MB\n  highestUserWastedPercent: 0.20\n": {
			File: ".dive-ci", LowestEfficiency: Limit{0.95, "0.95"}, HighestWasted: Limit{20_000_000, "20MB"}, HighestUserWasted: Limit{0.2, "0.2"}},
		"rules:\n  LOWESTEFFICIENCY: \"1\"\n  highestWastedBytes: 1,024\n  highestUserWastedPercent: disabled\n": {
			File: ".dive-ci", LowestEfficiency: Limit{1, "1"}, HighestWasted: Limit{1024, "1,024"}},
		"rules:\n  lowestEfficiency: disabled\n  highestWastedBytes: 1 KiB\n  highestUserWastedPercent:\n": {
			File: ".dive-ci", HighestWasted: Limit{1024, "1 KiB"}, HighestUserWasted: Limit{0.1, "0.1"}},
	} {
		got, err := ParseDive(".dive-ci", []byte(text))
		if err != nil {
			t.Errorf("%q: %v", text, err)
		} else if diff := cmp.Diff(want, *got); diff != "" {
			t.Errorf("%q: %s", text, diff)
		}
	}
	for _, bad := range []string{"rules: [", "rules:\n  lowestEfficiency: 1.1", "rules:\n  lowestEfficiency: off", "rules:\n  highestWastedBytes: 1BB", "rules:\n  highestUserWastedPercent: 10%", "rules:\n  lowestEfficiency: [1]"} {
		if _, err := ParseDive(".dive-ci", []byte(bad)); err == nil || fault.Hint(err) == "" || !strings.Contains(err.Error(), ".dive-ci") {
			t.Errorf("%q: got %v, want an error with the file and a hint", bad, err)
		}
	}
}
