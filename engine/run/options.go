package run

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"strconv"
	"strings"

	"github.com/containerd/errdefs"
	"github.com/docker/cli/pkg/kvfile"
	"github.com/docker/docker/api/types/container"
	"github.com/docker/docker/api/types/network"
	"github.com/docker/go-connections/nat"
	"github.com/moby/buildkit/util/suggest"

	"github.com/stagewatch/stagewatch/engine/fault"
)

// Check returns an error for a spec that is wrong whatever the engine.
func (s Spec) Check() error {
	if _, err := environment(s); err != nil {
		return err
	}
	for _, volume := range s.Volumes {
		if _, _, err := parseVolume(volume); err != nil {
			return err
		}
	}
	return s.into(&container.Config{Labels: map[string]string{}}, &container.HostConfig{})
}

// Check returns an error for a spec that the engine could not run, before there is an image to run.
func (r *Runner) Check(ctx context.Context, spec Spec) error {
	if spec.Like != nil {
		return nil
	}
	_, host, err := r.configure(ctx, spec)
	if err != nil || spec.Network == "" || !host.NetworkMode.IsUserDefined() {
		return err
	}
	_, err = r.engine.Client.NetworkInspect(ctx, spec.Network, network.InspectOptions{})
	if errdefs.IsNotFound(err) {
		return &fault.Error{What: fmt.Sprintf("reading --network %q: the engine has no such network", spec.Network),
			Hint: r.hintNetworks(ctx, spec.Network)}
	}
	return nil
}

// hintNetworks says how to create the network, or which existing one may be meant.
func (r *Runner) hintNetworks(ctx context.Context, wanted string) string {
	hint := "Create it: docker network create " + wanted
	found, err := r.engine.Client.NetworkList(ctx, network.ListOptions{})
	var names []string
	for _, n := range found {
		names = append(names, n.Name)
	}
	if match, ok := suggest.Search(wanted, names, true); ok && err == nil {
		hint = fmt.Sprintf("Did you mean %s? If not, create it: docker network create %s", match, wanted)
	}
	return hint
}

// configure converts a Spec to the engine's own types.
func (r *Runner) configure(ctx context.Context, spec Spec) (*container.Config, *container.HostConfig, error) {
	env, err := environment(spec)
	if err != nil {
		return nil, nil, err
	}
	config := &container.Config{Image: spec.Image, Env: env, Labels: maps.Clone(r.labels)}
	host := &container.HostConfig{NetworkMode: container.NetworkMode(spec.Network), RestartPolicy: container.RestartPolicy{Name: container.RestartPolicyDisabled}}
	if config.Labels == nil {
		config.Labels = map[string]string{}
	}
	if err := spec.into(config, host); err != nil {
		return nil, nil, err
	}
	for _, volume := range spec.Volumes {
		bind, anonymous, err := parseVolume(volume)
		if err != nil {
			return nil, nil, err
		}
		if anonymous != "" {
			if config.Volumes == nil {
				config.Volumes = map[string]struct{}{}
			}
			config.Volumes[anonymous] = struct{}{}
			continue
		}
		host.Binds = append(host.Binds, bind)
	}
	if spec.Port == 0 {
		return config, host, nil
	}
	if host.NetworkMode.IsNone() || host.NetworkMode.IsContainer() {
		return nil, nil, &fault.Error{What: fmt.Sprintf("reaching port %d of the app: with --network %s the container has no port of its own", spec.Port, spec.Network),
			Hint: "Leave --network out, or choose a bridge network."}
	}
	if r.publishes(ctx, host.NetworkMode) {
		if config.ExposedPorts == nil {
			config.ExposedPorts, host.PortBindings = nat.PortSet{}, nat.PortMap{}
		}
		for _, inside := range spec.ports() {
			port := nat.Port(strconv.Itoa(inside) + "/tcp")
			config.ExposedPorts[port] = struct{}{}
			host.PortBindings[port] = []nat.PortBinding{{HostIP: bindAddress(r.engine.Host)}}
		}
	}
	return config, host, nil
}

// environment returns the variables of --env-file and --env. Those of --env come last, so that they win.
func environment(spec Spec) ([]string, error) {
	var env []string
	for _, file := range spec.EnvFiles {
		if info, err := os.Stat(file); err == nil && info.Mode().Type() == fs.ModeNamedPipe {
			return nil, &fault.Error{What: "reading --env-file " + file + ": it is a pipe, but it must be read at every start", Hint: "Write the variables to a regular file, and name that one."}
		}
		pairs, err := kvfile.Parse(file, os.LookupEnv)
		if errors.Is(err, fs.ErrNotExist) {
			return nil, &fault.Error{What: "reading --env-file " + file, Err: fs.ErrNotExist, Hint: "A relative path starts at the working folder."}
		}
		if err != nil {
			return nil, &fault.Error{What: "reading --env-file " + file, Err: err, Hint: "Each line must have the form NAME=value."}
		}
		env = append(env, pairs...)
	}
	for _, pair := range spec.Env {
		name, _, assigned := strings.Cut(pair, "=")
		if name == "" {
			return nil, &fault.Error{What: fmt.Sprintf("reading --env %q: the variable has no name", pair), Hint: "Write --env NAME=value."}
		}
		if assigned {
			env = append(env, pair)
		} else if value, set := os.LookupEnv(name); set {
			env = append(env, name+"="+value)
		}
	}
	return env, nil
}
