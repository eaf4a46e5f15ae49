package main

import (
	"errors"
	"fmt"
	"net/url"
	"os"
	"strings"

	"github.com/spf13/pflag"

	"github.com/stagewatch/stagewatch/engine/config"
	"github.com/stagewatch/stagewatch/engine/fault"
	"github.com/stagewatch/stagewatch/engine/tree"
	"github.com/stagewatch/stagewatch/ui/clean"
)

// options are the flags of every command, under docker's own names.
type options struct {
	cfg           config.Config
	context       string
	buildContexts []string
	progress      string
	record        string
	noMouse       bool
	verbose       bool
}

// The faces that --progress chooses from.
const (
	faceAuto  = "auto"
	faceTTY   = "tty"
	facePlain = "plain"
	faceJSON  = "json"
)

func (o *options) buildFlags(f *pflag.FlagSet) {
	c := &o.cfg
	f.StringVarP(&c.File, "file", "f", "", "the Dockerfile (default CONTEXT/Dockerfile, or dockerfile)")
	f.StringArrayVarP(&c.Tags, "tag", "t", nil, "name the image, and keep it at the end; as often as you like (default: the context folder's name, taken away at the end)")
	f.StringVar(&c.Target, "target", "", "the stage to build: its name, its number, or stage-N for one without a name (default the last)")
	f.StringVar(&c.Before, "before", "", "the stage to compare sizes with, as for --target (default the one that the target copies most from)")
	f.StringArrayVar(&c.BuildArgs, "build-arg", nil, "set an ARG: NAME=value, or NAME for the environment's value")
	f.StringArrayVar(&c.Secrets, "secret", nil, "a secret for RUN --mount=type=secret: id=NAME,src=FILE or id=NAME,env=VARIABLE")
	f.StringArrayVar(&c.SSH, "ssh", nil, "an ssh agent or key for RUN --mount=type=ssh: default or NAME=SOCKET")
	f.StringVar(&c.Platform, "platform", "", "the platform to build for, e.g. linux/arm64")
	f.StringArrayVar(&o.buildContexts, "build-context", nil, "a named context: NAME=FOLDER, NAME=docker-image://IMAGE, …")
	f.BoolVar(&c.ShowValues, "show-values", false, "show instructions with the values of their arguments, and not as they are written")
	f.StringArrayVar(&c.Ignore, "ignore", nil, "leave out of the context what matches, beside what editors and git keep for themselves: a line of .dockerignore; none switches the built-in rules off")
	f.BoolVar(&c.NoCache, "no-cache", false, "run every step of the first build")
	f.BoolVar(&c.Pull, "pull", false, "look base images up at their registry")
	f.StringVarP(&c.Engine.Host, "host", "H", "", "the engine's address (default DOCKER_HOST, or the docker context's)")
	f.StringVarP(&c.Engine.Context, "context", "c", "", "the docker context to use")
}

func (o *options) runFlags(f *pflag.FlagSet) {
	c := &o.cfg
	f.StringArrayVarP(&c.Publish, "publish", "p", []string{"8080:8080"}, "[[address:]port:]container-port; on 127.0.0.1 unless an address is given, at any free port where none is, at the first free one of a range; the first is the one that has to answer")
	f.StringArrayVarP(&c.Env, "env", "e", nil, "set an environment variable in the container")
	f.StringArrayVar(&c.EnvFiles, "env-file", nil, "read environment variables from a file")
	f.StringArrayVarP(&c.Volumes, "volume", "v", nil, "mount a folder or a volume: SOURCE:PATH[:ro]")
	f.StringVar(&c.Network, "network", "", "the container's network")
	f.StringVar(&c.Name, "name", "", "the container's name (default: the context folder's name)")
	f.StringVar(&c.Swap, "swap", config.BlueGreen, "blue-green, or restart for an app that can't run twice at once")
	f.DurationVar(&c.DrainTimeout, "drain-timeout", config.DefaultDrain, "how long requests in flight may keep an old container once the new one serves")
	f.StringVar(&c.ReadyPath, "ready-path", "", "the app is ready when it answers GET of this path with 2xx or 3xx (default the image's HEALTHCHECK, else any answer to GET /)")
	f.DurationVar(&c.ReadyTimeout, "ready-timeout", config.DefaultReady, "how long an app may take to be ready")
	f.BoolVar(&c.Poll, "poll", false, "compare the tree at intervals instead of being notified")
	f.StringVar(&o.record, "record", "", "write what happens to a file, for stagewatch replay; asks before it writes over one")
}

func (o *options) faceFlags(f *pflag.FlagSet) {
	f.StringVar(&o.progress, "progress", faceAuto, "auto, tty, plain or json")
	f.BoolVar(&o.verbose, "verbose", false, "in plain text, also what cached steps printed when they ran")
	f.BoolVar(&o.noMouse, "no-mouse", false, "leave the mouse to the terminal")
}

// config finishes the engine's configuration out of the flags and the arguments.
func (o *options) config(args []string) (config.Config, error) {
	c := o.cfg
	// A recording is to answer what its viewer asks, and who views it can't ask the engine.
	c.Inspect = o.record != ""
	// What is written here may lie in the context: > events.jsonl.
	c.Outputs = &tree.Outputs{}
	c.Outputs.Add(os.Stdout)
	c.Outputs.Add(os.Stderr)
	c.Context = "."
	if len(args) > 0 {
		c.Context = args[0]
	}
	switch o.progress {
	case faceAuto, faceTTY, facePlain, faceJSON:
	default:
		return c, &fault.Error{What: fmt.Sprintf("reading --progress %q: there is no such output", o.progress), Hint: "Choose auto, tty, plain or json."}
	}
	switch c.Swap {
	case "", config.BlueGreen, config.Restart:
	default:
		return c, &fault.Error{What: fmt.Sprintf("reading --swap %q: there is no such way to swap", c.Swap), Hint: "Choose blue-green or restart."}
	}
	if c.DrainTimeout < 0 || c.ReadyTimeout < 0 {
		return c, &fault.Error{What: "reading --drain-timeout and --ready-timeout: a time can't be negative", Hint: "Write e.g. 90s or 10m."}
	}
	if c.DrainTimeout == 0 {
		// As with docker stop --time 0. The engine's own zero stands for its default.
		c.DrainTimeout = -1
	}
	var err error
	if c.ReadyPath, err = readyPath(c.ReadyPath); err != nil {
		return c, err
	}
	if c.BuildArgs, err = buildArgs(c.BuildArgs); err != nil {
		return c, err
	}
	c.Waiting = func(file string) {
		fmt.Fprintf(os.Stderr, "stagewatch: waiting for %s, a pipe, to be written and closed\n", clean.Line(file))
	}
	c.BuildContexts = map[string]string{}
	for _, bc := range o.buildContexts {
		name, ref, ok := strings.Cut(bc, "=")
		if !ok || name == "" || ref == "" {
			return c, &fault.Error{What: fmt.Sprintf("reading --build-context %q", bc), Hint: "Write --build-context NAME=FOLDER."}
		}
		c.BuildContexts[name] = ref
	}
	return c, nil
}

// readyPath makes a path that can be asked for, with its query, of what somebody writes.
func readyPath(value string) (string, error) {
	if value == "" {
		return "", nil
	}
	u, err := url.Parse(value)
	switch parsing := (*url.Error)(nil); {
	case errors.As(err, &parsing):
		err = parsing.Err
	case u.Host != "" || u.Opaque != "":
		err = errors.New("it is a whole address")
	}
	if err != nil {
		return "", &fault.Error{What: fmt.Sprintf("reading --ready-path %q", value), Err: err, Hint: "Write a path, e.g. --ready-path /healthz; which port is asked, -p says."}
	}
	return "/" + strings.TrimPrefix(u.RequestURI(), "/"), nil
}

// buildArgs fills in what comes from the environment.
func buildArgs(values []string) ([]string, error) {
	var out []string
	for _, value := range values {
		name, _, assigned := strings.Cut(value, "=")
		if name == "" {
			return nil, &fault.Error{What: "reading --build-arg: one of them has no name", Hint: "Write --build-arg NAME=value."}
		}
		if !assigned {
			v, set := os.LookupEnv(name)
			if !set {
				// As docker does: an argument without a value that the environment lacks is not set.
				continue
			}
			value = name + "=" + v
		}
		out = append(out, value)
	}
	return out, nil
}

// face is how to show things; interactive says whether a dashboard would be seen.
func (o *options) face(interactive bool) face {
	f := face{kind: o.progress, record: o.record, noMouse: o.noMouse, verbose: o.verbose}
	if f.kind == faceAuto {
		f.kind = facePlain
		if interactive {
			f.kind = faceTTY
		}
	}
	return f
}
