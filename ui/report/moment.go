package report

import (
	"fmt"

	"github.com/stagewatch/stagewatch/engine/event"
)

// At cuts a recording after a build: when all that the build led to has happened, and before anything
// else changed. It fails where the recording has no such build.
func At(events []event.Event, build int) ([]event.Event, error) {
	planned, over, newest := false, false, 0
	for i, e := range events {
		newest = max(newest, e.Build)
		switch e.Body.(type) {
		case event.Changed, event.Skipped:
			if over {
				return events[:i], nil
			}
		case event.Planned:
			if planned && e.Build != build {
				return events[:i], nil
			}
			planned = planned || e.Build == build
		case event.Built, event.Failed, event.Abandoned:
			over = over || e.Build == build
		}
	}
	if !planned && !over {
		return nil, fmt.Errorf("looking for build %d: the recording has builds 1 to %d", build, newest)
	}
	return events, nil
}
