package doctor

import (
	"context"
	"errors"
	"os"
	"slices"

	"github.com/containerd/platforms"
	"github.com/docker/docker/client"

	"github.com/stagewatch/stagewatch/engine/dock"
	"github.com/stagewatch/stagewatch/engine/fault"
	"github.com/stagewatch/stagewatch/engine/human"
	"github.com/stagewatch/stagewatch/engine/image"
	"github.com/stagewatch/stagewatch/engine/run"
	"github.com/stagewatch/stagewatch/engine/solve"
)

func (x *examination) checkEngine(ctx context.Context) {
	e, err := dock.Connect(ctx, x.cfg.Engine)
	if err != nil {
		x.failed("engine", err, "")
		return
	}
	x.engine = e
	info, err := e.Info(ctx)
	// An engine without a builder answers; the next check says what it lacks.
	if err != nil && !errors.Is(err, dock.ErrNoBuildKit) {
		x.failed("engine", err, "")
		x.engine = nil
		e.Close()
		return
	}
	x.info = info
	x.ok("engine", "%s %s, API %s, at %s (%s)", info.Name, info.Version, e.Client.ClientVersion(), e.Host, origin(x.cfg.Engine, e.Host))
}

// origin says where the engine's address was found, in the docker command's order.
func origin(opts dock.Options, host string) string {
	switch env := os.Getenv(client.EnvOverrideHost); {
	case opts.Host != "":
		return "from --host"
	case opts.Context != "":
		return "from --context"
	case env != "":
		return "from " + client.EnvOverrideHost
	case host == client.DefaultDockerHost:
		return "the default socket"
	}
	return "from the docker context"
}

func (x *examination) checkBuilder(ctx context.Context) {
	if x.info.Builder == "" {
		_, err := x.engine.Info(ctx)
		if err == nil {
			err = dock.ErrNoBuildKit
		}
		x.failed("builder", err, "")
		return
	}
	b, err := solve.New(ctx, x.engine)
	if err != nil {
		x.failed("builder", err, "The log of the engine says more.")
		return
	}
	x.builder = b
	if elsewhere := b.Elsewhere(); elsewhere != "" {
		x.ok("builder", "%s answers and builds for %s; the engine gets the layers that it lacks", elsewhere, platforms.Format(b.Platform()))
	} else {
		x.ok("builder", "the engine's %s answers and builds for %s", x.info.Builder, platforms.Format(b.Platform()))
	}
	docker := "docker images shows the same"
	switch image.New(x.engine, "", x.info.Store).Basis() {
	case image.Blocks:
		docker = "docker images and docker system df show what images take on the engine's disk, in blocks and with compressed layers, which is more"
	case image.Loaded:
		docker = "docker images counts the targets of symbolic links besides, in what a builder elsewhere made"
	}
	x.ok("image store", "%s; sizes are of %s; %s", x.info.Store, image.Files, docker)
}

// checkLog checks whether the engine keeps what containers print.
func (x *examination) checkLog(ctx context.Context) {
	info, err := x.engine.Client.Info(ctx)
	switch {
	case err != nil:
		x.failed("log", err, "")
	case info.LoggingDriver == "none":
		why := run.Unreadable(info.LoggingDriver, nil)
		x.note("log", fault.Hint(why), "the app's log will be empty: %v", why)
	case slices.Contains([]string{"json-file", "local"}, info.LoggingDriver):
		x.ok("log", "the engine's log driver is %s", info.LoggingDriver)
	default:
		// Whether such a driver starts, and keeps what can be read, shows when a container starts with it.
		x.ok("log", "the engine's log driver is %s; the app's log is read from there, or from the copy that the engine keeps unless \"cache-disabled\" is set", info.LoggingDriver)
	}
}

// checkLeftovers does what every start of stagewatch does first.
func (x *examination) checkLeftovers(ctx context.Context) {
	s := dock.NewSession(x.engine.Host)
	defer s.Close()
	swept, err := x.engine.Sweep(ctx, s)
	switch {
	case s.Unkept != nil:
		x.note("leftovers", "Make that folder writable, or name another one with XDG_CACHE_HOME.", "no lock can be kept for a session, so dead sessions are not found: %v", s.Unkept)
	case err != nil:
		x.note("leftovers", "What is left has the label "+dock.Label+": docker ps -a --filter label="+dock.Label, "some could not be removed: %v", err)
	case swept == dock.Swept{}:
		x.ok("leftovers", "none of dead sessions")
	default:
		x.note("leftovers", "", "removed what dead sessions had left: %s, %s", human.Count(swept.Containers, "container"), human.Count(swept.Images, "image"))
	}
}

func (x *examination) checkAddresses(ctx context.Context) {
	if x.engine.Direct(ctx) {
		x.ok("addresses", "containers can be dialled at their own addresses")
		return
	}
	x.ok("addresses", "containers can't be dialled at their own addresses; they are reached through a port that the engine publishes")
}
