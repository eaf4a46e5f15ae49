// Package engine is the loop that keeps a multi-stage Dockerfile built and running while its source is
// edited: it takes in changed paths, plans what they affect, builds it, runs the image and hands the
// published port over, and tells all of it as events.
//
// [Start] connects everything for real. The loop itself talks to the engine, the runner and the front
// through small interfaces of its own. Nothing here knows what a terminal is.
package engine

import (
	"cmp"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/containerd/platforms"
	"github.com/distribution/reference"

	"github.com/stagewatch/stagewatch/engine/dock"
	"github.com/stagewatch/stagewatch/engine/fault"
	"github.com/stagewatch/stagewatch/engine/run"
	"github.com/stagewatch/stagewatch/engine/tree"
)

// Config is what to build and how to run it, in the words of docker's own flags.
type Config struct {
	// Context is the folder of the build context.
	Context string
	// File is the Dockerfile's path, empty for Context/Dockerfile.
	File string
	// Target is the stage to build, empty for the last.
	Target string
	// Before is the stage to compare sizes with, empty for the one that the target copies most from.
	Before string
	// Tags name the image; none names it after the context's folder, and takes the name away at the end.
	Tags []string
	// BuildArgs are NAME=value, or NAME for the value in the environment.
	BuildArgs []string
	// BuildContexts are named contexts: folders, docker-image://…, https://….
	BuildContexts map[string]string
	// Secrets and SSH are the values of --secret and --ssh.
	Secrets, SSH []string
	Platform     string
	NoCache      bool
	Pull         bool
	// ShowValues shows instructions with their arguments filled in, and not as they are written.
	ShowValues bool
	// Ignore are rules beside those of the ignore file, as lines of one; "none" takes the built-in ones away.
	Ignore []string
	// Outputs are the files that the faces write: what happens to them is never a change. Nil is none.
	Outputs *tree.Outputs

	// Publish are the values of -p: [[address:]port:]containerPort. The first is the app's own port, the one
	// that has to answer; none stands for 8080:8080.
	Publish []string
	// Name, Network, Env, EnvFiles and Volumes are as for docker run.
	Name, Network          string
	Env, EnvFiles, Volumes []string
	// Swap is "blue-green", or "restart" for an app that can't run twice at once.
	Swap string
	// DrainTimeout is how long requests in flight may keep an old container once the new one serves: 0 for
	// [DrainWithin], less for no time at all.
	DrainTimeout time.Duration
	// ReadyPath is asked whether the app is ready, empty for the image's HEALTHCHECK or any answer at all;
	// ReadyTimeout is how long that may take, 0 for [ReadyWithin].
	ReadyPath    string
	ReadyTimeout time.Duration

	// Engine chooses the engine.
	Engine dock.Options
	// Inspect tells the files of every build that is measured, and not only once that is asked for.
	Inspect bool
	// Waiting is told of a Dockerfile that is a pipe, and that takes its time; nil is not. [Run] tells it as an event.
	Waiting func(file string)
	// Await waits for a Dockerfile where there is none, in place of ending with an error.
	Await bool
	// Once builds once, measures, and ends; nothing is run or watched.
	Once bool
	// Poll compares the tree at intervals instead of being notified.
	Poll bool
}

// check finds what is wrong with the flags before anything is done for them.
func (c Config) check() error {
	for _, tag := range c.Tags {
		ref, err := reference.ParseNormalizedNamed(tag)
		if _, digested := ref.(reference.Digested); err == nil && digested {
			err = errors.New("an image can't be given a digest")
		}
		if err != nil {
			return &fault.Error{What: fmt.Sprintf("reading -t %q", tag), Err: err, Hint: "Write -t NAME or -t NAME:TAG, in small letters."}
		}
	}
	if err := checkPlatform(c.Platform); err != nil {
		return &fault.Error{What: fmt.Sprintf("reading --platform %q", c.Platform), Err: err, Hint: "Write one platform, e.g. --platform linux/arm64."}
	}
	if c.Name != "" && !containerName.MatchString(c.Name) {
		return &fault.Error{What: fmt.Sprintf("reading --name %q: a container can't be called that", c.Name), Hint: "Use letters, digits, and after the first one _ . -"}
	}
	if c.Once {
		return nil
	}
	if _, err := c.ports(); err != nil {
		return err
	}
	return c.spec().Check()
}

func checkPlatform(platform string) error {
	if strings.Contains(platform, ",") {
		return errors.New("an engine runs images of one platform")
	}
	if platform == "" {
		return nil
	}
	_, err := platforms.Parse(platform)
	return err
}

// spec is what the flags say of the container.
func (c Config) spec() run.Spec {
	return run.Spec{Name: c.Name, Env: c.Env, EnvFiles: c.EnvFiles, Volumes: c.Volumes, Network: c.Network}
}

// VolumeNames are the volumes of the engine that the app's container mounts, which stay there at the end.
func (c Config) VolumeNames() []string { return c.spec().VolumeNames() }

// drainWithin and readyWithin are the times in force.
func (c Config) drainWithin() time.Duration {
	if c.DrainTimeout == 0 {
		return DrainWithin
	}
	return max(0, c.DrainTimeout)
}

func (c Config) readyWithin() time.Duration { return cmp.Or(c.ReadyTimeout, ReadyWithin) }

// attrs are the frontend attributes that the flags amount to.
func (c Config) attrs() map[string]string {
	a := map[string]string{}
	for k, v := range map[string]string{"target": c.Target, "platform": c.Platform} {
		if v != "" {
			a[k] = v
		}
	}
	for _, arg := range c.BuildArgs {
		k, v, _ := strings.Cut(arg, "=")
		a["build-arg:"+k] = v
	}
	if c.Pull {
		a["image-resolve-mode"] = "pull"
	}
	return a
}

// Times that flags can change.
const (
	// DrainWithin is long enough for an upload, and an end for what has none.
	DrainWithin = 10 * time.Minute
	// ReadyWithin is long enough for an app that migrates its database first.
	ReadyWithin = run.ReadyWithin
)

// Times of the loop.
const (
	// cleanWithin bounds the cleaning up at the end.
	cleanWithin = 20 * time.Second
	// enginePoll is how often an engine that went away is looked for.
	enginePoll = 500 * time.Millisecond
)
