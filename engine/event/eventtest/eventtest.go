// Package eventtest picks the events out of a stream that a test asks about. It is imported by tests only.
package eventtest

import (
	"slices"
	"testing"

	"github.com/stagewatch/stagewatch/engine/event"
)

// Waiting returns the events that wait in the channel.
func Waiting(events <-chan event.Event) []event.Event {
	var out []event.Event
	for {
		select {
		case e := <-events:
			out = append(out, e)
		default:
			return out
		}
	}
}

// One returns the only event of type B among the events, and the number of its build. The test ends where there is none,
// or more than one.
func One[B event.Body](t testing.TB, events []event.Event) (B, int) {
	t.Helper()
	found := All[B](events)
	if len(found) != 1 {
		t.Fatalf("%d events of type %T among %+v", len(found), *new(B), events)
	}
	return found[0].Body.(B), found[0].Build
}

// All returns the events of type B.
func All[B event.Body](events []event.Event) []event.Event {
	return slices.DeleteFunc(slices.Clone(events), func(e event.Event) bool {
		_, is := e.Body.(B)
		return !is
	})
}
