package dockercompose

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/docker/docker/api/types/container"

	"github.com/stagewatch/stagewatch/engine/dock"
	"github.com/stagewatch/stagewatch/engine/fault"
	"github.com/stagewatch/stagewatch/engine/run"
)

// Template returns the settings that docker compose gives a container of a service. It makes one, which is removed again and never
// started; the image that the service names must be there. Asked again it returns the same, until [Compose.Anew].
func (c *Compose) Template(ctx context.Context, service string) (*run.Likeness, error) {
	c.one.Lock()
	defer c.one.Unlock()
	known := c.templates[service]
	if known != nil && !c.stale[service] || ctx.Err() != nil {
		return known, ctx.Err()
	}
	// One that is left half made would be in the way of the next.
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), templateWithin)
	defer cancel()
	var like *run.Likeness
	var err error
	// docker compose takes ours for its own, and fails where one of them goes at that moment.
	for range tries {
		if like, err = c.template(ctx, service, known == nil); err == nil {
			c.templates[service], c.stale[service] = like, false
			return like, nil
		}
		if known == nil {
			break
		}
	}
	return nil, err
}

const (
	// templateWithin bounds how long docker compose may take to make a container.
	templateWithin = 60 * time.Second
	// tries is how often it is asked for one.
	tries = 3
)

// template makes a container of a service and returns its settings. The first takes the place of one that docker compose left;
// those that follow are made beside ours.
func (c *Compose) template(ctx context.Context, service string, first bool) (*run.Likeness, error) {
	before, err := c.containers(ctx, service, true)
	if err != nil {
		return nil, fmt.Errorf("looking for the project's containers: %w", dock.Plain(err))
	}
	how := []string{"--force-recreate"}
	if !first {
		how = []string{"--no-recreate", "--scale", fmt.Sprintf("%s=%d", service, len(before)+1)}
	}
	said := c.do(ctx, slices.Concat([]string{"up", "--no-start", "--no-deps", "--no-build", "--pull", "never"}, how, []string{service})...)
	made, err := c.containers(ctx, service, true)
	made = slices.DeleteFunc(made, func(s container.Summary) bool {
		_, ours := s.Labels[dock.ContainerLabel]
		return ours || slices.ContainsFunc(before, func(b container.Summary) bool { return b.ID == s.ID })
	})
	err = errors.Join(said, dock.Plain(err))
	var like *run.Likeness
	switch {
	case err == nil && len(made) == 0:
		err = &fault.Error{What: "docker compose made no container for service " + service, Hint: "Does its file have scale: 0?"}
	case err == nil:
		like, err = run.NewLikeness(ctx, c.engine, made[0].ID, map[string]string{"com.docker.compose.container-number": "1"})
	}
	for _, one := range made {
		// One that took the place of another has the anonymous volumes of that, which stay.
		removing := container.RemoveOptions{Force: true, RemoveVolumes: !first || len(before) == 0}
		err = errors.Join(err, dock.Plain(c.engine.Client.ContainerRemove(ctx, one.ID, removing)))
	}
	return like, err
}

// Anew has the next [Compose.Template] of a service be of the project's files as they are then.
func (c *Compose) Anew(service string) {
	c.one.Lock()
	defer c.one.Unlock()
	c.stale[service] = true
}
