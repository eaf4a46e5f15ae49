// Package plan turns a Dockerfile into the graph that BuildKit will solve, and tells beforehand which
// steps of it a change makes rerun, and why.
//
// The conversion is BuildKit's own (dockerfile2llb), run in this process, so that what is planned and
// what is built are the same graph: [Plan.BindEach] hands it to a solve, with the digests by which BuildKit
// will report each step.
//
// The package does no IO: bytes and strings in, values out. Image configs come through [Resolver], what
// is known of the context's files through [Tree]. It knows nothing of engines, containers or faces.
package plan

import (
	"context"
	"fmt"
	"slices"

	"github.com/containerd/platforms"
	"github.com/moby/buildkit/client/llb/sourceresolver"
	"github.com/moby/buildkit/solver/pb"
	"github.com/moby/buildkit/util/apicaps"
	"github.com/opencontainers/go-digest"
	ocispecs "github.com/opencontainers/image-spec/specs-go/v1"
)

// Input is all that a plan is made of, beside the image configs of the bases.
type Input struct {
	// Dockerfile is the file's content, Filename its name in messages.
	Dockerfile []byte
	Filename   string
	// Ignore is the content of the ignore file that applies, nil for none.
	Ignore []byte
	// Attrs are frontend attributes as docker's clients pass them: "target", "build-arg:NAME",
	// "platform", "no-cache", "label:NAME", "context:NAME", …
	Attrs map[string]string
	// ContextIgnore holds the .dockerignore content of the named local contexts in Attrs.
	ContextIgnore map[string][]byte
	// Folders are the local contexts' by name, "context" the main one's and "dockerfile" the Dockerfile's own. Only
	// a [Frontend] looks into them.
	Folders map[string]string
	// Caps are what the engine's BuildKit can do; nil stands for everything this program knows.
	Caps *apicaps.CapSet
	// Platform is the engine's own platform; the zero value stands for this machine's.
	Platform ocispecs.Platform
	// ShowValues has the steps' instructions shown with their arguments filled in.
	ShowValues bool
}

// Resolver finds the config of a base image. Its one method is that of BuildKit's gateway: it returns
// the reference, the image's digest and the config's JSON.
type Resolver interface {
	ResolveImageConfig(ctx context.Context, ref string, opt sourceresolver.Opt) (string, digest.Digest, []byte, error)
}

// Plan is a Dockerfile converted for one target. It is immutable.
type Plan struct {
	// Target is the stage that is built, by the name that BuildKit gives it.
	Target string
	// Stages are all stages of the Dockerfile, in its order.
	Stages []Stage
	// Steps are the steps of the needed stages, stage by stage, in order.
	Steps []Step
	// Image is the JSON of the target's image config.
	Image []byte
	// Epoch is the time that the build is made for, in seconds, where SOURCE_DATE_EPOCH sets one.
	Epoch string
	// BaseLayers counts the layers that the target's base brings.
	BaseLayers int
	// Lint is what BuildKit's rules say of the Dockerfile.
	Lint []Lint

	source []byte
	// options are the frontend attributes, which may be secrets, as digests.
	options map[string]string
	// onFolder tells that the target's base is a folder, or something that is fetched.
	onFolder bool
	// foreign tells that a frontend of the Dockerfile's own made the graph.
	foreign bool
	// told is what the engine told for the plan.
	told Told
	def  *pb.Definition
	ops  []op
	// readers are the inputs of ops that are local contexts.
	readers []reader
}

// Stage is one FROM of the Dockerfile.
type Stage struct {
	// Name is the name after AS, or "stage-N" as BuildKit calls a stage without one.
	Name string
	// Base is the stage or the image after FROM, with arguments filled in, or the image that stands in for it.
	Base string
	// Line is where FROM stands, from 1.
	Line int
	// Needed tells whether the target depends on the stage.
	Needed bool
	// Replaced tells that a named context stands in for the stage: none of its instructions are carried out.
	Replaced bool
	// From names the stages that this one is based on, copies from or mounts, each once.
	From []string
	// copies counts the COPY --from of this stage by the stage copied from.
	copies map[string]int
}

// Lint is one finding of BuildKit's Dockerfile rules.
type Lint struct {
	Rule, Message, URL string
	Line               int
}

// New converts in. What is wrong comes back as an [*Error], with the lines of the Dockerfile where it is theirs.
func New(ctx context.Context, in Input, resolver Resolver) (*Plan, error) {
	if in.Platform.OS == "" {
		in.Platform = platforms.Normalize(platforms.DefaultSpec())
	}
	if in.Caps == nil {
		caps := pb.Caps.CapSet(pb.Caps.All())
		in.Caps = &caps
	}
	syntax, foreign := CustomSyntax(in.Dockerfile)
	p := &Plan{source: in.Dockerfile, options: fingerprints(in.Attrs), told: Told{Caps: capsOf(in.Caps), Platform: in.Platform}}
	err := guarded(ctx, func() error {
		if frontend, ok := resolver.(Frontend); ok && foreign {
			return p.convertForeign(ctx, in, frontend, syntax)
		}
		err := p.convert(ctx, in, resolver)
		if err != nil && foreign {
			err = fmt.Errorf("%w (without an engine the file is read as a plain Dockerfile, and not by the frontend %s, which it names)", err, syntax.Image)
		}
		return err
	})
	switch {
	case ctx.Err() != nil:
		return nil, context.Cause(ctx)
	case err != nil:
		return nil, located(err, in)
	}
	return p, nil
}

// adopt reads the graph, and makes its sources as narrow as their readers.
func (p *Plan) adopt(in Input) error {
	if err := p.readGraph(); err != nil {
		return fmt.Errorf("reading build graph: %w", err)
	}
	if err := p.narrow(); err != nil {
		return err
	}
	p.readReaders(in.Caps)
	return p.checkCapable(in)
}

// Same tells whether both plans come to the same graph.
func (p *Plan) Same(other *Plan) bool {
	return p.ops[len(p.ops)-1].fullKey == other.ops[len(other.ops)-1].fullKey
}

// Before names the stage that the target copies most from, by the number of its COPY --from; the later
// one where two are equal. It is empty where the target copies from no stage.
func (p *Plan) Before() string {
	var before string
	most := 0
	for i := range p.Stages {
		if p.Stages[i].Name != p.Target {
			continue
		}
		for _, s := range p.Stages {
			if n := p.Stages[i].copies[s.Name]; n > 0 && n >= most && !s.Replaced {
				before, most = s.Name, n
			}
		}
	}
	return before
}

// OnImage tells whether the target's base is an image, and no folder.
func (p *Plan) OnImage() bool { return !p.onFolder }

// BasedOn reports whether a stage is the one called base, or is based on it through other stages.
func (p *Plan) BasedOn(stage, base string) bool {
	for _, s := range slices.Backward(p.Stages) {
		if stage == base {
			return true
		}
		if s.Name == stage {
			stage = s.Base
		}
	}
	return stage == base
}

// Base returns the image that the stage called name stands on, through the stages between.
func (p *Plan) Base(name string) string {
	for i := len(p.Stages) - 1; i >= 0; i-- {
		if p.Stages[i].Name == name {
			name = p.Stages[i].Base
		}
	}
	return name
}
