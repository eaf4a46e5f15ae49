package main

import (
	"errors"
	"fmt"
	"net/url"
	"os"
	"strings"
	"time"

	"github.com/spf13/pflag"

	"github.com/stagewatch/stagewatch/engine/config"
	"github.com/stagewatch/stagewatch/engine/dock"
	"github.com/stagewatch/stagewatch/engine/fault"
	"github.com/stagewatch/stagewatch/engine/tree"
	"github.com/stagewatch/stagewatch/ui/clean"
)

// options are the values of the flags, which have docker's names where docker has them.
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

// sourceFlags are what a build is made of, and the engine that makes it.
func (o *options) sourceFlags(f *pflag.FlagSet) {
	c := &o.cfg
	if f.Lookup("file") == nil {
		f.StringVarP(&c.File, "file", "f", "", "Path of the Dockerfile (default CONTEXT/Dockerfile, else CONTEXT/dockerfile)")
	}
	f.StringVar(&c.Target, "target", "", "Stage to build: its name, its number from 0, or stage-N for one without a name (default the last stage)")
	f.StringArrayVar(&c.BuildArgs, "build-arg", nil, "Set a build argument: NAME=value, or NAME to take the value from the environment")
	f.StringArrayVar(&c.Secrets, "secret", nil, "Secret to expose to RUN --mount=type=secret: id=NAME,src=FILE or id=NAME,env=VARIABLE")
	f.StringArrayVar(&c.SSH, "ssh", nil, "SSH agent or key to expose to RUN --mount=type=ssh: default or NAME=SOCKET")
	f.StringVar(&c.Platform, "platform", os.Getenv("DOCKER_DEFAULT_PLATFORM"), "Platform to build for, e.g. linux/arm64")
	f.StringArrayVar(&o.buildContexts, "build-context", nil, "Additional build context: NAME=FOLDER, NAME=docker-image://IMAGE, …")
	f.BoolVar(&c.ShowValues, "show-values", false, "Show the values of build arguments, and not $NAME in their place")
	f.StringArrayVar(&c.Ignore, "ignore", nil, "Leave files out of the context, as a line of .dockerignore does; adds to the built-in rules for files of editors and git, which the word none switches off")
	f.BoolVar(&c.Pull, "pull", false, "Always look up base images in their registry")
	f.StringVar(&c.Engine.Builder, "builder", os.Getenv("BUILDX_BUILDER"), "Builder of docker buildx to build with, or the address of a BuildKit, tcp://HOST:PORT or unix:///PATH; default is the engine's own (default the one that docker buildx use chose)")
	o.engineFlags(f)
}

// engineFlags say which engine.
func (o *options) engineFlags(f *pflag.FlagSet) {
	f.StringVarP(&o.cfg.Engine.Host, "host", "H", "", "Address of the engine to connect to (default DOCKER_HOST, else the docker context's)")
	f.StringVarP(&o.cfg.Engine.Context, "context", "c", "", "Name of the docker context to connect with")
}

func (o *options) buildFlags(f *pflag.FlagSet) {
	o.sourceFlags(f)
	c := &o.cfg
	f.StringArrayVarP(&c.Tags, "tag", "t", nil, "Name the image and keep it at the end; can be repeated (default the name of the context folder, removed at the end)")
	f.StringVar(&c.Before, "before", "", "Stage to compare sizes with, named as for --target (default the stage that the target copies most from)")
	f.StringArrayVar(&c.Checks, "check", nil, "Stage to build beside the target, after it serves, to see whether that succeeds: tests, say; named as for --target; can be repeated")
	f.StringArrayVar(&c.Gates, "gate", nil, "Stage that has to succeed before a build is handed over, or its image named; else as --check")
	f.BoolVar(&c.NoCache, "no-cache", false, "Do not use the cache for the first build")
	f.StringArrayVar(&c.Uncached, "no-cache-filter", nil, "Do not use the cache for this stage, and what reads it, in the first build; can be repeated")
	f.BoolVar(&c.PlainGraph, "plain-graph", false, "Have every COPY --from wait for the last step of its stage, also where an earlier state is proven to have the same files to copy")
}

// againstFlags are what the target is compared with.
func (o *options) againstFlags(f *pflag.FlagSet) {
	a := &o.cfg.Against
	f.StringVar(&a.Image, "against", "", "Image to compare the target with, which the engine has: its name or ID")
	f.StringVar(&a.File, "against-file", "", "Dockerfile to compare the target with: its last stage is built as the target is, of the same context, and removed")
	f.StringVar(&a.Bandwidth, "bandwidth", config.DefaultBandwidth, "Bandwidth that the time of a pull is worked out with, as compressed size over bandwidth: 800kbit, 50Mbit, 1Gbit")
}

func (o *options) runFlags(f *pflag.FlagSet) {
	c := &o.cfg
	f.StringVar(&c.Swap, "swap", config.BlueGreen, "How to replace the container: blue-green starts the new one before the old one stops; restart is for an app that can't run twice at once")
	f.DurationVar(&c.DrainTimeout, "drain-timeout", config.DefaultDrain, "How long an old container may take to finish its requests once the new one serves")
	f.BoolVar(&c.Reload, "reload", false, "Have browsers reload the app's pages after each hand-over, and show over them why a build failed; puts a script into pages")
	f.StringVar(&c.ReadyPath, "ready-path", "", "The app is ready when it answers GET of this path with 2xx or 3xx (default the image's HEALTHCHECK, else any answer to GET /)")
	f.DurationVar(&c.ReadyTimeout, "ready-timeout", config.DefaultReady, "How long an app may take to be ready")
	f.BoolVar(&c.Poll, "poll", false, "Compare files at intervals instead of waiting for notifications")
	f.StringVar(&o.record, "record", "", "Write the session to a file for stagewatch replay; asks before it overwrites one")
}

// projectFlags are those that a project can have in its settings: how it is built, held to limits, and run.
func (o *options) projectFlags(f *pflag.FlagSet) {
	grouped(f, "Flags of the build", func(f *pflag.FlagSet) {
		o.buildFlags(f)
		o.stepFlags(f, ofBuild)
	})
	grouped(f, "Flags of the container", o.containerFlags)
	o.budgetFlags(f)
	o.runFlags(f)
}

func (o *options) faceFlags(f *pflag.FlagSet) {
	f.StringVar(&o.progress, "progress", faceAuto, "Type of output: auto, tty, plain or json")
	f.BoolVar(&o.verbose, "verbose", false, "In plain text, also show what cached steps printed when they ran")
	f.BoolVar(&o.noMouse, "no-mouse", false, "Leave the mouse to the terminal")
}

// config returns the engine's configuration from the flags and the arguments. It checks the values that only the
// command line knows; the engine checks the others.
func (o *options) config(args []string) (config.Config, error) {
	c := o.cfg
	// A recording holds the files of all layers, because its viewer has no engine to ask.
	c.Inspect = o.record != ""
	// A redirected stream may lie in the context: > events.jsonl.
	c.Outputs = &tree.Outputs{}
	c.Outputs.Add(os.Stdout)
	c.Outputs.Add(os.Stderr)
	c.Engine.Platform = c.Platform
	c.Context = "."
	if len(args) > 0 {
		c.Context = args[0]
	}
	switch o.progress {
	case faceAuto, faceTTY, facePlain, faceJSON:
	default:
		return c, &fault.Error{What: fmt.Sprintf("reading --progress %q: unknown type of output", o.progress), Hint: "Choose auto, tty, plain or json."}
	}
	switch c.Swap {
	case "", config.BlueGreen, config.Restart:
	default:
		return c, &fault.Error{What: fmt.Sprintf("reading --swap %q: unknown way to replace the container", c.Swap), Hint: "Choose blue-green or restart."}
	}
	for name, value := range map[string]time.Duration{"drain-timeout": c.DrainTimeout, "ready-timeout": c.ReadyTimeout} {
		if value < 0 {
			return c, &fault.Error{What: fmt.Sprintf("reading --%s %s: a duration can't be negative", name, value), Hint: "Write e.g. 90s or 10m."}
		}
	}
	if c.DrainTimeout == 0 {
		// Zero means at once, as for docker stop --time 0. In the configuration zero means the default.
		c.DrainTimeout = -1
	}
	var err error
	if c.ReadyPath, err = readyPath(c.ReadyPath); err != nil {
		return c, err
	}
	c = c.WithProxies(dock.Proxies(c.Engine))
	if c.BuildArgs, err = buildArgs(c.BuildArgs); err != nil {
		return c, err
	}
	c.Waiting = func(file string) {
		fmt.Fprintf(os.Stderr, "stagewatch: waiting until somebody writes to the pipe %s and closes it\n", clean.Line(file))
	}
	c.BuildContexts = map[string]string{}
	for _, bc := range o.buildContexts {
		name, ref, ok := strings.Cut(bc, "=")
		if !ok || name == "" || ref == "" {
			return c, &fault.Error{What: fmt.Sprintf("reading --build-context %q: the name or the folder is missing", bc), Hint: "Write --build-context NAME=FOLDER."}
		}
		c.BuildContexts[name] = ref
	}
	return c, nil
}

// readyPath returns the value as a request path with its query, escaped. Empty stays empty.
func readyPath(value string) (string, error) {
	if value == "" {
		return "", nil
	}
	u, err := url.Parse(value)
	switch parsing := (*url.Error)(nil); {
	case errors.As(err, &parsing):
		err = parsing.Err
	case u.Host != "" || u.Opaque != "":
		err = errors.New("this is a URL, not a path")
	}
	if err != nil {
		return "", &fault.Error{What: fmt.Sprintf("reading --ready-path %q", value), Err: err, Hint: "Write only the path, e.g. --ready-path /healthz. The port comes from -p."}
	}
	return "/" + strings.TrimPrefix(u.RequestURI(), "/"), nil
}

// buildArgs returns NAME=value for each value, and takes missing ones from the environment.
func buildArgs(values []string) ([]string, error) {
	var out []string
	for _, value := range values {
		name, _, assigned := strings.Cut(value, "=")
		if name == "" {
			return nil, &fault.Error{What: "reading --build-arg: the name is missing", Hint: "Write --build-arg NAME=value."}
		}
		if !assigned {
			v, set := os.LookupEnv(name)
			if !set {
				// docker leaves such an argument unset, too.
				continue
			}
			value = name + "=" + v
		}
		out = append(out, value)
	}
	return out, nil
}

// face returns the face that --progress asks for. auto means the dashboard if interactive is set, else plain text.
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
