// Package plan turns a Dockerfile into the graph that BuildKit will solve, and tells beforehand which
// steps of it a change makes rerun, and why.
//
// The conversion is BuildKit's own (dockerfile2llb), run in this process, so that what is planned and
// what is built are the same graph: [Plan.Bind] hands it to a solve, with the digests by which BuildKit
// will report each step.
//
// The package does no IO: bytes and strings in, values out. Image configs come through [Resolver], what
// is known of the context's files through [Tree]. It knows nothing of engines, containers or faces.
package plan

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"strings"

	"github.com/containerd/platforms"
	"github.com/moby/buildkit/client/llb"
	"github.com/moby/buildkit/client/llb/sourceresolver"
	"github.com/moby/buildkit/frontend/dockerfile/dockerfile2llb"
	"github.com/moby/buildkit/frontend/dockerfile/instructions"
	"github.com/moby/buildkit/frontend/dockerfile/parser"
	"github.com/moby/buildkit/frontend/dockerui"
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
	// BaseLayers counts the layers that the target's base image brings.
	BaseLayers int
	// Lint is what BuildKit's rules say of the Dockerfile.
	Lint []Lint

	source []byte
	// foreign tells that a frontend of the Dockerfile's own made the graph.
	foreign bool
	def     *pb.Definition
	ops     []op
	// readers are the inputs of ops that are local contexts.
	readers []reader
}

// Stage is one FROM of the Dockerfile.
type Stage struct {
	// Name is the name after AS, or "stage-N" as BuildKit calls a stage without one.
	Name string
	// Base is the stage or the image after FROM, with arguments filled in.
	Base string
	// Line is where FROM stands, from 1.
	Line int
	// Needed tells whether the target depends on the stage.
	Needed bool
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
	if frontend, ok := resolver.(Frontend); ok && foreign {
		return newForeign(ctx, in, frontend, syntax)
	}
	p := &Plan{source: in.Dockerfile}
	aimed := in.aimed()
	client, err := dockerui.NewClient(&gateway{in: aimed, resolver: resolver})
	if err != nil {
		return nil, located(fmt.Errorf("reading build options: %w", err), in)
	}
	target := &in.Platform
	if len(client.TargetPlatforms) > 0 {
		target = &client.TargetPlatforms[0]
	}
	config := client.Config
	// The converter writes resolved arguments back.
	config.BuildArgs = maps.Clone(config.BuildArgs)
	opt := dockerfile2llb.ConvertOpt{
		Config:         config,
		Client:         client,
		SourceMap:      llb.NewSourceMap(nil, in.Filename, "Dockerfile", in.Dockerfile),
		TargetPlatform: target,
		MetaResolver:   resolver,
		LLBCaps:        in.Caps,
		Warn: func(rule, _, url, msg string, location []parser.Range) {
			l := Lint{Rule: rule, Message: msg, URL: url}
			if len(location) > 0 {
				l.Line = location[0].Start.Line
			}
			p.Lint = append(p.Lint, l)
		},
	}
	if len(client.TargetPlatforms) == 0 {
		// Nobody asked for a platform: let the converter settle for the base's own, as docker build does.
		opt.TargetPlatform = nil
	}
	res, err := dockerfile2llb.Dockerfile2LLB(ctx, aimed.Dockerfile, opt)
	if err != nil && foreign {
		err = fmt.Errorf("%w (without an engine the file is read as a plain Dockerfile, and not by the frontend %s, which it names)", err, syntax.Image)
	}
	if err != nil {
		return nil, located(err, in)
	}
	if p.Image, err = json.Marshal(res.Image); err != nil {
		return nil, located(fmt.Errorf("encoding image config: %w", err), in)
	}
	if res.BaseImage != nil {
		p.BaseLayers = len(res.BaseImage.RootFS.DiffIDs)
	}
	def, err := res.State.Marshal(ctx, llb.WithCaps(*in.Caps), llb.Platform(*target))
	if err != nil {
		return nil, located(fmt.Errorf("marshalling build graph: %w", err), in)
	}
	p.def = def.ToPB()
	if err := p.adopt(in); err != nil {
		return nil, err
	}
	return p, p.readStages(in, in.Attrs["target"])
}

// adopt reads the graph, and makes its sources as narrow as their readers.
func (p *Plan) adopt(in Input) error {
	if err := p.readGraph(); err != nil {
		return located(fmt.Errorf("reading build graph: %w", err), in)
	}
	if err := p.narrow(); err != nil {
		return located(err, in)
	}
	p.readReaders(in.Caps)
	return p.checkCapable(in)
}

// readStages lists the Dockerfile's stages and matches the graph's ops to their instructions.
func (p *Plan) readStages(in Input, target string) error {
	ast, err := parser.Parse(strings.NewReader(string(in.Dockerfile)))
	if err != nil {
		return located(err, in)
	}
	stages, args, err := instructions.Parse(ast.AST, nil)
	if err != nil {
		return located(err, in)
	}
	l := newLayout(stages, globalArgs(args, ast.EscapeToken, in), ast.EscapeToken)
	p.Target = l.target(target)
	l.markNeeded(p.Target)
	p.setSteps(l)
	return nil
}

// setSteps makes the steps, and ties the graph's ops to them.
func (p *Plan) setSteps(l *layout) {
	p.Stages = l.stages
	p.Steps = p.readSteps(l)
	for i, s := range p.Steps {
		// What a base's triggers copy from is needed too, although the Dockerfile does not say so.
		if at, ok := l.find(s.Stage, len(p.Stages)); ok {
			p.Stages[at].Needed = true
		}
		for _, o := range s.ops {
			p.ops[o].steps = append(p.ops[o].steps, i)
		}
	}
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
			if n := p.Stages[i].copies[s.Name]; n > 0 && n >= most {
				before, most = s.Name, n
			}
		}
	}
	return before
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
