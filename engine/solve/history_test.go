package solve

import (
	"maps"
	"testing"
)

// TestARecord holds what BuildKit can transmit and a terminal can show, whatever a file is called.
func TestARecord(t *testing.T) {
	for name, want := range map[string]string{
		"app: a.py changed":       "app: a.py changed",
		"app: ä\xff.py changed":   "app: ä\uFFFD.py changed",
		"app: \x1b[31ma\nchanged": "app: \uFFFD[31ma\uFFFDchanged",
	} {
		got := Record{Name: name, Session: "s"}.attrs()
		if want := map[string]string{"build-arg:BUILDKIT_BUILD_NAME": want, "label:stagewatch": "s"}; !maps.Equal(got, want) {
			t.Errorf("%q is recorded as %v, want %v", name, got, want)
		}
	}
	if got := (Record{Session: "s"}).attrs(); got != nil {
		t.Errorf("what has no name is recorded as %v", got)
	}
}
