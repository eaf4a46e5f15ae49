package plain

import (
	"reflect"

	"github.com/stagewatch/stagewatch/engine/event"
)

// Together returns the events with those in a row that say the same of several services as one, of all of these.
func Together(events []event.Event) []event.Event {
	var out []event.Event
	for _, e := range events {
		if n := len(out) - 1; n >= 0 && e.Service != "" && out[n].Service != "" && e.Build == out[n].Build && reflect.DeepEqual(e.Body, out[n].Body) {
			out[n].Service += ", " + e.Service
			continue
		}
		out = append(out, e)
	}
	return out
}
