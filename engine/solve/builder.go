// Package solve builds a plan with the engine's own BuildKit, and reports each step as BuildKit reports it: as a hit,
// as run, failed, skipped or canceled, with its output and its time.
//
// It knows nothing of watching, containers or faces. The caller decides when to build.
package solve

import (
	"bytes"
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync"

	"github.com/containerd/platforms"
	"github.com/moby/buildkit/client"
	"github.com/moby/buildkit/client/llb/sourceresolver"
	gateway "github.com/moby/buildkit/frontend/gateway/client"
	"github.com/moby/buildkit/session"
	"github.com/moby/buildkit/solver/pb"
	"github.com/moby/buildkit/util/apicaps"
	"github.com/opencontainers/go-digest"
	ocispecs "github.com/opencontainers/image-spec/specs-go/v1"
	"github.com/tonistiigi/fsutil"

	"github.com/stagewatch/stagewatch/engine/carry"
	"github.com/stagewatch/stagewatch/engine/dock"
	"github.com/stagewatch/stagewatch/engine/plan"
)

// Engine is the engine that a build is made on and for.
type Engine interface {
	// BuildKit connects to the engine's BuildKit.
	BuildKit(ctx context.Context) (*dock.BuildKit, error)
	// Name gives an image names, and takes them from no image that would be lost without. It returns those that the image
	// has, which may be others.
	Name(ctx context.Context, image string, names []string) ([]string, error)
}

// gatewayLabel is the label of an engine's worker that has the address of its host for containers. It is that of Docker
// Engine; its constant is in a package of the engine.
const gatewayLabel = "org.mobyproject.buildkit.worker.moby.host-gateway-ip"

// Builder builds plans on one engine. It is safe for concurrent use.
type Builder struct {
	engine      Engine
	client      *dock.BuildKit
	attachables []session.Attachable
	caps        apicaps.CapSet
	platform    ocispecs.Platform
	// gateway is the address of the engine's host for containers, empty where it does not say.
	gateway string
	// home brings images to the engine, nil where they are there once they are exported.
	home *carry.Carrier

	sent      sent
	lingering lingering
	runs      runs
	shortcuts shortcuts

	mu      sync.Mutex
	configs map[string]imageConfig
}

// imageConfig is what the engine answered for a base image, by name and opt.
type imageConfig struct {
	name   string
	opt    sourceresolver.Opt
	ref    string
	digest digest.Digest
	config []byte
}

// New connects to the engine's BuildKit and finds out what it supports. The attachables serve secrets, ssh agents and
// registry credentials to every build.
func New(ctx context.Context, e Engine, attachables ...session.Attachable) (*Builder, error) {
	c, err := e.BuildKit(ctx)
	if err != nil {
		return nil, err
	}
	b := &Builder{engine: e, client: c, attachables: attachables, configs: map[string]imageConfig{}}
	err = b.ask(ctx, nil, func(_ context.Context, g gateway.Client) error {
		opts := g.BuildOpts()
		b.caps = opts.LLBCaps
		b.lingering.fragile = b.caps.Supports(pb.CapFileCopyIncludeExcludePatterns) != nil
		b.platform = platforms.Normalize(platforms.DefaultSpec())
		if len(opts.Workers) > 0 {
			w := opts.Workers[0]
			b.gateway = w.Labels[gatewayLabel]
			if len(w.Platforms) > 0 {
				b.platform = w.Platforms[0]
			}
		}
		return nil
	})
	if err == nil && c.Home != nil {
		err = b.comesHome(ctx, c)
	}
	if err != nil {
		c.Close()
		return nil, fmt.Errorf("reading what BuildKit supports: %w", Plain(err))
	}
	return b, nil
}

// Close ends the connection. Builds that are under way fail.
func (b *Builder) Close() error { return b.client.Close() }

// Ping returns an error unless BuildKit answers.
func (b *Builder) Ping(ctx context.Context) error {
	if _, err := b.client.ListWorkers(ctx); err != nil {
		return fmt.Errorf("waiting for an answer of BuildKit: %w", Plain(err))
	}
	return nil
}

// Caps returns what the engine's BuildKit supports.
func (b *Builder) Caps() *apicaps.CapSet { return &b.caps }

// Fill puts into a plan's input what the engine's BuildKit supports, the platform that it builds for, and the way to run
// a frontend there.
func (b *Builder) Fill(in *plan.Input) {
	in.Caps, in.Platform, in.HostGateway, in.Frontend = b.Caps(), b.Platform(), b.gateway, b
}

// Undone returns the names of the frontend attributes with which the engine would do nothing: see [plan.Undone].
func (b *Builder) Undone(attrs map[string]string) []string {
	return plan.Undone(attrs, &b.caps, b.gateway)
}

// Platform returns the platform that the engine builds for by default.
func (b *Builder) Platform() ocispecs.Platform { return b.platform }

// ask runs fn on the engine's gateway and builds nothing. Locals are the folders that fn may read, by name.
func (b *Builder) ask(ctx context.Context, locals map[string]fsutil.FS, fn func(context.Context, gateway.Client) error) error {
	return b.askOf(ctx, nil, locals, fn)
}

// askOf is ask where fn solves a part of a plan, which may need what was granted to its build.
func (b *Builder) askOf(ctx context.Context, p *plan.Plan, locals map[string]fsutil.FS, fn func(context.Context, gateway.Client) error) error {
	opt := client.SolveOpt{LocalMounts: locals, Session: b.attachables, Internal: true, AllowedEntitlements: p.Grants()}
	_, err := b.client.Build(ctx, opt, "stagewatch", func(ctx context.Context, g gateway.Client) (*gateway.Result, error) {
		if err := fn(ctx, g); err != nil {
			return nil, err
		}
		return gateway.NewResult(), nil
	}, nil)
	return err
}

// ResolveImageConfig asks the engine for a base image's config, and remembers the answer until Forget: base images
// don't change between two saves, and asking costs as much as a whole cached build.
func (b *Builder) ResolveImageConfig(ctx context.Context, ref string, opt sourceresolver.Opt) (string, digest.Digest, []byte, error) {
	key := ref
	if opt.ImageOpt != nil {
		key += "\x00" + opt.ImageOpt.ResolveMode
		if p := opt.ImageOpt.Platform; p != nil {
			key += "\x00" + platforms.FormatAll(*p)
		}
	}
	b.mu.Lock()
	known, ok := b.configs[key]
	b.mu.Unlock()
	if ok {
		return known.ref, known.digest, known.config, nil
	}
	got, err := b.lookUp(ctx, ref, opt)
	if err != nil {
		return "", "", nil, err
	}
	b.mu.Lock()
	b.configs[key] = got
	b.mu.Unlock()
	return got.ref, got.digest, got.config, nil
}

func (b *Builder) lookUp(ctx context.Context, name string, opt sourceresolver.Opt) (imageConfig, error) {
	got := imageConfig{name: name, opt: opt}
	err := b.ask(ctx, nil, func(ctx context.Context, g gateway.Client) (err error) {
		got.ref, got.digest, got.config, err = g.ResolveImageConfig(ctx, name, opt)
		return err
	})
	if err != nil {
		return got, &plan.ImageError{Name: name, Err: b.atHome(ctx, name, Plain(err))}
	}
	return got, nil
}

// ResolveSourceMetadata asks the engine for the metadata of a source that is not fetched yet.
func (b *Builder) ResolveSourceMetadata(ctx context.Context, src *pb.SourceOp, opt sourceresolver.Opt) (found *sourceresolver.MetaResponse, err error) {
	err = b.ask(ctx, nil, func(ctx context.Context, g gateway.Client) error {
		found, err = g.ResolveSourceMetadata(ctx, src, opt)
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("looking up %s: %w", src.Identifier, err)
	}
	return found, nil
}

// Moved looks up again the base images that ResolveImageConfig remembers, and returns the names of those that are
// different images now. It does not change what is remembered.
func (b *Builder) Moved(ctx context.Context) ([]string, error) {
	b.mu.Lock()
	known := slices.Collect(maps.Values(b.configs))
	b.mu.Unlock()
	var moved []string
	for _, was := range known {
		now, err := b.lookUp(ctx, was.name, was.opt)
		if err != nil {
			return moved, err
		}
		if now.digest != was.digest || !bytes.Equal(now.config, was.config) {
			moved = append(moved, strings.TrimPrefix(was.name, "docker.io/library/"))
		}
	}
	slices.Sort(moved)
	return slices.Compact(moved), nil
}

// Forget forgets base images and contexts, so that the next plan sees where tags lead now, and the next build compares
// the contexts file by file.
func (b *Builder) Forget() {
	b.sent.forget()
	b.mu.Lock()
	defer b.mu.Unlock()
	b.configs = map[string]imageConfig{}
}
