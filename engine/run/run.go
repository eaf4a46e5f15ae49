// Package run gives an image a life as a container: created and started, found ready, its log followed line
// by line, its end noticed, stopped and taken away. Several containers of one app can live side by side, so
// that a new one can answer before the old one goes.
//
// It does not decide when to start, replace or restart one (that is the engine loop's), it owns no port that
// people use (engine/front does), and it builds nothing.
package run

import (
	"context"
	"sync"
	"time"

	"github.com/stagewatch/stagewatch/engine/dock"
	"github.com/stagewatch/stagewatch/engine/event"
)

// Spec is what to run, in the words of `docker run`.
type Spec struct {
	// Image is the id of an image on the engine.
	Image string
	// Build numbers the build that made it.
	Build int
	// Name is the container's name once it serves (see [Container.TakeName]). Until then it has a suffix,
	// for two builds run side by side. Empty: the engine makes up a name.
	Name string
	// Port is the port that the app listens on inside the container; 0 for an app that serves none.
	Port int
	// MorePorts are further ports of the app that are dialled. Being ready is a matter of Port alone.
	MorePorts []int
	// Env are --env values: NAME=value, or NAME to hand on the value of our own environment.
	Env []string
	// EnvFiles are --env-file paths, read at every start.
	EnvFiles []string
	// Volumes are --volume values. Relative paths stand for folders of the working directory.
	Volumes []string
	// Network is the --network value; empty for the engine's default.
	Network string
	// TTY is --tty: a terminal for apps that show colours only there. Its stream is all stdout.
	TTY bool
	// Log is called with each line of the container's output, one call at a time, in order. While it blocks,
	// the engine keeps what follows.
	Log func(event.Log)
	// NoLog is called where the engine's log driver of that name lets nobody read what the container prints.
	NoLog func(driver string)
	// Published is the port of this machine that leads to Port, for what people are advised; empty for the same.
	Published string
}

// ports are all ports of the app.
func (s Spec) ports() []int { return append([]int{s.Port}, s.MorePorts...) }

// Runner starts containers on one engine.
type Runner struct {
	engine *dock.Engine
	labels map[string]string
	// direct: addresses of containers can be dialled from here, so that no port need be published.
	direct bool
	// retiring counts the containers that are being stopped in the background.
	retiring sync.WaitGroup
}

// New returns a runner whose containers carry the labels.
func New(ctx context.Context, engine *dock.Engine, labels map[string]string) *Runner {
	return &Runner{engine: engine, labels: labels, direct: engine.Direct(ctx)}
}

// Direct tells whether containers are dialled at their own addresses, with no published port.
func (r *Runner) Direct() bool { return r.direct }

// retireWithin bounds a stop in the background: the grace, the kill, the removal.
const retireWithin = 30 * time.Second

// Retire stops a container in the background, with the grace that its app gets after the stop signal.
// Wait waits for it. What fails here is found again by its label at the end of the session.
func (r *Runner) Retire(c *Container, grace time.Duration) {
	r.retiring.Go(func() {
		ctx, cancel := context.WithTimeout(context.Background(), grace+retireWithin)
		defer cancel()
		_ = c.Stop(ctx, grace)
	})
}

// Wait returns when all retired containers are gone, or with the context's error.
func (r *Runner) Wait(ctx context.Context) error {
	done := make(chan struct{})
	go func() {
		r.retiring.Wait()
		close(done)
	}()
	select {
	case <-done:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}
