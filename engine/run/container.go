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

// Container is a container that was started. Its methods may be called from any goroutine.
type Container struct {
	// ID is the engine's id.
	ID string
	// Image and Build are those of the [Spec].
	Image string
	Build int

	runner *Runner
	spec   Spec
	// where is where the app is dialled, nil where it can't be; moved tells that it is another place than told was.
	where atomic.Pointer[place]
	moved chan struct{}
	told  string
	// pid is the app's first process as the engine's machine numbers it.
	pid int
	// healthcheck is the command of the image's HEALTHCHECK, nil where it has none, and healthWithin how long it may take.
	healthcheck  []string
	healthWithin time.Duration
	// logDriver keeps what the container prints, and path is the program that it runs.
	logDriver, path string

	// http is what readiness learned of the app's protocol, and status how the app answered then.
	http   atomic.Bool
	status atomic.Int64
	// trouble is how the last attempt to find it ready failed.
	trouble atomic.Pointer[error]

	// done is closed when the container has ended; then exit holds.
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

// Start creates a container and starts it. An error means that nothing is left of it.
// The context bounds the start, not the container's life.
func (r *Runner) Start(ctx context.Context, spec Spec) (*Container, error) {
	config, host, err := r.configure(ctx, spec)
	if err != nil {
		return nil, err
	}
	c := &Container{
		Image: spec.Image, Build: spec.Build, runner: r, spec: spec,
		done: make(chan struct{}), logged: make(chan struct{}), moved: make(chan struct{}, 1), tail: newTail(),
	}
	if spec.Name != "" {
		// Not the build alone: a build can be started anew while its last container still goes down.
		c.name = fmt.Sprintf("%s-%d-%s", spec.Name, spec.Build, strings.ToLower(rand.Text()[:4]))
	}
	cli := r.engine.Client
	// Not to be cut short: the engine would go on creating what nobody knows of.
	whole, done := context.WithTimeout(context.WithoutCancel(ctx), retireWithin)
	defer done()
	created, err := cli.ContainerCreate(whole, config, host, nil, nil, c.name)
	if err != nil {
		return nil, explainStart("creating the container", err)
	}
	c.ID = created.ID
	var since string
	if err = ctx.Err(); err == nil {
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

// start starts the created container and learns its address. Since is the engine's own time of that.
func (c *Container) start(ctx context.Context) (since string, err error) {
	cli := c.runner.engine.Client
	if err := cli.ContainerStart(ctx, c.ID, container.StartOptions{}); err != nil {
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
	// Where it ended before it could be looked at, the address went with it. Whoever waits for it to be ready learns
	// how it ended.
	if here != nil {
		c.where.Store(here)
		c.told = here.addr
	}
	return seen.State.StartedAt, nil
}

// Name is the container's name at this time.
func (c *Container) Name() string {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.name
}

// Port is the port of the app that readiness is a matter of, 0 for none.
func (c *Container) Port() int { return c.spec.Port }

// DialPort opens a connection to one of the ports of the Spec.
func (c *Container) DialPort(ctx context.Context, port int) (net.Conn, error) {
	here := c.where.Load()
	if here == nil {
		return nil, errNowhere
	}
	dial := here.dials[port]
	if dial == nil {
		return nil, fmt.Errorf("dialling port %d of container %.12s: it is none of the ports of its spec", port, c.ID)
	}
	conn, err := dial(ctx)
	if err == nil && c.where.Load() != here {
		// It moved meanwhile, and who answered may be another one.
		conn.Close()
		return nil, errNowhere
	}
	return conn, err
}

// Dial opens a connection to the app.
func (c *Container) Dial(ctx context.Context) (net.Conn, error) { return c.DialPort(ctx, c.spec.Port) }

// SpeaksHTTP tells whether the app has answered in HTTP when it was asked whether it is ready. False may also mean
// that it was not asked, because its image has a HEALTHCHECK.
func (c *Container) SpeaksHTTP() bool { return c.http.Load() }

// Answered is the HTTP status with which the app answered when it got ready, 0 where it was not asked or does not speak
// HTTP.
func (c *Container) Answered() int { return int(c.status.Load()) }

// Tail is the end of what the container printed, a few lines, the newest last.
func (c *Container) Tail() []event.Log { return c.tail.lines() }

// TakeName gives the container the plain name of its Spec. A container with our labels that still bears the
// name gives it up; one of somebody else's keeps it, and the error says so.
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
		if inspectErr == nil && !c.runner.made(holder.Config) {
			return &fault.Error{What: fmt.Sprintf("naming the container: the name %q is taken by a container that is not ours", want),
				Hint: fmt.Sprintf("It runs as %s. Choose another name with --name, or remove the other: docker rm %s", c.name, want)}
		}
		if inspectErr == nil {
			// It may be gone before it is renamed: all the better.
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

// made tells whether a container carries this runner's labels.
func (r *Runner) made(config *container.Config) bool {
	for key, value := range r.labels {
		if config.Labels[key] != value {
			return false
		}
	}
	return len(r.labels) > 0
}

// Refused tells whether an engine did not create or start a container for a reason that stays: what was asked for is
// wrong, or not there.
func Refused(err error) bool {
	return errdefs.IsInvalidArgument(err) || errdefs.IsNotFound(err) || errdefs.IsPermissionDenied(err) || errdefs.IsNotImplemented(err)
}
