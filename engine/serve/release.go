package serve

import (
	"context"
	"time"

	"github.com/stagewatch/stagewatch/engine/front"
	"github.com/stagewatch/stagewatch/engine/run"
)

// Release is a build that can serve.
type Release struct {
	// Build is its number, which no other release of the session has.
	Build int
	Image string
	// SavedAt is the time of the save that caused the build, and Edits the number of saves that it contains.
	SavedAt time.Time
	Edits   int
	// Deployed is called when it serves, or is known not to; again after each restart.
	Deployed func()
}

// Settings are what flags say of the app's container.
type Settings struct {
	// Spec is what containers are started with; Image, Build and the logs are set for each.
	Spec run.Spec
	// Ready is what makes a container ready.
	Ready run.Readiness
	// StopFirst stops the old container before the new one starts.
	StopFirst bool
	// DrainWithin is how long requests in flight may keep an old container once a new one serves.
	DrainWithin time.Duration
}

// Hooks are what an App asks of the rest of the session. All are called on the desk's goroutine, unless they say
// otherwise.
type Hooks struct {
	// Edits returns the number of saves so far.
	Edits func() int
	// Freed is called when a container is gone, and with it a use of its image.
	Freed func()
	// Suspect is called when something failed that an engine which is gone would explain. It calls answers if the engine
	// does answer.
	Suspect func(answers func())
	// Silent reports whether the engine answers no question within the time of one. It is called from any goroutine.
	Silent func(ctx context.Context) bool
	// Retry reports whether err may pass by itself, and then calls again once it has.
	Retry func(err error, again func()) bool
	// Regain has the newest release built again, whose image the engine has lost.
	Regain func()
	// Redact removes what nobody may see from the page that is shown while nothing serves. It is called from any goroutine.
	Redact func(front.Status) front.Status
}
