package plan

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"strconv"
	"strings"

	"github.com/moby/buildkit/client/llb"
	"github.com/moby/buildkit/frontend/dockerfile/dockerfile2llb"
	"github.com/moby/buildkit/frontend/dockerfile/instructions"
	"github.com/moby/buildkit/frontend/dockerfile/linter"
	"github.com/moby/buildkit/frontend/dockerfile/parser"
	"github.com/moby/buildkit/frontend/dockerui"
	ocispecs "github.com/opencontainers/image-spec/specs-go/v1"
)

// guarded calls fn, which converts user input with code that is mostly not ours. A panic in it becomes an error.
//
// The converter ignores ctx, and its time grows with the square of the number of instructions. Where ctx ends first,
// guarded returns, and fn finishes in the background.
func guarded(ctx context.Context, fn func() error) error {
	done := make(chan error, 1)
	go func() {
		defer func() {
			if r := recover(); r != nil {
				done <- fmt.Errorf("the converter crashed on this Dockerfile, which is a fault of stagewatch or of BuildKit: %v", r)
			}
		}()
		done <- fn()
	}()
	select {
	case err := <-done:
		return err
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}

func parse(dockerfile []byte) (*parsed, error) {
	ast, err := parser.Parse(bytes.NewReader(dockerfile))
	if err != nil {
		return nil, err
	}
	// The parser writes the rules of a "# check=" comment into the linter without checking it for nil.
	stages, args, err := instructions.Parse(ast.AST, linter.New(&linter.Config{}))
	if err != nil {
		return nil, err
	}
	return &parsed{stages: stages, args: args, escape: ast.EscapeToken}, nil
}

// parsed is a Dockerfile as BuildKit's parser returns it.
type parsed struct {
	stages []instructions.Stage
	// args are the ARGs before the first FROM.
	args   []instructions.ArgCommand
	escape rune
}

// convert makes the graph and matches its ops to the Dockerfile's instructions.
func (p *Plan) convert(ctx context.Context, in Input, resolver Resolver) error {
	bases := &baseRecorder{Resolver: resolver}
	aimed := in.aimed()
	client, err := dockerui.NewClient(&gateway{in: aimed, resolver: bases})
	if err != nil {
		return fmt.Errorf("reading build options: %w", err)
	}
	target := &in.Platform
	if len(client.TargetPlatforms) > 0 {
		target = &client.TargetPlatforms[0]
	}
	config := client.Config
	// The converter writes resolved arguments into this map.
	config.BuildArgs = maps.Clone(config.BuildArgs)
	opt := dockerfile2llb.ConvertOpt{
		Config:         config,
		Client:         client,
		SourceMap:      llb.NewSourceMap(nil, in.Filename, "Dockerfile", in.Dockerfile),
		TargetPlatform: target,
		MetaResolver:   bases,
		LLBCaps:        withDevices(in.Caps),
		Warn:           p.warn,
	}
	if len(client.TargetPlatforms) == 0 {
		// No platform was asked for, so the converter uses that of the base, as docker build does.
		opt.TargetPlatform = nil
	}
	res, err := dockerfile2llb.Dockerfile2LLB(ctx, aimed.Dockerfile, opt)
	if err != nil {
		return p.lintError(err)
	}
	if p.Image, err = json.Marshal(res.Image); err != nil {
		return fmt.Errorf("encoding image config: %w", err)
	}
	if res.Epoch != nil {
		p.Epoch = strconv.FormatInt(res.Epoch.Unix(), 10)
	}
	if res.BaseImage != nil {
		p.BaseLayers = len(res.BaseImage.RootFS.DiffIDs)
	}
	def, err := res.State.Marshal(ctx, llb.WithCaps(*in.Caps), llb.Platform(*target))
	if err != nil {
		return fmt.Errorf("marshalling build graph: %w", err)
	}
	p.def = def.ToPB()
	p.engine.Bases = bases.recorded()
	if err := p.adopt(in); err != nil {
		return err
	}
	return p.readStages(ctx, in, client, *target, bases)
}

func (p *Plan) warn(rule, _, url, msg string, location []parser.Range) {
	l := Lint{Rule: rule, Message: msg, URL: url}
	if len(location) > 0 {
		l.Line = location[0].Start.Line
	}
	p.Lint = append(p.Lint, l)
}

// lintError replaces the error that "# check=error=true" causes by one with the message and the line of the first finding.
func (p *Plan) lintError(err error) error {
	if len(p.Lint) == 0 || !strings.HasPrefix(err.Error(), "lint violation found") {
		return err
	}
	first := p.Lint[0]
	err = fmt.Errorf("%s (%s, which \"# check=error=true\" makes an error)", first.Message, first.Rule)
	if first.Line == 0 {
		return err
	}
	return parser.WithLocation(err, []parser.Range{{Start: parser.Position{Line: first.Line}, End: parser.Position{Line: first.Line}}})
}

// readStages sets the plan's stages and steps: it matches the graph's ops to the Dockerfile's instructions.
func (p *Plan) readStages(ctx context.Context, in Input, client *dockerui.Client, platform ocispecs.Platform, bases *baseRecorder) error {
	file, err := parse(in.Dockerfile)
	if err != nil {
		return err
	}
	c := &contexts{in: in, client: client, platform: platform}
	if len(client.TargetPlatforms) > 0 {
		c.asked = &c.platform
	}
	l := newLayout(file, c)
	target := l.target(in.Attrs["target"])
	p.Target = l.stages[target].Name
	l.resolve(ctx, target, bases)
	if base := l.replacement(target); base != nil {
		p.BaseLayers, p.onFolder = base.layers, !base.image
	}
	p.setSteps(l, p.readSteps(l, in.ShowValues))
	return nil
}
