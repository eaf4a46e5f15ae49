package plan

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/stagewatch/stagewatch/engine/event"
)

// TestRecallPredictsAsTheOriginal: over a session's end and a JSON file.
func TestRecallPredictsAsTheOriginal(t *testing.T) {
	old := mustPlan(t, sample, nil)
	dt, err := json.Marshal(old.Remember())
	if err != nil {
		t.Fatal(err)
	}
	var m Memory
	if err := json.Unmarshal(dt, &m); err != nil {
		t.Fatal(err)
	}
	now := mustPlan(t, strings.Replace(sample, "cache purge", "cache info", 1), nil)
	changes := changed(event.ContentChanged, "requirements.txt")
	if diff := cmp.Diff(now.Predict(old, changes, nil), now.Predict(Recall(m), changes, nil)); diff != "" {
		t.Error(diff)
	}
}
