package report

import (
	"fmt"

	"github.com/stagewatch/stagewatch/engine/event"
)

// At returns the recording up to the end of a build and of what it led to, before anything else changed. It returns an
// error if the recording has no such build.
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
