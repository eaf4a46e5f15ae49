package event

// Intent is what a person asks the engine for; it travels against the events.
type Intent interface{ intent() }

// Rebuild asks for a build now, without the cache where NoCache is set.
type Rebuild struct{ NoCache bool }

// Restart asks for a new container of the image that serves.
type Restart struct{}

// Stop asks for the container to be stopped; the next build or Restart starts one again.
type Stop struct{}

// Watch turns watching on or off; changes made meanwhile are found when it goes on again.
type Watch struct{ On bool }

// Inspect asks for the files of the build that was measured last, and of every one after it.
type Inspect struct{}

func (Rebuild) intent() {}
func (Restart) intent() {}
func (Stop) intent()    {}
func (Watch) intent()   {}
func (Inspect) intent() {}
