package plan

import "testing"

// TestAStageIsNamedByNameOrNumber, and what is neither is none: not every number is one of a stage.
func TestAStageIsNamedByNameOrNumber(t *testing.T) {
	p := &Plan{Stages: []Stage{{Name: "build"}, {Name: "stage-1"}}}
	for ref, want := range map[string]string{"build": "build", "BUILD": "build", "0": "build", "1": "stage-1", "stage-1": "stage-1", "2": "", "-1": "", "": "", "busybox": ""} {
		if got := p.StageNamed(ref); got != want {
			t.Errorf("%q is %q", ref, got)
		}
	}
}
