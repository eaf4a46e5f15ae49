// Package dockercompose has docker compose itself make what a project has beside what is built here: its networks and volumes, the
// services that are not built, and for each one that is, a container whose settings those that we start are given, and that is
// never started. So both are what docker compose makes of the file, whatever the file says.
//
// It reads no compose file, builds nothing, and starts no container of a service that is built.
package dockercompose

import (
	"bytes"
	"context"
	"io"
	"os"
	"os/exec"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/docker/docker/api/types/container"
	"github.com/docker/docker/api/types/events"
	"github.com/docker/docker/api/types/filters"

	"github.com/stagewatch/stagewatch/engine/dock"
	"github.com/stagewatch/stagewatch/engine/fault"
	"github.com/stagewatch/stagewatch/engine/run"
)

// Options say which project is meant, as docker compose's flags of these names do.
type Options struct {
	Name, Dir                 string
	Files, EnvFiles, Profiles []string
}

// Compose is docker compose for one project on one engine. It is safe for concurrent use.
type Compose struct {
	engine  *dock.Engine
	project string
	command []string
	env     []string
	// one is held by a command: two at once would each make the same network.
	one sync.Mutex
	// templates are by service, and stale are those that are to be made anew. Started are the services that did not run before.
	templates map[string]*run.Likeness
	stale     map[string]bool
	started   []string
}

// Find finds docker compose, as docker's own command or as one of its own. The error is a [*fault.Error].
func Find(ctx context.Context, e *dock.Engine, contextName string, o Options) (*Compose, error) {
	c := &Compose{engine: e, project: o.Name, templates: map[string]*run.Likeness{}, stale: map[string]bool{}, env: os.Environ()}
	if contextName != "" {
		c.env = append(c.env, "DOCKER_CONTEXT="+contextName)
	} else {
		c.env = append(c.env, "DOCKER_HOST="+e.Host)
	}
	for _, command := range [][]string{{"docker", "compose"}, {"docker-compose"}} {
		path, err := exec.LookPath(command[0])
		if err != nil {
			continue
		}
		command[0] = path
		out, err := exec.CommandContext(ctx, path, append(command[1:], "version", "--short")...).Output()
		if err == nil && !strings.HasPrefix(strings.TrimPrefix(strings.TrimSpace(string(out)), "v"), "1.") {
			c.command = command
			break
		}
	}
	if c.command == nil {
		return nil, &fault.Error{What: "running a compose project: there is no docker compose", Hint: "Install the plugin docker-compose-plugin (docker compose version shows whether it is there), or run one Dockerfile with --no-compose."}
	}
	c.command = append(c.command, "--project-name", o.Name, "--project-directory", o.Dir)
	for flag, values := range map[string][]string{"--file": o.Files, "--env-file": o.EnvFiles, "--profile": o.Profiles} {
		for _, v := range values {
			c.command = append(c.command, flag, v)
		}
	}
	return c, nil
}

// do runs a command of docker compose's. The error has what it says.
func (c *Compose) do(ctx context.Context, args ...string) error {
	var said bytes.Buffer
	cmd := c.make(ctx, args...)
	cmd.Stdout, cmd.Stderr = &said, &said
	if err := cmd.Run(); err != nil {
		if ctx.Err() != nil {
			return ctx.Err()
		}
		return &fault.Error{What: "docker compose " + args[0] + ": " + lastLine(said.String(), err), Hint: "docker compose config shows the project as it reads it."}
	}
	return nil
}

func (c *Compose) make(ctx context.Context, args ...string) *exec.Cmd {
	all := slices.Concat(c.command[1:], []string{"--progress", "plain"}, args)
	cmd := exec.CommandContext(ctx, c.command[0], all...)
	cmd.Env = c.env
	cmd.Cancel = func() error { return cmd.Process.Signal(os.Interrupt) }
	cmd.WaitDelay = 10 * time.Second
	return cmd
}

// lastLine is the last thing that a command said, or how it ended where it said nothing.
func lastLine(said string, err error) string {
	lines := strings.Split(strings.TrimSpace(said), "\n")
	if last := strings.TrimSpace(lines[len(lines)-1]); last != "" {
		return last
	}
	return err.Error()
}

// Running returns the names of a service's containers that run, ours too.
func (c *Compose) Running(ctx context.Context, service string) ([]string, error) {
	found, err := c.containers(ctx, service, false)
	var names []string
	for _, one := range found {
		names = append(names, strings.TrimPrefix(one.Names[0], "/"))
	}
	return names, err
}

// containers returns those of a service, in all states or only running.
func (c *Compose) containers(ctx context.Context, service string, all bool) ([]container.Summary, error) {
	found, err := c.engine.Client.ContainerList(ctx, container.ListOptions{All: all, Filters: filters.NewArgs(
		filters.Arg("label", "com.docker.compose.project="+c.project), filters.Arg("label", "com.docker.compose.service="+service),
		filters.Arg("label", "com.docker.compose.oneoff=False"))})
	return slices.DeleteFunc(found, func(s container.Summary) bool { return len(s.Names) == 0 }), err
}

// Up starts a service that is not built, and returns once it was started.
func (c *Compose) Up(ctx context.Context, service string) error {
	c.one.Lock()
	defer c.one.Unlock()
	running, err := c.Running(ctx, service)
	if err == nil && len(running) == 0 {
		c.started = append(c.started, service)
	}
	return c.do(ctx, "up", "--detach", "--no-deps", "--no-build", service)
}

// State is how a service that is not built stands.
type State struct {
	// Healthy and Sick are what its health check says, if it has one that has said something.
	Running, Healthy, Sick bool
	// Exited: it has ended, with Code.
	Exited bool
	Code   int
}

// State asks the engine how the service's first container stands.
func (c *Compose) State(ctx context.Context, service string) (State, error) {
	found, err := c.containers(ctx, service, true)
	if err != nil || len(found) == 0 {
		return State{}, err
	}
	seen, err := c.engine.Client.ContainerInspect(ctx, found[0].ID)
	if err != nil || seen.State == nil {
		return State{}, err
	}
	s := State{Running: seen.State.Running, Exited: seen.State.Status == "exited", Code: seen.State.ExitCode}
	if h := seen.State.Health; h != nil && s.Running {
		s.Healthy, s.Sick = h.Status == container.Healthy, h.Status == container.Unhealthy
	}
	return s, nil
}

// Follow calls changed whenever one of the project's containers has changed, until ctx ends.
func (c *Compose) Follow(ctx context.Context, changed func()) {
	filter := filters.NewArgs(filters.Arg("type", string(events.ContainerEventType)), filters.Arg("label", "com.docker.compose.project="+c.project))
	for ctx.Err() == nil {
		news, broken := c.engine.Client.Events(ctx, events.ListOptions{Filters: filter})
		for open := true; open; changed() {
			select {
			case <-news:
			case <-broken:
				open = false
			}
		}
		// The engine may be away.
		select {
		case <-ctx.Done():
		case <-time.After(time.Second):
		}
	}
}

// Logs passes on what a service that is not built prints, a line each, until ctx ends.
func (c *Compose) Logs(ctx context.Context, service string, out, errs io.Writer) error {
	cmd := c.make(ctx, "logs", "--follow", "--no-color", "--no-log-prefix", "--since", time.Now().UTC().Format(time.RFC3339), service)
	cmd.Stdout, cmd.Stderr = out, errs
	err := cmd.Run()
	if ctx.Err() != nil {
		return nil
	}
	return err
}

// Close stops the services that were started. Networks and volumes stay, as after docker compose stop.
func (c *Compose) Close(ctx context.Context) error {
	c.one.Lock()
	defer c.one.Unlock()
	if len(c.started) == 0 {
		return nil
	}
	return c.do(ctx, append([]string{"stop"}, c.started...)...)
}
