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

// registryWithin is how long a registry may take to say what an image is.
const registryWithin = 15 * time.Second

// base is an image that the Dockerfile needs, as the converter asked for it.
type base struct {
	ref string
	opt sourceresolver.Opt
}

// name is the reference as a person writes it.
func (b base) name() string {
	return strings.TrimPrefix(strings.TrimPrefix(b.ref, "docker.io/"), "library/")
}

// recorder answers the converter without an engine and notes what it asked for: exactly the images that
// the target needs. The converter asks for several at once.
type recorder struct {
	plan.Offline

	mu    sync.Mutex
	bases []base
}

func (r *recorder) ResolveImageConfig(ctx context.Context, ref string, opt sourceresolver.Opt) (string, digest.Digest, []byte, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if !slices.ContainsFunc(r.bases, func(b base) bool { return b.ref == ref }) {
		r.bases = append(r.bases, base{ref, opt})
	}
	return r.Offline.ResolveImageConfig(ctx, ref, opt)
}

// inOrder returns what was asked for in the order of the stages, what is no stage's base at the end.
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
			x.note("base image", "", "%s: not looked for, as there is no builder to ask", b.name())
			continue
		}
		x.checkBase(ctx, b)
	}
}

func (x *examination) checkBase(ctx context.Context, b base) {
	there, other, err := x.onEngine(ctx, b)
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
			x.note("base image", "Sizes are those of the stand-in. docker pull "+b.name()+" gets the real one.",
				"%s: a stand-in on the engine, %s: %s", b.name(), human.Bytes(size.Bytes), size.StandIn)
		default:
			x.ok("base image", "%s: on the engine, %s", b.name(), human.Bytes(size.Bytes))
		}
		return
	}
	where := "not on the engine"
	switch {
	case there:
		where = "on the engine, and --pull asks for the registry's"
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
		hint = "Is the name right, and the registry reachable from the engine? Try: docker pull " + b.name()
	}
	x.fail("base image", hint, "%s: %s, and no registry gave it: %s", b.name(), where, message)
}

// registrysWords is what the registry, or the way to it, said, without the wrapping of those who passed it on.
func registrysWords(err error) string {
	message := err.Error()
	for _, wrapping := range []string{"desc = ", "failed to do request: "} {
		if i := strings.LastIndex(message, wrapping); i >= 0 {
			message = message[i+len(wrapping):]
		}
	}
	return solve.PlainMessage(message)
}

// onEngine tells whether the engine has the image; other is the platform that it has it for, where that is
// not the one that is needed.
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
