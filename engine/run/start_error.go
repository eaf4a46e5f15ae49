package run

import (
	"context"
	"errors"
	"strings"

	"github.com/containerd/errdefs"
	"github.com/docker/docker/api/types/container"
	"github.com/docker/docker/client"

	"github.com/stagewatch/stagewatch/engine/fault"
)

// ErrNoImage says that the engine does not have the image that was to be run.
var ErrNoImage = errors.New("the engine does not have the image any more")

// explainCreate explains why a container of the image can't be created.
func (r *Runner) explainCreate(ctx context.Context, image string, err error) error {
	const what = "creating the container"
	if !errdefs.IsNotFound(err) {
		return explainStart(what, err)
	}
	// A network or a volume may not exist either.
	if _, missing := r.engine.Client.ImageInspect(ctx, image); errdefs.IsNotFound(missing) {
		return &fault.Error{What: what, Hint: "Somebody removed it, or pruned the images. Save a file to build it again.", Err: startError{ErrNoImage.Error(), errors.Join(ErrNoImage, err)}}
	}
	return explainStart(what, err)
}

// startCreated starts a container that was created. Where the engine's runtime breaks off before it has begun, which containerd 1.6.20
// did once in some ten thousand starts, it is asked once more.
func startCreated(ctx context.Context, cli *client.Client, id string) error {
	err := cli.ContainerStart(ctx, id, container.StartOptions{})
	if err != nil && strings.HasSuffix(err.Error(), brokenOff) {
		err = cli.ContainerStart(ctx, id, container.StartOptions{})
	}
	return err
}

// brokenOff ends what the engine says of it; an engine that goes away is told in other words.
const brokenOff = "unexpected EOF: unknown"

// explainStart replaces the runtime's chain of causes of a failed start by the last cause.
func explainStart(what string, err error) error {
	const process = "starting container process caused: "
	text := err.Error()
	for _, marker := range []string{"unable to start container process: ", process, "OCI runtime create failed: ", "Error response from daemon: "} {
		if _, cause, found := strings.Cut(text, marker); found {
			text = cause
			break
		}
	}
	text = strings.TrimSuffix(strings.TrimSpace(text), ": unknown")
	text = strings.TrimPrefix(text, "error during container init: ")
	hint := ""
	switch {
	case strings.Contains(text, "failed to initialize logging driver"):
		text = strings.TrimPrefix(text, "failed to create task for container: ")
		hint = `No container starts with the engine's log driver as it is. Start what it sends to, or set "log-driver" to "json-file" or "local" in the engine's daemon.json and restart the engine.`
	case strings.Contains(text, "port is already allocated"), strings.Contains(text, "address already in use"):
		hint = "Another program or container holds that port of the engine's machine. `docker ps` shows it if it is a container."
	case strings.Contains(text, "unable to find user"), strings.Contains(text, "unable to find group"):
		hint = "The final stage has no user or group of the name in USER, or in --user. Create it there, or use its number."
	case strings.Contains(text, "is not a directory"), strings.Contains(text, "not a directory"):
		hint = "WORKDIR, or the path of a volume, may be a file in the final stage."
	case strings.Contains(text, "executable file not found"), strings.Contains(text, "no such file or directory"):
		hint = "The final stage may lack the command of CMD, of ENTRYPOINT or behind --, or the shell that a script's first line names."
	case strings.Contains(text, "could not select device driver"):
		hint = "The engine has no driver for what --gpus asks for: its machine may lack the NVIDIA Container Toolkit."
	case strings.Contains(text, "exec format error"):
		hint = "The command is built for another platform, or is a script without a #! line."
	case strings.Contains(text, "permission denied"):
		hint = "The command may not be executable. Add RUN chmod +x, or copy it with COPY --chmod=755."
	case errdefs.IsNotFound(err):
		hint = "The network may have been removed. Save a file to build again."
	}
	return &fault.Error{What: what, Hint: hint, Err: startError{text, err}}
}

// startError is a cause in fewer words than the engine's.
type startError struct {
	text string
	err  error
}

func (e startError) Error() string { return e.text }
func (e startError) Unwrap() error { return e.err }
