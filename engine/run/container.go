package run

import (
	"context"
	"crypto/rand"
	"fmt"
	"net"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/containerd/errdefs"
	"github.com/docker/docker/api/types/container"

	"github.com/stagewatch/stagewatch/engine/event"
	"github.com/stagewatch/stagewatch/engine/fault"
)

// Container is a container that was started. It is safe for concurrent use.
type Container struct {
	// ID is the engine's id of the container.
	ID string
	// Image and Build are those of the [Spec].
	Image string
	Build int

	runner *Runner
	spec   Spec
	// where is where the app is dialled, nil if it can't be. A send on moved says that it has changed.
	where    atomic.Pointer[place]
	moved    chan struct{}
	lastAddr string
	// pid is the app's first process, as the engine's machine numbers it.
	pid int
	// healthcheck is the command of the image's HEALTHCHECK, nil if it has none. healthWithin is how long it may take.
	healthcheck  []string
	healthWithin time.Duration
	// logDriver is the log driver of the container, path the program that it runs.
	logDriver, path string

	// http says whether the app answered in HTTP when its readiness was probed, status with which status.
	http   atomic.Bool
	status atomic.Int64
	// trouble is why the last attempt to find the container ready failed.
	trouble atomic.Pointer[error]

	// done is closed when the container has ended. Exit is valid then.
	done chan struct{}
	exit Exit
	// logged is closed when no more log will come.
	logged chan struct{}
	tail   *tail
	// forget ends the watching of a container that is removed, and the reading of its log.
	forget context.CancelFunc

	mu   sync.Mutex
	name string
}

// startWithin bounds what a start does on the engine once it was asked to create a container.
const startWithin = 30 * time.Second

// Start creates a container and starts it. After an error nothing is left of it. The context bounds the start, not the
// container's life.
func (r *Runner) Start(ctx context.Context, spec Spec) (*Container, error) {
	made, err := r.settings(ctx, spec)
	if err != nil {
		return nil, err
	}
	c := &Container{
		Image: spec.Image, Build: spec.Build, runner: r, spec: spec,
		done: make(chan struct{}), logged: make(chan struct{}), moved: make(chan struct{}, 1), tail: newTail(),
	}
	if spec.Name != "" {
		// The build's number is not enough: a build can be started again while its last container still stops.
		c.name = fmt.Sprintf("%s-%d-%s", spec.Name, spec.Build, strings.ToLower(rand.Text()[:4]))
	}
	cli := r.engine.Client
	// It must not be cut short: the engine would go on to create a container that nobody knows of.
	whole, done := context.WithTimeout(context.WithoutCancel(ctx), startWithin)
	defer done()
	created, err := cli.ContainerCreate(whole, made.config, made.host, made.first, nil, c.name)
	if err != nil {
		return nil, r.explainCreate(whole, spec.Image, err)
	}
	c.ID = created.ID
	var since string
	if err = made.connect(whole, cli, c.ID); err == nil {
		err = ctx.Err()
	}
	if err == nil {
		since, err = c.start(ctx)
	}
	if err != nil {
		_ = cli.ContainerRemove(whole, c.ID, container.RemoveOptions{Force: true, RemoveVolumes: true})
		return nil, err
	}
	watching, forget := context.WithCancel(context.WithoutCancel(ctx))
	c.forget = forget
	go c.follow(watching)
	go c.watch(watching)
	if spec.Port != 0 {
		go c.keepPlace(watching, since)
	}
	return c, nil
}

// start starts the created container and finds its address. Since is the engine's own time of the start.
func (c *Container) start(ctx context.Context) (since string, err error) {
	cli := c.runner.engine.Client
	if err := startCreated(ctx, cli, c.ID); err != nil {
		return "", explainStart("starting the container", err)
	}
	seen, err := cli.ContainerInspect(ctx, c.ID)
	if err != nil {
		return "", fmt.Errorf("inspecting the container: %w", err)
	}
	c.name = strings.TrimPrefix(seen.Name, "/")
	c.healthcheck, c.healthWithin = healthcheckOf(seen), healthTimeout(seen)
	c.pid, c.path = seen.State.Pid, seen.Path
	c.logDriver = seen.HostConfig.LogConfig.Type
	if c.spec.Port == 0 {
		return "", nil
	}
	here, err := c.locate(seen)
	if err != nil {
		return "", err
	}
	if here == nil && seen.State.Running {
		return "", fmt.Errorf("finding the container's address: the engine gave it none on network %q", strings.TrimPrefix(string(seen.HostConfig.NetworkMode), "default"))
	}
	// A container that has ended by now has no address. The wait for readiness returns how it ended.
	if here != nil {
		c.where.Store(here)
		c.lastAddr = here.addr
	}
	return seen.State.StartedAt, nil
}

// Name returns the container's present name.
func (c *Container) Name() string {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.name
}

// Port returns the app's port that readiness depends on, 0 for none.
func (c *Container) Port() int { return c.spec.Port }

// DialPort opens a connection to one of the ports of the Spec.
func (c *Container) DialPort(ctx context.Context, port int) (net.Conn, error) {
	here := c.where.Load()
	if here == nil {
		return nil, errNowhere
	}
	dial := here.dials[port]
	if dial == nil {
		return nil, fmt.Errorf("dialling port %d of container %.12s: its spec has no such port", port, c.ID)
	}
	conn, err := dial(ctx)
	if err == nil && c.where.Load() != here {
		// The container moved meanwhile, and another one may have answered.
		conn.Close()
		return nil, errNowhere
	}
	return conn, err
}

func (c *Container) Dial(ctx context.Context) (net.Conn, error) { return c.DialPort(ctx, c.spec.Port) }

// SpeaksHTTP reports whether the app answered in HTTP when its readiness was probed. It is false, too, if it was not
// probed because its image has a HEALTHCHECK.
func (c *Container) SpeaksHTTP() bool { return c.http.Load() }

// Answered returns the HTTP status of the app's answer when it became ready, 0 if it was not probed or does not speak
// HTTP.
func (c *Container) Answered() int { return int(c.status.Load()) }

// Tail returns the last lines that the container printed, the newest last.
func (c *Container) Tail() []event.Log { return c.tail.lines() }

// TakeName gives the container the plain name of its Spec. A container of ours that has the name is renamed; one of
// somebody else's keeps it, and TakeName returns an error.
func (c *Container) TakeName(ctx context.Context) error {
	want := c.spec.Name
	if want == "" {
		return nil
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.name == want {
		return nil
	}
	cli := c.runner.engine.Client
	err := cli.ContainerRename(ctx, c.ID, want)
	if errdefs.IsConflict(err) {
		holder, inspectErr := cli.ContainerInspect(ctx, want)
		switch {
		case inspectErr != nil:
		case c.runner.sibling(holder.Config):
			return &fault.Error{What: fmt.Sprintf("naming the container: that of another stagewatch session is called %q", want),
				Hint: fmt.Sprintf("This one runs as %s. Choose another name with --name, or end the other session.", c.name)}
		case !c.runner.made(holder.Config):
			return &fault.Error{What: fmt.Sprintf("naming the container: another container, which is not ours, is called %q", want),
				Hint: fmt.Sprintf("This one runs as %s. Choose another name with --name, or remove the other container: docker rm %s", c.name, want)}
		default:
			// An error of the inspection means that it has gone meanwhile, which frees the name, too.
			_ = cli.ContainerRename(ctx, holder.ID, fmt.Sprintf("%s-old-%.6s", want, holder.ID))
		}
		err = cli.ContainerRename(ctx, c.ID, want)
	}
	if err != nil {
		return fmt.Errorf("naming the container %s: %w", want, err)
	}
	c.name = want
	return nil
}

// made reports whether a container has this runner's labels.
func (r *Runner) made(config *container.Config) bool {
	for key, value := range r.labels {
		if config.Labels[key] != value {
			return false
		}
	}
	return len(r.labels) > 0
}

// sibling reports whether a container has such labels as this runner's, of another session.
func (r *Runner) sibling(config *container.Config) bool {
	for key := range r.labels {
		if config.Labels[key] == "" {
			return false
		}
	}
	return len(r.labels) > 0 && !r.made(config)
}

// Refused reports whether the engine did not create or start a container for a reason that will not pass: what was
// requested is wrong or does not exist.
func Refused(err error) bool {
	return errdefs.IsInvalidArgument(err) || errdefs.IsNotFound(err) || errdefs.IsPermissionDenied(err) || errdefs.IsNotImplemented(err)
}
