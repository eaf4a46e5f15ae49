package doctor

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"github.com/stagewatch/stagewatch/engine"
	"github.com/stagewatch/stagewatch/engine/human"
	"github.com/stagewatch/stagewatch/engine/plan"
	"github.com/stagewatch/stagewatch/engine/solve"
	"github.com/stagewatch/stagewatch/engine/tree"
)

func (x *examination) checkDockerfile(ctx context.Context) {
	source, err := engine.ReadDockerfile(ctx, x.dockerfile, x.cfg.Waiting)
	if errors.Is(err, fs.ErrNotExist) {
		x.fail("Dockerfile", engine.NoDockerfile(x.cfg.Build, x.dockerfile).Hint, "there is no file %s", x.dockerfile)
		return
	}
	if err != nil {
		x.failed("Dockerfile", err, "Name a readable file with -f.")
		return
	}
	x.source = source
	if err := engine.CheckStages(x.cfg.Build, x.name(), source); err != nil {
		x.failed("Dockerfile", err, "")
		return
	}
	asked := &recorder{}
	p, err := plan.New(ctx, x.input(source), asked)
	if err != nil {
		x.brokenDockerfile(err)
		return
	}
	x.plan, x.bases = p, asked.inOrder(p.Stages)
	// The loop does the same: what a step names is never left out.
	if names := x.own.Lifting(p.Named(noLinks{})["context"]); len(names) > 0 {
		x.rules = x.rules.Naming(names)
		if _, err := x.tree.SetRules(ctx, x.rules); err != nil {
			x.failed("context", err, "")
			return
		}
	}
	needed := 0
	for _, s := range p.Stages {
		if s.Needed {
			needed++
		}
	}
	detail := fmt.Sprintf("%s: builds %s from %s", x.name(), p.Target, human.Count(len(p.Stages), "stage"))
	if rest := len(p.Stages) - needed; rest > 0 {
		detail += fmt.Sprintf(", %d of which it does not need", rest)
	}
	if n := len(p.Lint); n > 0 {
		first := p.Lint[0]
		x.note("Dockerfile", fmt.Sprintf("line %d, %s: %s", first.Line, first.Rule, first.Message), "%s; %s", detail, human.Count(n, "lint warning"))
		return
	}
	x.ok("Dockerfile", "%s; no lint warnings", detail)
}

// brokenDockerfile reports why there is no plan, with the faulty line.
func (x *examination) brokenDockerfile(err error) {
	var broken *plan.Error
	if !errors.As(err, &broken) || broken.Line == 0 {
		x.failed("Dockerfile", err, solve.Hint(err.Error()))
		return
	}
	hint := cmp.Or(broken.Hint, solve.Hint(broken.Message))
	for _, l := range broken.Excerpt {
		if l.Blamed && hint == "" {
			hint = fmt.Sprintf("line %d reads: %s", l.Line, l.Text)
		}
	}
	x.fail("Dockerfile", hint, "%s, line %d: %s", x.name(), broken.Line, broken.Message)
}

// input returns what the loop would plan with, as far as it decides on stages and base images.
func (x *examination) input(source []byte) plan.Input {
	c := x.cfg
	in := plan.Input{Dockerfile: source, Filename: x.name(), Attrs: map[string]string{}, ContextIgnore: map[string][]byte{}}
	for _, name := range tree.IgnoreFiles(x.root, x.dockerfile) {
		if dt, err := os.ReadFile(name); err == nil {
			in.Ignore = dt
			break
		}
	}
	if x.builder != nil {
		in.Caps, in.Platform = x.builder.Caps(), x.builder.Platform()
	}
	for k, v := range map[string]string{"target": c.Target, "platform": c.Platform} {
		if v != "" {
			in.Attrs[k] = v
		}
	}
	for _, arg := range c.BuildArgs {
		if k, v, ok := strings.Cut(arg, "="); ok {
			in.Attrs["build-arg:"+k] = v
		}
	}
	for name, ref := range c.BuildContexts {
		if !strings.Contains(ref, ":") || filepath.IsAbs(ref) {
			ref = "local:" + name
		}
		in.Attrs["context:"+name] = ref
	}
	if c.Pull {
		in.Attrs["image-resolve-mode"] = "pull"
	}
	return in
}

// name returns the Dockerfile's name, relative to the context if it is in there.
func (x *examination) name() string {
	if rel, err := filepath.Rel(x.root, x.dockerfile); err == nil && filepath.IsLocal(rel) {
		return filepath.ToSlash(rel)
	}
	return x.dockerfile
}
