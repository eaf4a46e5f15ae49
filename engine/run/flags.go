package run

import (
	"errors"
	"fmt"
	"strings"

	"github.com/docker/cli/opts"
	"github.com/docker/docker/api/types/container"
	"github.com/docker/docker/api/types/mount"
	"github.com/docker/go-units"

	"github.com/stagewatch/stagewatch/engine/fault"
)

// Options are flags of `docker run` with the values as they are typed, in docker's own forms. Zero values leave what the image
// and the engine say.
type Options struct {
	// Command is what is run in place of CMD, Entrypoint in place of ENTRYPOINT, which an empty one takes away.
	Command    []string
	Entrypoint *string
	// User is --user, Workdir --workdir.
	User, Workdir string
	// ExtraHosts are --add-host values, DNS addresses of servers.
	ExtraHosts, DNS []string
	// Memory and ShmSize are in bytes, CPUs in billionths of one.
	Memory, ShmSize, CPUs int64
	// Init is nil for the engine's default.
	Init            *bool
	Tmpfs, Mounts   []string
	Ulimits         []string
	CapAdd, CapDrop []string
	Privileged      bool
	Labels          []string
	LogDriver       string
	LogOpts         []string
	GPUs, Devices   []string
	// UDP are the --publish values of udp ports. The engine publishes them, so that two containers can't have them at once.
	UDP []string
}

// flag is one flag of docker run: what takes its values in, and how they are to be written.
type flag struct {
	name, hint string
	values     []string
	set        func(value string) error
}

// into puts the options into the engine's own types.
func (o Options) into(config *container.Config, host *container.HostConfig) error {
	config.Cmd, config.User, config.WorkingDir = o.Command, o.User, o.Workdir
	if o.Entrypoint != nil {
		config.Entrypoint = []string{*o.Entrypoint}
	}
	host.Memory, host.ShmSize, host.NanoCPUs = o.Memory, o.ShmSize, o.CPUs
	host.Init, host.Privileged = o.Init, o.Privileged
	host.CapAdd, host.CapDrop = o.CapAdd, o.CapDrop
	host.LogConfig = container.LogConfig{Type: o.LogDriver}
	if len(o.LogOpts) > 0 {
		host.LogConfig.Config = opts.ConvertKVStringsToMap(o.LogOpts)
	}
	if o.LogDriver == "none" && len(o.LogOpts) > 0 {
		return &fault.Error{What: "invalid logging opts for driver none", Hint: "Leave --log-opt out, or choose another --log-driver."}
	}
	for _, f := range o.flags(config, host) {
		for _, value := range f.values {
			if err := f.set(value); err != nil {
				return &fault.Error{What: fmt.Sprintf("reading --%s %q", f.name, value), Err: err, Hint: f.hint}
			}
		}
	}
	return o.publish(config, host)
}

// flags are those whose values have a form.
func (o Options) flags(config *container.Config, host *container.HostConfig) []flag {
	return []flag{
		{"add-host", "Write --add-host HOST:IP, or HOST:host-gateway for the engine's machine.", o.ExtraHosts, func(v string) error {
			v, err := opts.ValidateExtraHost(v)
			host.ExtraHosts = append(host.ExtraHosts, v)
			return err
		}},
		{"dns", "Write the address of a server, e.g. --dns 9.9.9.9.", o.DNS, func(v string) error {
			v, err := opts.ValidateIPAddress(v)
			host.DNS = append(host.DNS, v)
			return err
		}},
		{"tmpfs", "Write --tmpfs PATH, or PATH:OPTIONS, e.g. --tmpfs /run:size=64m.", o.Tmpfs, func(v string) error {
			at, options, _ := strings.Cut(v, ":")
			if host.Tmpfs == nil {
				host.Tmpfs = map[string]string{}
			}
			host.Tmpfs[at] = options
			return checkTarget(at)
		}},
		{"mount", "Write e.g. --mount type=bind,source=./data,target=/data,readonly.", o.Mounts, func(v string) error {
			m, err := parseMount(v)
			host.Mounts = append(host.Mounts, m...)
			return err
		}},
		{"ulimit", "Write --ulimit NAME=SOFT[:HARD], e.g. --ulimit nofile=1024:2048.", o.Ulimits, func(v string) error {
			limit, err := units.ParseUlimit(v)
			host.Ulimits = withLimit(host.Ulimits, limit)
			return err
		}},
		{"label", "Write --label NAME=value.", o.Labels, func(v string) error {
			v, err := opts.ValidateLabel(v)
			name, value, _ := strings.Cut(v, "=")
			if _, ours := config.Labels[name]; !ours && err == nil {
				config.Labels[name] = value
			}
			return err
		}},
		{"gpus", "Write --gpus all, a number, or e.g. --gpus device=0.", o.GPUs, func(v string) error {
			var gpus opts.GpuOpts
			if err := gpus.Set(v); err != nil {
				return err
			}
			for _, r := range gpus.Value() {
				host.DeviceRequests = append(host.DeviceRequests, container.DeviceRequest{Driver: r.Driver, Count: r.Count, DeviceIDs: r.DeviceIDs, Capabilities: r.Capabilities, Options: r.Options})
			}
			return nil
		}},
		{"device", "Write --device /dev/NAME, or /dev/NAME:/path/in/the/container:rwm.", o.Devices, func(v string) error {
			return addDevice(host, v)
		}},
	}
}

// withLimit returns the limits with another one, which takes the place of one with its name.
func withLimit(limits []*units.Ulimit, limit *units.Ulimit) []*units.Ulimit {
	for i, other := range limits {
		if limit != nil && other.Name == limit.Name {
			limits[i] = limit
			return limits
		}
	}
	return append(limits, limit)
}

// parseMount reads a --mount value. docker's own package returns types of the API's newer module, which have the same fields.
func parseMount(value string) ([]mount.Mount, error) {
	var mounts opts.MountOpt
	if err := mounts.Set(value); err != nil {
		return nil, err
	}
	for _, m := range mounts.Value() {
		if m.Target == "" {
			return nil, errors.New("it names no target")
		}
	}
	var out []mount.Mount
	err := recoded(mounts.Value(), &out)
	return out, err
}
