package run

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"github.com/docker/cli/pkg/kvfile"
	"github.com/docker/docker/api/types/container"
	"github.com/docker/go-connections/nat"

	"github.com/stagewatch/stagewatch/engine/dock"
)

// Check tells what is wrong with a spec before there is an image to run.
func (r *Runner) Check(ctx context.Context, spec Spec) error {
	_, _, err := r.configure(ctx, spec)
	return err
}

// configure turns a Spec into the engine's words.
func (r *Runner) configure(ctx context.Context, spec Spec) (*container.Config, *container.HostConfig, error) {
	env, err := environment(spec)
	if err != nil {
		return nil, nil, err
	}
	config := &container.Config{Image: spec.Image, Env: env, Labels: r.labels, Tty: spec.TTY}
	host := &container.HostConfig{NetworkMode: container.NetworkMode(spec.Network)}
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
		return nil, nil, &dock.Error{What: fmt.Sprintf("reaching port %d of the app: a container with --network %s has no port of its own", spec.Port, spec.Network),
			Hint: "Choose a bridge network, or none of these."}
	}
	if r.publishes(ctx, host.NetworkMode) {
		config.ExposedPorts, host.PortBindings = nat.PortSet{}, nat.PortMap{}
		for _, inside := range spec.ports() {
			port := nat.Port(strconv.Itoa(inside) + "/tcp")
			config.ExposedPorts[port] = struct{}{}
			host.PortBindings[port] = []nat.PortBinding{{HostIP: bindAddress(r.engine.Host)}}
		}
	}
	return config, host, nil
}

// environment is what --env and --env-file amount to: files first, so that --env wins.
func environment(spec Spec) ([]string, error) {
	var env []string
	for _, file := range spec.EnvFiles {
		pairs, err := kvfile.Parse(file, os.LookupEnv)
		if err != nil {
			return nil, &dock.Error{What: "reading --env-file " + file, Err: err, Hint: "It holds lines NAME=value."}
		}
		env = append(env, pairs...)
	}
	for _, pair := range spec.Env {
		name, _, assigned := strings.Cut(pair, "=")
		if name == "" {
			return nil, &dock.Error{What: fmt.Sprintf("reading --env %q: it has no name", pair), Hint: "Write --env NAME=value."}
		}
		if assigned {
			env = append(env, pair)
		} else if value, set := os.LookupEnv(name); set {
			env = append(env, name+"="+value)
		}
	}
	return env, nil
}

// parseVolume reads a --volume value: either a bind in the engine's words, or an anonymous volume's path.
func parseVolume(volume string) (bind, anonymous string, err error) {
	// A drive letter is no separator.
	drive := filepath.VolumeName(volume)
	source, rest, mounted := strings.Cut(volume[len(drive):], ":")
	source = drive + source
	if !mounted {
		if !strings.HasPrefix(source, "/") {
			return "", "", &dock.Error{What: fmt.Sprintf("reading --volume %q: it names no path in the container", volume),
				Hint: "Write --volume FOLDER:/path/in/the/container."}
		}
		return "", source, nil
	}
	if strings.HasPrefix(source, ".") || strings.HasPrefix(source, "~/") {
		if home, isHome := strings.CutPrefix(source, "~/"); isHome {
			dir, err := os.UserHomeDir()
			if err != nil {
				return "", "", fmt.Errorf("reading --volume %q: %w", volume, err)
			}
			source = filepath.Join(dir, home)
		}
		if source, err = filepath.Abs(source); err != nil {
			return "", "", fmt.Errorf("reading --volume %q: %w", volume, err)
		}
	}
	return source + ":" + rest, "", nil
}
