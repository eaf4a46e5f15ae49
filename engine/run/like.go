package run

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strconv"

	"github.com/docker/docker/api/types/container"
	"github.com/docker/docker/api/types/network"
	"github.com/docker/docker/client"
	"github.com/docker/go-connections/nat"
	ocispec "github.com/moby/docker-image-spec/specs-go/v1"

	"github.com/stagewatch/stagewatch/engine/dock"
)

// settings are what a container is made with.
type settings struct {
	config *container.Config
	host   *container.HostConfig
	// first are the networks that it is created on, and more those that it is connected to before it starts: engines before 25
	// take one at a time.
	first *network.NetworkingConfig
	more  map[string]*network.EndpointSettings
}

func (s settings) connect(ctx context.Context, cli *client.Client, id string) error {
	for _, name := range slices.Sorted(maps.Keys(s.more)) {
		if err := cli.NetworkConnect(ctx, name, id, s.more[name]); err != nil {
			return fmt.Errorf("connecting the container to network %s: %w", name, err)
		}
	}
	return nil
}

// settings returns what a container for the spec is made with.
func (r *Runner) settings(ctx context.Context, spec Spec) (settings, error) {
	if spec.Like != nil {
		return r.like(ctx, spec), nil
	}
	config, host, err := r.configure(ctx, spec)
	return settings{config: config, host: host}, err
}

// Likeness is the settings of a container, but for those that it has of its image.
type Likeness struct {
	seen  container.InspectResponse
	image ocispec.DockerOCIImageConfig
}

// NewLikeness returns the settings of a container, which need not have been started, but for the labels, which have those values.
func NewLikeness(ctx context.Context, e *dock.Engine, id string, labels map[string]string) (*Likeness, error) {
	seen, err := e.Client.ContainerInspect(ctx, id)
	if err != nil {
		return nil, fmt.Errorf("inspecting a container: %w", dock.Plain(err))
	}
	image, err := e.Client.ImageInspect(ctx, seen.Image)
	if err != nil {
		return nil, fmt.Errorf("inspecting the image of a container: %w", dock.Plain(err))
	}
	if seen.Config.Labels == nil {
		seen.Config.Labels = map[string]string{}
	}
	maps.Copy(seen.Config.Labels, labels)
	l := &Likeness{seen: seen}
	if image.Config != nil {
		l.image = *image.Config
	}
	return l, nil
}

// like returns the settings of another container, for the spec's image.
func (r *Runner) like(ctx context.Context, spec Spec) settings {
	seen := spec.Like.seen
	config, host := *seen.Config, *seen.HostConfig
	config.Env, config.Labels = slices.Clone(config.Env), maps.Clone(config.Labels)
	config.ExposedPorts, config.Volumes = maps.Clone(config.ExposedPorts), maps.Clone(config.Volumes)
	withoutImage(&config, &spec.Like.image)
	config.Image = spec.Image
	if len(seen.ID) >= 12 && config.Hostname == seen.ID[:12] {
		config.Hostname = ""
	}
	if config.Labels == nil {
		config.Labels = map[string]string{}
	}
	maps.Copy(config.Labels, r.labels)
	// What ends by itself is started again here.
	host.RestartPolicy = container.RestartPolicy{Name: container.RestartPolicyDisabled}
	host.AutoRemove = false
	host.PortBindings = nil
	if spec.Port != 0 && r.publishes(ctx, host.NetworkMode) {
		host.PortBindings = nat.PortMap{}
		if config.ExposedPorts == nil {
			config.ExposedPorts = nat.PortSet{}
		}
		for _, inside := range spec.ports() {
			port := nat.Port(strconv.Itoa(inside) + "/tcp")
			config.ExposedPorts[port] = struct{}{}
			host.PortBindings[port] = []nat.PortBinding{{HostIP: bindAddress(r.engine.Host)}}
		}
	}
	s := settings{config: &config, host: &host}
	if seen.NetworkSettings == nil || host.NetworkMode.IsContainer() || host.NetworkMode.IsHost() || host.NetworkMode.IsNone() {
		return s
	}
	s.more = map[string]*network.EndpointSettings{}
	for name, at := range seen.NetworkSettings.Networks {
		own := []string{seen.ID[:min(12, len(seen.ID))], seen.Name[min(1, len(seen.Name)):]}
		s.more[name] = &network.EndpointSettings{IPAMConfig: at.IPAMConfig, Links: at.Links, DriverOpts: at.DriverOpts, GwPriority: at.GwPriority,
			Aliases: slices.DeleteFunc(slices.Clone(at.Aliases), func(a string) bool { return slices.Contains(own, a) })}
	}
	if at, ok := s.more[string(host.NetworkMode)]; ok {
		s.first = &network.NetworkingConfig{EndpointsConfig: map[string]*network.EndpointSettings{string(host.NetworkMode): at}}
		delete(s.more, string(host.NetworkMode))
	}
	return s
}

// withoutImage takes out of a container's settings what it has of its image.
func withoutImage(c *container.Config, of *ocispec.DockerOCIImageConfig) {
	c.Env = slices.DeleteFunc(c.Env, func(e string) bool { return slices.Contains(of.Env, e) })
	if slices.Equal(c.Entrypoint, of.Entrypoint) {
		c.Entrypoint = nil
		if slices.Equal(c.Cmd, of.Cmd) {
			c.Cmd = nil
		}
	}
	if c.WorkingDir == of.WorkingDir {
		c.WorkingDir = ""
	}
	if c.User == of.User {
		c.User = ""
	}
	if c.StopSignal == of.StopSignal {
		c.StopSignal = ""
	}
	if c.Healthcheck != nil && of.Healthcheck != nil && slices.Equal(c.Healthcheck.Test, of.Healthcheck.Test) {
		c.Healthcheck = nil
	}
	c.Shell = nil
	c.OnBuild = nil
	for name, value := range of.Labels {
		if c.Labels[name] == value {
			delete(c.Labels, name)
		}
	}
	for port := range of.ExposedPorts {
		delete(c.ExposedPorts, nat.Port(port))
	}
	for path := range of.Volumes {
		delete(c.Volumes, path)
	}
}
