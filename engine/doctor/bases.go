package doctor

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/containerd/errdefs"
	"github.com/moby/buildkit/client/llb/sourceresolver"
	"github.com/opencontainers/go-digest"

	"github.com/stagewatch/stagewatch/engine/human"
	"github.com/stagewatch/stagewatch/engine/image"
	"github.com/stagewatch/stagewatch/engine/plan"
	"github.com/stagewatch/stagewatch/engine/solve"
)

// registryWithin is how long a registry may take to say whether it has an image.
const registryWithin = 15 * time.Second

// base is an image that the Dockerfile needs.
type base struct {
	ref string
	opt sourceresolver.Opt
}

// name returns the reference as a person writes it.
func (b base) name() string {
	return strings.TrimPrefix(strings.TrimPrefix(b.ref, "docker.io/"), "library/")
}

// recorder answers the converter without an engine, and records which images it requests: exactly those that the target
// needs. The converter makes several requests at once.
type recorder struct {
	plan.Offline
	// builder is the engine that the plan is for, nil if none answers.
	builder *solve.Builder

	mu    sync.Mutex
	bases []base
}

// Fill sets what a plan needs to know of the engine, if one answers.
func (r *recorder) Fill(in *plan.Input) {
	if r.builder != nil {
		r.builder.Fill(in)
		// Checks run nothing on the engine. A frontend's own instructions are then reported as what they are.
		in.Frontend = nil
	}
}

func (r *recorder) ResolveImageConfig(ctx context.Context, ref string, opt sourceresolver.Opt) (string, digest.Digest, []byte, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if !slices.ContainsFunc(r.bases, func(b base) bool { return b.ref == ref }) {
		r.bases = append(r.bases, base{ref, opt})
	}
	return r.Offline.ResolveImageConfig(ctx, ref, opt)
}

// inOrder returns the images in the order of the stages, those that are no stage's base last.
func (r *recorder) inOrder(stages []plan.Stage) []base {
	place := func(b base) int {
		i := slices.IndexFunc(stages, func(s plan.Stage) bool { return strings.HasSuffix(b.ref, s.Base) })
		return (i + len(stages) + 1) % (len(stages) + 1)
	}
	slices.SortFunc(r.bases, func(a, b base) int {
		return cmp.Or(cmp.Compare(place(a), place(b)), cmp.Compare(a.ref, b.ref))
	})
	return r.bases
}

func (x *examination) checkBases(ctx context.Context) {
	for _, b := range x.bases {
		if x.builder == nil {
			x.note("base image", "", "%s: not checked, because there is no builder to ask", b.name())
			continue
		}
		x.checkBase(ctx, b)
	}
}

func (x *examination) checkBase(ctx context.Context, b base) {
	there, other, err := x.onEngine(ctx, b)
	if x.builder.Elsewhere() != "" {
		// What the engine has is of no use there.
		there, other, err = false, "", nil
	}
	if err != nil {
		x.failed("base image", err, "")
		return
	}
	if there && !x.cfg.Pull {
		size, err := image.New(x.engine, "", x.info.Store).Measure(ctx, b.ref, 0)
		switch {
		case err != nil:
			x.note("base image", "", "%s: on the engine, but can't be measured: %v", b.name(), err)
		case size.StandIn != "":
			x.note("base image", "The sizes shown are those of the stand-in. Get the real image: docker pull "+b.name(),
				"%s: a stand-in on the engine, %s: %s", b.name(), human.Bytes(size.Bytes), size.StandIn)
		default:
			x.ok("base image", "%s: on the engine, %s", b.name(), human.Bytes(size.Bytes))
		}
		return
	}
	where := "not on the engine"
	switch {
	case x.builder.Elsewhere() != "":
		where = "not looked for on the engine, as the builder gets it"
	case there:
		where = "on the engine, but --pull asks the registry for it"
	case other != "":
		where = "on the engine for " + other + " only"
	}
	ctx, cancel := context.WithTimeout(ctx, registryWithin)
	defer cancel()
	_, _, _, err = x.builder.ResolveImageConfig(ctx, b.ref, b.opt)
	if err == nil {
		x.ok("base image", "%s: %s; its registry has it, and the first build pulls it", b.name(), where)
		return
	}
	message := registrysWords(err)
	if ctx.Err() != nil {
		message = fmt.Sprintf("no answer within %s", registryWithin)
	}
	hint := solve.Hint(err.Error())
	if hint == "" {
		hint = "Check that the name is right and that the engine can reach the registry: docker pull " + b.name()
	}
	x.fail("base image", hint, "%s: %s, and it can't be pulled: %s", b.name(), where, message)
}

// registrysWords returns the registry's own error, without the layers that were wrapped around it.
func registrysWords(err error) string {
	message := err.Error()
	for _, wrapping := range []string{"desc = ", "failed to do request: "} {
		if i := strings.LastIndex(message, wrapping); i >= 0 {
			message = message[i+len(wrapping):]
		}
	}
	return solve.PlainMessage(message)
}

// onEngine reports whether the engine has the image for the platform. Other is the platform that the engine has it for
// if that is a different one.
func (x *examination) onEngine(ctx context.Context, b base) (there bool, other string, err error) {
	seen, err := x.engine.Client.ImageInspect(ctx, b.ref)
	if errdefs.IsNotFound(err) {
		return false, "", nil
	}
	if err != nil {
		return false, "", fmt.Errorf("looking for %s on the engine: %w", b.name(), err)
	}
	if b.opt.ImageOpt != nil && b.opt.ImageOpt.Platform != nil {
		if want := b.opt.ImageOpt.Platform; seen.Architecture != want.Architecture || seen.Os != want.OS {
			return false, seen.Os + "/" + seen.Architecture, nil
		}
	}
	return true, "", nil
}
