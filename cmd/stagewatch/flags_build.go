package main

import (
	"slices"
	"strings"

	"github.com/docker/cli/opts"
	"github.com/spf13/pflag"
)

// ofBuildAndRun are the flags that docker build and docker run both have. The loop does both: there they are docker run's, and
// docker build's begin with build-.
var ofBuildAndRun = []string{"add-host", "label", "network", "shm-size", "ulimit"}

// ofBuild is the prefix of docker build's flags in the loop.
const ofBuild = "build-"

// stepFlags are what RUN finds, and labels of the image. The names begin with the prefix. What has a form of its own is read with
// the rest of the configuration, by docker's own package.
func (o *options) stepFlags(f *pflag.FlagSet, prefix string) {
	c := &o.cfg
	f.StringArrayVar(&c.Build.ExtraHosts, prefix+"add-host", nil, "Give the steps of the build a host: HOST:IP or HOST=IP, where IP may be host-gateway; can be repeated")
	f.StringArrayVar(&c.Build.Labels, prefix+"label", nil, "Label the image: NAME=value; can be repeated")
	f.StringVar(&c.RunNetwork, prefix+"network", "", "Network of the steps of the build: default, none or host")
	f.Var((*opts.MemBytes)(&c.Build.ShmSize), prefix+"shm-size", "Size of /dev/shm for the steps of the build, e.g. 256m")
	f.StringArrayVar(&c.Build.Ulimits, prefix+"ulimit", nil, "Limit for the steps of the build: NAME=SOFT[:HARD], e.g. nofile=1024:2048; can be repeated")
}

// counterpart returns the flag among f that means what the loop's flag called name means, nil for none.
func counterpart(f *pflag.FlagSet, name string) *pflag.Flag {
	plain, ofBuild := strings.CutPrefix(name, ofBuild)
	switch runs := f.Lookup("build-"+plain) != nil; {
	case !slices.Contains(ofBuildAndRun, plain) || runs:
		return f.Lookup(name)
	case ofBuild:
		return f.Lookup(plain)
	}
	return nil // docker run's, where there is only docker build's
}
