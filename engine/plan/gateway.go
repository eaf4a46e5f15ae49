package plan

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"strings"

	"github.com/moby/buildkit/client/llb"
	"github.com/moby/buildkit/client/llb/sourceresolver"
	gateway_client "github.com/moby/buildkit/frontend/gateway/client"
	gwpb "github.com/moby/buildkit/frontend/gateway/pb"
	"github.com/moby/buildkit/solver/pb"
	"github.com/opencontainers/go-digest"
	ocispecs "github.com/opencontainers/image-spec/specs-go/v1"
	fstypes "github.com/tonistiigi/fsutil/types"
)

// sessionPlaceholder is the session id in a plan's graph. [Plan.Bind] replaces it.
const sessionPlaceholder = "stagewatch"

var (
	errOffline = errors.New("not possible without an engine")
	errFetch   = errors.New("the time of a source can't be read before the build fetches it: give SOURCE_DATE_EPOCH as a number of seconds")
)

// sourceMetadata is implemented by a [Resolver] that asks an engine.
type sourceMetadata interface {
	ResolveSourceMetadata(ctx context.Context, src *pb.SourceOp, opt sourceresolver.Opt) (*sourceresolver.MetaResponse, error)
}

// gateway stands for BuildKit's gateway and answers the converter from an Input, without an engine. The converter reads
// nothing but ignore files through it.
type gateway struct {
	in       Input
	resolver *baseRecorder
}

var _ gateway_client.Client = (*gateway)(nil)

func (g *gateway) BuildOpts() gateway_client.BuildOpts {
	opts := make(map[string]string, len(g.in.Attrs))
	for k, v := range g.in.Attrs {
		opts[k] = v
	}
	return gateway_client.BuildOpts{
		Opts:      opts,
		SessionID: sessionPlaceholder,
		Workers:   []gateway_client.WorkerInfo{{Platforms: []ocispecs.Platform{g.in.Platform}}},
		LLBCaps:   *g.in.Caps,
		Caps:      gwpb.Caps.CapSet(nil),
	}
}

func (g *gateway) ResolveImageConfig(ctx context.Context, ref string, opt sourceresolver.Opt) (string, digest.Digest, []byte, error) {
	return g.resolver.ResolveImageConfig(ctx, ref, opt)
}

// Solve returns a tree with the ignore file of the local context in the request.
func (g *gateway) Solve(_ context.Context, req gateway_client.SolveRequest) (*gateway_client.Result, error) {
	for _, dt := range req.Definition.Def {
		var o pb.Op
		if err := o.UnmarshalVT(dt); err != nil {
			return nil, err
		}
		if src := o.GetSource(); src != nil {
			name, local := strings.CutPrefix(src.Identifier, localPrefix)
			if !local {
				return nil, errFetch
			}
			ignore := g.in.ContextIgnore[name]
			if name == "context" {
				ignore = g.in.Ignore
			}
			res := gateway_client.NewResult()
			res.SetRef(ignoreFile(ignore))
			return res, nil
		}
	}
	return nil, errOffline
}

// ResolveSourceMetadata returns what is known about a source before it is fetched. For a folder it returns nothing new, as
// BuildKit does: SOURCE_DATE_EPOCH=context then sets no time.
func (g *gateway) ResolveSourceMetadata(ctx context.Context, src *pb.SourceOp, opt sourceresolver.Opt) (*sourceresolver.MetaResponse, error) {
	if strings.HasPrefix(src.Identifier, localPrefix) {
		return &sourceresolver.MetaResponse{Op: src}, nil
	}
	if r, ok := g.resolver.Resolver.(sourceMetadata); ok {
		return r.ResolveSourceMetadata(ctx, src, opt)
	}
	return nil, fmt.Errorf("looking up %s: %w", src.Identifier, errOffline)
}

func (g *gateway) Inputs(context.Context) (map[string]llb.State, error) { return nil, nil }

func (g *gateway) NewContainer(context.Context, gateway_client.NewContainerRequest) (gateway_client.Container, error) {
	return nil, errOffline
}

func (g *gateway) Warn(context.Context, digest.Digest, string, gateway_client.WarnOpts) error {
	return nil
}

// ignoreFile is a tree with one ignore file, or without files where it is nil.
type ignoreFile []byte

func (f ignoreFile) ReadFile(_ context.Context, req gateway_client.ReadRequest) ([]byte, error) {
	if f == nil {
		return nil, &fs.PathError{Op: "open", Path: req.Filename, Err: fs.ErrNotExist}
	}
	return f, nil
}

func (f ignoreFile) StatFile(_ context.Context, req gateway_client.StatRequest) (*fstypes.Stat, error) {
	if f == nil {
		return nil, &fs.PathError{Op: "stat", Path: req.Path, Err: fs.ErrNotExist}
	}
	return &fstypes.Stat{Path: req.Path, Size: int64(len(f))}, nil
}

func (f ignoreFile) ReadDir(context.Context, gateway_client.ReadDirRequest) ([]*fstypes.Stat, error) {
	return nil, errOffline
}

func (f ignoreFile) ToState() (llb.State, error) { return llb.Scratch(), nil }

func (f ignoreFile) Evaluate(context.Context) error { return nil }
