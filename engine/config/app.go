package config

import (
	"cmp"
	"slices"
	"time"

	"github.com/stagewatch/stagewatch/engine/run"
)

// App is how to run what was built.
type App struct {
	// Publish are the values of -p: [[address:]port:]containerPort. The first is the app's own port, the one
	// that has to answer; none stands for 8080:8080.
	Publish []string
	// PublishAll publishes the ports that the image exposes as well, and no other one of itself. See [App.WithExposed].
	PublishAll bool
	// Portless: none of its ports is published, and it is ready when it lives or its health check succeeds.
	Portless bool
	// Name, Network, Env, EnvFiles and Volumes are as for docker run.
	Name, Network          string
	Env, EnvFiles, Volumes []string
	// Run are further flags of docker run. Its UDP is not read: it is made of Publish.
	Run run.Options
	// Swap is [BlueGreen], which empty stands for, or [Restart].
	Swap string
	// DrainTimeout is how long requests in flight may keep an old container once the new one serves: 0 for
	// [DefaultDrain], less for no time at all.
	DrainTimeout time.Duration
	// Reload has pages in browsers follow what serves.
	Reload bool
	// ReadyPath is asked whether the app is ready, empty for the image's HEALTHCHECK or any answer at all.
	ReadyPath string
	// ReadyTimeout is how long an app may take to be ready, 0 for [DefaultReady].
	ReadyTimeout time.Duration
}

// The ways from one container to the next.
const (
	// BlueGreen starts the new container beside the old one.
	BlueGreen = "blue-green"
	// Restart stops the old container first, for an app that can't run twice at once.
	Restart = "restart"
)

// Times that flags can change.
const (
	// DefaultDrain is long enough for an upload, and an end for what has none.
	DefaultDrain = 10 * time.Minute
	// DefaultReady is long enough for an app that migrates its database first.
	DefaultReady = run.ReadyWithin
)

// Spec returns what the flags say of the container. It lacks the ports: see [App.Ports].
func (a App) Spec() run.Spec {
	o := a.Run
	o.UDP = slices.DeleteFunc(slices.Clone(a.Publish), func(value string) bool { return !OfUDP(value) })
	return run.Spec{Options: o, Name: a.Name, Env: a.Env, EnvFiles: a.EnvFiles, Volumes: a.Volumes, Network: a.Network}
}

// VolumeNames returns the volumes of the engine that the app's container mounts. They stay there at the end.
func (a App) VolumeNames() []string { return a.Spec().VolumeNames() }

// Drain returns how long requests in flight may keep an old container.
func (a App) Drain() time.Duration {
	if a.DrainTimeout == 0 {
		return DefaultDrain
	}
	return max(0, a.DrainTimeout)
}

// Readiness returns what makes the app's container ready.
func (a App) Readiness() run.Readiness {
	return run.Readiness{Path: a.ReadyPath, Within: cmp.Or(a.ReadyTimeout, DefaultReady)}
}
