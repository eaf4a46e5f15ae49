package engine

import (
	"strings"
	"testing"
	"testing/synctest"

	"github.com/stagewatch/stagewatch/engine/config"
)

// TestARecordHidesValues: the engine's build history is kept, and others read it.
func TestARecordHidesValues(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t, config.Config{Build: config.Build{BuildArgs: []string{"TOKEN=hunter2hunter2"}}})
		defer r.close()
		r.serve()
		r.save("src/hunter2hunter2", "1")
		if name := r.builder.last().req.Record.Name; strings.Contains(name, "hunter2") || !strings.Contains(name, ": src/") {
			t.Errorf("the history gets %q", name)
		}
	})
}
