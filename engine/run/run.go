// Package run runs images as containers. It creates and starts a container, finds out when it is ready, follows its log
// line by line, notices its end, stops it and removes it. Several containers of one app can run side by side, so that a
// new one can answer before the old one stops.
//
// The engine's loop decides when to start, replace or restart one, and engine/front owns the port that people use.
package run

import (
	"context"

	"github.com/stagewatch/stagewatch/engine/dock"
	"github.com/stagewatch/stagewatch/engine/event"
)

// Spec is what to run, in the words of `docker run`.
type Spec struct {
	Options
	// Like is the settings that the container gets, but for its image, its name and its published ports; nil for those that
	// Options, Env, EnvFiles, Volumes and Network say.
	Like *Likeness
	// Image is the id of an image on the engine.
	Image string
	// Build is the number of the build that made it.
	Build int
	// Name is the container's name once it serves (see [Container.TakeName]). Until then it has a suffix, because two
	// builds run side by side. If it is empty, the engine chooses a name.
	Name string
	// Port is the port that the app listens on inside the container, 0 for an app that serves none.
	Port int
	// MorePorts are further ports of the app that are dialled. Readiness depends on Port alone.
	MorePorts []int
	// Env are --env values: NAME=value, or NAME for the value in our own environment.
	Env []string
	// EnvFiles are --env-file paths. They are read at every start.
	EnvFiles []string
	// Volumes are --volume values. A relative path is a folder of the working directory.
	Volumes []string
	// Network is the --network value, empty for the engine's default.
	Network string
	// Log is called with each line of the container's output, in order, one call at a time. While it blocks, the engine
	// buffers what follows.
	Log func(event.Log)
	// NoLog is called with what [Unreadable] returns if the output can't be read, which may be more than once.
	NoLog func(why error)
	// Published is the port of this machine that leads to Port, for hints; empty if it is the same.
	Published string
}

// ports returns all ports of the app.
func (s Spec) ports() []int { return append([]int{s.Port}, s.MorePorts...) }

// Runner starts containers on one engine.
type Runner struct {
	engine *dock.Engine
	labels map[string]string
	// direct says that containers can be dialled at their own addresses, so that no port need be published.
	direct bool
}

// New returns a runner whose containers have the labels.
func New(ctx context.Context, engine *dock.Engine, labels map[string]string) *Runner {
	return &Runner{engine: engine, labels: labels, direct: engine.Direct(ctx)}
}

// Direct reports whether containers are dialled at their own addresses, without a published port.
func (r *Runner) Direct() bool { return r.direct }
