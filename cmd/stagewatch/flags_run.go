package main

import (
	"strconv"

	"github.com/docker/cli/opts"
	"github.com/spf13/pflag"
)

// containerFlags are docker run's, for the app's container. What has a form of its own is read with the rest of the
// configuration, by docker's own package.
func (o *options) containerFlags(f *pflag.FlagSet) {
	c := &o.cfg
	r := &c.Run
	f.StringArrayVarP(&c.Publish, "publish", "p", []string{"8080:8080"}, "Publish a port: [[address:]port:]container-port; the address is 127.0.0.1 if none is given, the port any free one if none is given, or the first free one of a range; the app has to answer on the first port published; a udp port of this machine needs --swap restart")
	f.BoolVarP(&c.PublishAll, "publish-all", "P", false, "Publish the ports that the image exposes, each at any free port of 127.0.0.1")
	f.StringArrayVarP(&c.Env, "env", "e", nil, "Set an environment variable in the container")
	f.StringArrayVar(&c.EnvFiles, "env-file", nil, "Read environment variables from a file")
	f.StringArrayVarP(&c.Volumes, "volume", "v", nil, "Mount a folder or a volume: SOURCE:PATH[:ro]")
	f.StringVar(&c.Network, "network", "", "Connect the container to a network")
	f.StringVar(&c.Name, "name", "", "Name of the container (default the name of the context folder)")
	f.StringArrayVar(&r.ExtraHosts, "add-host", nil, "Add a host: HOST:IP, where IP may be host-gateway")
	f.StringArrayVar(&r.CapAdd, "cap-add", nil, "Add a Linux capability")
	f.StringArrayVar(&r.CapDrop, "cap-drop", nil, "Drop a Linux capability")
	f.Var((*opts.NanoCPUs)(&r.CPUs), "cpus", "Number of CPUs, e.g. 1.5")
	f.StringArrayVar(&r.Devices, "device", nil, "Add a device of the engine's machine: PATH[:PATH][:rwm]")
	f.StringArrayVar(&r.DNS, "dns", nil, "Address of a DNS server")
	f.Var(presentText{&r.Entrypoint}, "entrypoint", "Program to run in place of the image's ENTRYPOINT; an empty one takes that away")
	f.StringArrayVar(&r.GPUs, "gpus", nil, "GPUs to add: all, a number, or device=NAME")
	f.Var(switched{&r.Init}, "init", "Run an init that forwards signals and reaps processes")
	f.Lookup("init").NoOptDefVal = "true"
	f.StringArrayVar(&r.Labels, "label", nil, "Label the container: NAME=value")
	f.StringVar(&r.LogDriver, "log-driver", "", "Log driver of the container")
	f.StringArrayVar(&r.LogOpts, "log-opt", nil, "Option of the log driver: NAME=value")
	f.VarP((*opts.MemBytes)(&r.Memory), "memory", "m", "Memory limit, e.g. 512m")
	f.StringArrayVar(&r.Mounts, "mount", nil, "Mount, e.g. type=bind,source=./data,target=/data")
	f.BoolVar(&r.Privileged, "privileged", false, "Give the container all that the engine may do")
	f.Var((*opts.MemBytes)(&r.ShmSize), "shm-size", "Size of /dev/shm, e.g. 256m")
	f.StringArrayVar(&r.Tmpfs, "tmpfs", nil, "Mount a tmpfs: PATH[:OPTIONS]")
	f.StringArrayVar(&r.Ulimits, "ulimit", nil, "Limit: NAME=SOFT[:HARD], e.g. nofile=1024:2048")
	f.StringVarP(&r.User, "user", "u", "", "User to run as: NAME or ID, and :GROUP behind it")
	f.StringVarP(&r.Workdir, "workdir", "w", "", "Working directory in the container")
}

// presentText is a flag's text where even an empty one counts.
type presentText struct{ text **string }

func (g presentText) Set(v string) error { *g.text = &v; return nil }
func (g presentText) Type() string       { return "string" }
func (g presentText) String() string {
	if g.text == nil || *g.text == nil {
		return ""
	}
	return **g.text
}

// switched is a switch for which off is not the same as not given.
type switched struct{ on **bool }

func (s switched) Set(v string) error {
	on, err := strconv.ParseBool(v)
	*s.on = &on
	return err
}
func (s switched) Type() string   { return "bool" }
func (s switched) String() string { return strconv.FormatBool(s.on != nil && *s.on != nil && **s.on) }
