// Package plan converts a Dockerfile to the graph that BuildKit will solve, and predicts which of its steps a
// change makes rerun, and why.
//
// BuildKit's own converter (dockerfile2llb) runs in this process, so that the planned graph is the graph that is
// built. [Plan.BindEach] prepares it for a solve, and returns the digests by which BuildKit will report each step.
//
// The package does no IO: bytes and strings in, values out. A [Resolver] provides image configs, a [Tree] the
// symbolic links of the contexts. It knows nothing about engines, containers or faces.
package plan

import (
	"context"
	"fmt"
	"slices"

	"github.com/containerd/platforms"
	"github.com/moby/buildkit/client/llb/sourceresolver"
	"github.com/moby/buildkit/solver/pb"
	"github.com/moby/buildkit/util/apicaps"
	"github.com/moby/buildkit/util/entitlements"
	"github.com/opencontainers/go-digest"
	ocispecs "github.com/opencontainers/image-spec/specs-go/v1"
)

// Input is what a plan is made from, besides the configs of the base images.
type Input struct {
	// Dockerfile is the file's content, Filename its name in messages.
	Dockerfile []byte
	Filename   string
	// Ignore is the content of the ignore file that applies, nil for none.
	Ignore []byte
	// Attrs are frontend attributes as docker's clients pass them: "target", "build-arg:NAME",
	// "platform", "no-cache", "label:NAME", "context:NAME", …
	Attrs map[string]string
	// ContextIgnore holds the content of the .dockerignore of each named local context in Attrs, by name.
	ContextIgnore map[string][]byte
	// Folders are the folders of the local contexts by name: "context" for the main one, "dockerfile" for that of the
	// Dockerfile. Only a [Frontend] reads them.
	Folders map[string]string
	// Caps are the capabilities of the engine's BuildKit, nil for all that this program knows.
	Caps *apicaps.CapSet
	// Frontend converts a Dockerfile that names a frontend of its own, nil where no engine can run one.
	Frontend Frontend
	// HostGateway is the address that the engine's containers reach its host at, empty where it does not say.
	HostGateway string
	// Platform is the engine's platform, the zero value for that of this machine.
	Platform ocispecs.Platform
	// ShowValues fills in the arguments in Step.Instruction.
	ShowValues bool
	// PlainGraph rules out [Shortcuts].
	PlainGraph bool
}

// Resolver resolves base images. Its method is that of BuildKit's gateway: it returns the reference, the image's digest
// and the image config as JSON.
type Resolver interface {
	ResolveImageConfig(ctx context.Context, ref string, opt sourceresolver.Opt) (string, digest.Digest, []byte, error)
}

// Plan is a Dockerfile converted for one target. It is immutable.
type Plan struct {
	// Target is the name of the stage that is built, as BuildKit names it.
	Target string
	// Stages are all stages of the Dockerfile, in its order.
	Stages []Stage
	// Steps are the steps of the needed stages, stage by stage, in order.
	Steps []Step
	// Image is the JSON of the target's image config.
	Image []byte
	// Epoch is the value of SOURCE_DATE_EPOCH in seconds, empty where it is not set.
	Epoch string
	// BaseLayers is the number of layers of the target's base.
	BaseLayers int
	// Lint are the findings of BuildKit's Dockerfile rules.
	Lint []Lint

	source []byte
	// options are digests of the frontend attributes by name. The values may be secrets.
	options map[string]string
	// onFolder is set where the target's base is no image, but a folder, a git repository or a URL.
	onFolder bool
	// hostNetwork is set where the builder was told to give steps the network of its host.
	hostNetwork bool
	// foreign is set where a frontend that the Dockerfile names made the graph.
	foreign bool
	// engine is what the engine engine for the plan.
	engine EngineFacts
	def    *pb.Definition
	ops    []op
	// readers are the inputs of ops that are local contexts.
	readers []reader
	// shortcuts are those of a bound graph, with the mark of its twins; plain rules them out.
	shortcuts Shortcuts
	mark      string
	plain     bool
}

// Stage is one stage of the Dockerfile.
type Stage struct {
	// Name is the name after AS, or "stage-N" for a stage without one, as in BuildKit.
	Name string
	// Base is the stage or the image after FROM, with arguments filled in, or the image that replaces it.
	Base string
	// Line is the line of FROM, from 1.
	Line int
	// Needed reports whether the target depends on the stage.
	Needed bool
	// Replaced is set where a named context replaces the stage, so that none of its instructions are built.
	Replaced bool
	// From are the stages that this one is based on, copies from or mounts, without duplicates.
	From []string
	// copies counts the COPY --from of this stage by the stage that they copy from.
	copies map[string]int
}

// Lint is one finding of BuildKit's Dockerfile rules.
type Lint struct {
	Rule, Message, URL string
	// Line is the Dockerfile's line, from 1; 0 for none.
	Line int
}

// New converts a Dockerfile. A fault in it is an [*Error], with the lines that it belongs to. Where ctx ends first, New
// returns its cause.
func New(ctx context.Context, in Input, resolver Resolver) (*Plan, error) {
	if in.Platform.OS == "" {
		in.Platform = platforms.Normalize(platforms.DefaultSpec())
	}
	if in.Caps == nil {
		caps := pb.Caps.CapSet(pb.Caps.All())
		in.Caps = &caps
	}
	in.Attrs = in.done()
	syntax, foreign := CustomSyntax(in.Dockerfile)
	p := &Plan{
		source: in.Dockerfile, plain: in.PlainGraph, options: fingerprints(in.Attrs), hostNetwork: in.Attrs[attrNetwork] == "host",
		engine: EngineFacts{Caps: capsOf(in.Caps), Platform: in.Platform, HostGateway: in.HostGateway},
	}
	err := guarded(ctx, func() error {
		if in.Frontend != nil && foreign {
			return p.convertForeign(ctx, in, syntax)
		}
		err := p.convert(ctx, in, resolver)
		if err != nil && foreign {
			err = fmt.Errorf("%w (no engine answers that could run the frontend %s, which the file names, so it was read as a plain Dockerfile)", err, syntax.Image)
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

// adopt decodes the graph in p.def, narrows its local sources, and finds their readers.
func (p *Plan) adopt(in Input) error {
	if err := p.readGraph(); err != nil {
		return fmt.Errorf("reading build graph: %w", err)
	}
	if err := p.narrow(); err != nil {
		return err
	}
	p.findReaders(in.Caps)
	return p.checkCapable(in)
}

// Before returns the name of the stage that the target has the most COPY --from of, the later one where two have
// equally many. It returns "" where the target copies from no stage.
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

// Grants returns what a solve of the plan may do beside building, in BuildKit's words: what the one who builds asks for. What
// only the Dockerfile asks for is refused, as by docker build. A nil plan has none.
func (p *Plan) Grants() []string {
	if p == nil || !p.hostNetwork {
		return nil
	}
	return []string{entitlements.EntitlementNetworkHost.String()}
}

// OnImage reports whether the target's base is an image, and no other kind of named context.
func (p *Plan) OnImage() bool { return !p.onFolder }

// BasedOn reports whether a stage is the stage base, or is based on it directly or through other stages.
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

// Base returns the image that the stage called name is based on, directly or through other stages.
func (p *Plan) Base(name string) string {
	for i := len(p.Stages) - 1; i >= 0; i-- {
		if p.Stages[i].Name == name {
			name = p.Stages[i].Base
		}
	}
	return name
}
