package connect

import (
	"cmp"
	"context"
	"fmt"

	"github.com/stagewatch/stagewatch/engine/config"
	"github.com/stagewatch/stagewatch/engine/dock"
	"github.com/stagewatch/stagewatch/engine/event"
	"github.com/stagewatch/stagewatch/engine/solve"
)

// names are what the image and the container are called.
type names struct {
	emit func(event.Body)
	// image is the name that we chose for the image, empty where a person did, and tag the one with a tag that was free.
	image, tag string
	container  string
}

// chooseNames chooses the names that the configuration does not give.
func (c *Connection) chooseNames(ctx context.Context, cfg config.Config, emit func(event.Body)) {
	image := cfg.ImageName()
	c.names = names{emit: emit, container: cmp.Or(cfg.Name, config.ContainerName(image))}
	if len(cfg.Tags) == 0 {
		c.names.image = image
		c.chooseTag(ctx)
	}
}

// Named returns the configuration with the names that were chosen.
func (c *Connection) Named(cfg config.Config) config.Config {
	cfg.Name = c.names.container
	if c.names.image != "" {
		cfg.Tags = []string{c.names.tag}
	}
	return cfg
}

// chooseTag chooses a tag that no other image has.
func (c *Connection) chooseTag(ctx context.Context) {
	n := &c.names
	latest := n.image + ":latest"
	n.tag = latest
	for i := 1; c.theirs(ctx, n.tag); i++ {
		n.tag = fmt.Sprintf("%s:stagewatch-%d", n.image, i)
	}
	if n.tag != latest {
		n.emit(event.Warning{Code: event.CodeTagTaken, Message: fmt.Sprintf("there is an image %s already, which stays as it is; ours is %s", latest, n.tag), Hint: "Name ours with -t."})
	}
	if err := c.Session.OwnTag(n.tag); err != nil {
		n.emit(event.Warning{Code: event.CodeUnkept, Message: "the name of the image can't be kept where the next start looks for it: " + err.Error(), Hint: "After a crash it is left on the engine."})
	}
}

// theirs reports whether an image that this session did not make has the name.
func (c *Connection) theirs(ctx context.Context, tag string) bool {
	seen, err := c.Engine.Client.ImageInspect(ctx, tag)
	return err == nil && (seen.Config == nil || seen.Config.Labels[dock.Label] != c.Session.ID)
}

// Build builds under the session's name in the engine's history of builds.
func (c *Connection) Build(ctx context.Context, req solve.Request) (*solve.Result, error) {
	req.Record.Session = c.Session.ID
	return c.Builder.Build(ctx, req)
}

// TrimHistory removes all but the newest of our builds from the engine's build history. That of a builder elsewhere is shared:
// there what other people's sessions built stays.
func (c *Connection) TrimHistory(ctx context.Context) error {
	session := ""
	if c.Elsewhere() != "" {
		session = c.Session.ID
	}
	return c.Builder.TrimHistory(ctx, session)
}

// naming is the engine where images get names that are still ours: somebody may have built an image of their own under
// one of them meanwhile.
type naming struct {
	*dock.Engine
	c *Connection
}

func (n naming) Name(ctx context.Context, image string, names []string) ([]string, error) {
	if n.c.names.image != "" && len(names) > 0 {
		if n.c.theirs(ctx, n.c.names.tag) {
			n.c.chooseTag(ctx)
		}
		names = []string{n.c.names.tag}
	}
	return n.Engine.Name(ctx, image, names)
}
