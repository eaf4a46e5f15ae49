package event

// Intent is a request of the user to the engine.
type Intent interface{ intent() }

// Rebuild asks for a build now, without the cache where NoCache is set.
type Rebuild struct{ NoCache bool }

// Restart asks for a new container of the image that serves.
type Restart struct{}

// Stop asks for the container to be stopped. The next build or Restart starts one again.
type Stop struct{}

// Watch turns watching on or off. Changes made while it is off are found when it is turned on again.
type Watch struct{ On bool }

// Inspect asks for the [Files] of the build that was measured last and of every later build.
type Inspect struct{}

// ForService is an intent for one service of a project.
type ForService struct {
	Service string
	Intent  Intent
}

func (ForService) intent() {}
func (Rebuild) intent()    {}
func (Restart) intent()    {}
func (Stop) intent()       {}
func (Watch) intent()      {}
func (Inspect) intent()    {}
