// Package config is what a person asked for, in the words of docker's own flags: what to build, how to run it, and how
// the session goes. It reads and checks the values of flags; it asks no engine.
package config

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/containerd/platforms"
	"github.com/distribution/reference"

	"github.com/stagewatch/stagewatch/engine/budget"
	"github.com/stagewatch/stagewatch/engine/dock"
	"github.com/stagewatch/stagewatch/engine/fault"
	"github.com/stagewatch/stagewatch/engine/redact"
	"github.com/stagewatch/stagewatch/engine/tree"
)

// Config is everything that a session is asked to do. Nobody writes to it once the session has begun; copies are read
// from several goroutines.
type Config struct {
	Build
	App
	Session
}

// Build is what to build.
type Build struct {
	// Context is the folder of the build context.
	Context string
	// File is the Dockerfile's path, empty for Context/Dockerfile.
	File string
	// Inline is the text of the Dockerfile, empty where File holds it. File is then only what messages call it.
	Inline string
	// Target is the stage to build, empty for the last.
	Target string
	// Before is the stage to compare sizes with, empty for the one that the target copies most from.
	Before string
	// Checks are stages that are built beside the target, and Gates those that a build is not handed over without.
	Checks, Gates []string
	// Against is what the target is compared with once it is measured.
	Against Against
	// Tags name the image. Without any it is named after the context's folder, and loses that name at the end.
	Tags []string
	// BuildArgs are NAME=value.
	BuildArgs []string
	// Proxies are build arguments, too, unless BuildArgs have others of their names: those of docker's configuration. See
	// [Config.WithProxies].
	Proxies []string
	// BuildContexts are named contexts: folders, docker-image://…, https://….
	BuildContexts map[string]string
	// Secrets and SSH are the values of --secret and --ssh.
	Secrets, SSH []string
	Platform     string
	// NoCache runs every step of the first build, Uncached every step of these stages; "*" stands for all stages.
	NoCache  bool
	Uncached []string
	// Pull looks base images up at their registry.
	Pull bool
	// Labels are NAME=value, of the image.
	Labels []string
	// RunNetwork (default, none or host), ExtraHosts (NAME=address or NAME:address, which may be host-gateway), Ulimits (NAME=soft:hard, the last
	// of a name counts) and ShmSize (in bytes) are what RUN finds. Zero values are the engine's defaults.
	RunNetwork          string
	ExtraHosts, Ulimits []string
	ShmSize             int64
	// ShowValues shows instructions with the values of their arguments, and not as they are written.
	ShowValues bool
	// PlainGraph has every COPY --from read the last state of its stage, also where an earlier one has the same to copy.
	PlainGraph bool
	// Ignore are lines of an ignore file, which hold beside the context's own; "none" switches the built-in ones off.
	Ignore []string
	// Outputs are the files that the faces write: what happens to them is never a change. Nil is none.
	Outputs *tree.Outputs
}

// Session is how a session goes.
type Session struct {
	// Engine chooses the engine.
	Engine dock.Options
	// Inspect lists the files of every build that is measured, and not only once somebody asks for them.
	Inspect bool
	// Waiting is called while a Dockerfile that is a pipe takes its time; it may be nil. A session reports that as an
	// event, and calls nothing.
	Waiting func(file string)
	// Await waits for a Dockerfile where there is none, in place of ending with an error.
	Await bool
	// Service is the compose service that is built, empty for none. The session's events name it.
	Service string
	// Once builds once, measures, and ends; nothing is run or watched.
	Once bool
	// Poll compares the tree at intervals instead of being notified.
	Poll bool
	// Exported has the engine's own words on an image reported with its build.
	Exported bool
	// Budget is what a build may come to. See [Config.Limits].
	Budget budget.Flags
}

// Check returns what is wrong with the flags' values, as a [*fault.Error], before anything is done for them.
func (c Config) Check() error {
	if err := c.Build.check(); err != nil {
		return err
	}
	prefix := "build-"
	if c.Once {
		prefix = ""
	}
	if err := c.checkSteps(prefix); err != nil {
		return err
	}
	if c.Name != "" && !containerName.MatchString(c.Name) {
		return &fault.Error{What: fmt.Sprintf("reading --name %q: a container can't be called that", c.Name), Hint: "Use at least two letters or digits; after the first one _ . - as well."}
	}
	if c.Once {
		return nil
	}
	if _, err := c.Ports(); err != nil {
		return err
	}
	return c.Spec().Check()
}

func (b Build) check() error {
	for _, tag := range b.Tags {
		ref, err := reference.ParseNormalizedNamed(tag)
		if _, digested := ref.(reference.Digested); err == nil && digested {
			err = errors.New("an image can't be given a digest")
		}
		if err != nil {
			return &fault.Error{What: fmt.Sprintf("reading -t %q", tag), Err: err, Hint: "Write -t NAME or -t NAME:TAG, in small letters."}
		}
	}
	if err := checkPlatform(b.Platform); err != nil {
		return &fault.Error{What: fmt.Sprintf("reading --platform %q", b.Platform), Err: err, Hint: "Write one platform, e.g. --platform linux/arm64."}
	}
	return b.Against.Check()
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

// Values returns what hides the values of the build arguments: all but those that the Dockerfile or another flag
// spells out, which are no secret. With ShowValues it hides nothing but who logs in to a proxy of docker's configuration.
func (c Config) Values(dockerfile []byte) *redact.Values {
	secret := credentials(c.Proxies)
	if c.ShowValues {
		return redact.New(secret)
	}
	return redact.New(append(secret, c.BuildArgs...), append([]string{string(dockerfile), absolute(c.Context), c.File, c.Target, c.Before, c.Against.Image, c.Against.File, c.Platform, c.Name}, slices.Concat(c.Tags, c.Checks, c.Gates)...)...)
}
