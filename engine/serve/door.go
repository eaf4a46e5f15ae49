package serve

import (
	"context"

	"github.com/stagewatch/stagewatch/engine/front"
)

// Door is what is published: one port or more.
type Door interface {
	// URL is where the app is found, by its first port.
	URL() string
	// Switch leads the ports to the container of a build, and returns the requests in flight on the container before.
	// It reports false while something else holds the first port; [OpenPorts] says what happens once it is free.
	Switch(inst Instance, build int) (old Drains, open bool)
	// Hold makes new requests wait until the next Switch.
	Hold() Drains
	// SetStatus sets what is shown while nothing serves.
	SetStatus(front.Status)
	// SetFailure sets what is shown over pages that follow what serves, nil for nothing.
	SetFailure(*front.Status)
}

// Drains are the requests in flight on a container that gets no new ones, by port.
type Drains []Drain

// Drain is the requests in flight on one port.
type Drain interface {
	// Wait returns when nothing is in flight any more, or the number of requests that are when ctx ends.
	Wait(ctx context.Context) int
	// Cut ends what is still in flight.
	Cut()
}

// wait returns when nothing is in flight any more, or the number of requests that are when ctx ends.
func (ds Drains) wait(ctx context.Context) int {
	left := 0
	for _, d := range ds {
		left += d.Wait(ctx)
	}
	return left
}

// cut ends what is still in flight.
func (ds Drains) cut() {
	for _, d := range ds {
		d.Cut()
	}
}
