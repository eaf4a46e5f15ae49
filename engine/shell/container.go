package shell

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"maps"
	"path"
	"slices"
	"strings"
	"time"

	"github.com/containerd/errdefs"
	"github.com/docker/docker/api/types/container"

	"github.com/stagewatch/stagewatch/engine/config"
	"github.com/stagewatch/stagewatch/engine/dock"
	"github.com/stagewatch/stagewatch/engine/fault"
	"github.com/stagewatch/stagewatch/engine/solve"
)

// inContainer runs the program in a running container. One that the container does not have is run beside it: in a container
// of the stage that the target copies from, which has tools where the target has none. Only that takes a project.
func (r Request) inContainer(ctx context.Context, cfg config.Config) (code int, err error) {
	e, err := dock.Connect(ctx, cfg.Engine)
	if err != nil {
		return 0, err
	}
	defer func() { err = errors.Join(err, e.Close()) }()
	program, rest := "sh", []string(nil)
	if len(r.Command) > 0 {
		program, rest = r.Command[0], r.Command[1:]
	}
	what := "opening a shell in container " + r.Container
	c, err := e.Client.ContainerInspect(ctx, r.Container)
	switch {
	case errdefs.IsNotFound(err):
		return 0, &fault.Error{What: what + ": there is no such container", Hint: "docker ps lists those that run."}
	case err != nil:
		return 0, &fault.Error{What: what, Err: dock.Plain(err)}
	case c.State == nil || !c.State.Running:
		return 0, &fault.Error{What: what + ": it does not run", Hint: "docker ps lists those that run."}
	}
	has, err := finds(ctx, e, c, program)
	if err != nil {
		return 0, &fault.Error{What: what, Err: dock.Plain(err)}
	}
	if has {
		return r.Docker(ctx, append([]string{"exec", c.ID, program}, rest...))
	}
	// What the person typed is no secret.
	cfg.Name = r.Container
	return r.inProject(ctx, cfg, func(o *opening) (int, error) {
		return o.onEngine(ctx, cfg, e, func(ctx context.Context) (int, error) { return o.beside(ctx, e, c, program, rest) })
	})
}

// usualPath is where a container without a PATH of its own looks for programs.
const usualPath = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"

// finds reports whether a container has a program. One that is named by its path it is taken to have.
func finds(ctx context.Context, e *dock.Engine, c container.InspectResponse, program string) (bool, error) {
	if strings.Contains(program, "/") {
		return true, nil
	}
	folders := usualPath
	for _, env := range c.Config.Env {
		if value, ok := strings.CutPrefix(env, "PATH="); ok {
			folders = value
		}
	}
	for folder := range strings.SplitSeq(folders, ":") {
		found, err := e.Client.ContainerStatPath(ctx, c.ID, path.Join("/", folder, program))
		switch {
		case err == nil && !found.Mode.IsDir():
			return true, nil
		case err != nil && !errdefs.IsNotFound(err):
			return false, err
		}
	}
	return false, nil
}

// cleanWithin bounds the cleaning up at the end.
const cleanWithin = 20 * time.Second

// beside runs a program in a container of the stage before's image. Nothing of it is left.
func (o *opening) beside(ctx context.Context, e *dock.Engine, c container.InspectResponse, program string, rest []string) (code int, err error) {
	session := dock.NewSession(e.Host)
	defer func() {
		cleaning, cancel := context.WithTimeout(context.WithoutCancel(ctx), cleanWithin)
		defer cancel()
		end := session.Close
		if _, broken := e.Clean(cleaning, session); broken != nil {
			err = errors.Join(err, &fault.Error{What: "cleaning up", Err: dock.Plain(broken), Hint: "What is left carries our label: the next start removes it."})
			end = session.Leave
		}
		err = errors.Join(err, end())
	}()
	o.project.Label(dock.Label, session.ID)
	name := strings.TrimPrefix(c.Name, "/")
	stage, image, err := o.tools(ctx, fmt.Sprintf("container %s has no %s", name, program))
	if err != nil {
		return 0, err
	}
	o.Say([]string{
		fmt.Sprintf("Container %s has no %s. Opening stage %s beside it:", name, program, stage),
		"its files are in /proc/1/root, its processes and its network are here.",
	})
	args := []string{"run", "--rm", "--pid", "container:" + c.ID, "--network", "container:" + c.ID,
		// As another user, or without that right, the files of the app's process can't be seen.
		"--user", "0:0", "--cap-add", "SYS_PTRACE", "--no-healthcheck"}
	labels := session.Labels()
	for _, key := range slices.Sorted(maps.Keys(labels)) {
		args = append(args, "--label", key+"="+labels[key])
	}
	return o.Docker(ctx, append(append(args, "--entrypoint", program, image), rest...))
}

// tools builds the image of the stage before, and returns its id. Lacking says what it is for.
func (o *opening) tools(ctx context.Context, lacking string) (stage, image string, err error) {
	target, err := o.project.Plan(ctx, o.builder, "")
	if err != nil {
		return "", "", err
	}
	stage = cmp.Or(o.before, target.Before())
	if stage == "" {
		return "", "", &fault.Error{What: "opening a shell: " + lacking + ", and the Dockerfile has no stage before its target", Hint: "Name a stage that has one with --before."}
	}
	pl, err := o.project.Plan(ctx, o.builder, stage)
	if err != nil {
		return "", "", err
	}
	if _, err := o.project.Admit(ctx, pl); err != nil {
		return "", "", err
	}
	o.contexts, o.key = o.project.Contexts(false)
	built, err := o.builder.Build(ctx, solve.Request{Plan: pl, Contexts: o.contexts, SharedKey: o.key, Yields: true, Emit: o.built})
	var failure *solve.Failure
	switch {
	case errors.As(err, &failure):
		o.Emit(failure.Failed)
		return "", "", &fault.Error{What: fmt.Sprintf("opening a shell: %s, and stage %s can't be built", lacking, stage), Hint: "Correct that first, or name another stage with --before."}
	case err != nil:
		return "", "", err
	}
	return stage, built.Image, nil
}
