package solve

import (
	"context"
	"fmt"
	"io/fs"
	"path"
	"strings"

	gateway "github.com/moby/buildkit/frontend/gateway/client"
	"github.com/moby/buildkit/solver/errdefs"
	"github.com/moby/buildkit/solver/pb"
	"github.com/opencontainers/go-digest"

	"github.com/stagewatch/stagewatch/engine/plan"
)

// require returns an error for a path that COPY --parents names and that does not exist, where the engine does not know
// such paths and would copy nothing. It is the error that newer engines return, for the same step.
func (b *Builder) require(ctx context.Context, g gateway.Client, bound *plan.Bound) error {
	if b.caps.Supports(pb.CapFileCopyRequiredPaths) == nil {
		return nil
	}
	for i, op := range bound.Ops {
		for _, a := range op.GetFile().GetActions() {
			c := a.GetCopy()
			// An empty stage is no input, and newer engines require nothing of it.
			if len(c.GetRequiredPaths()) == 0 || a.SecondaryInput < 0 || int(a.SecondaryInput) >= len(op.Inputs) {
				continue
			}
			in := op.Inputs[a.SecondaryInput]
			source, err := upTo(ctx, g, bound, bound.At[digest.Digest(in.Digest)])
			if err != nil {
				return err
			}
			for _, p := range c.RequiredPaths {
				if ok, err := present(ctx, source, c.Src, p); err != nil {
					return err
				} else if !ok {
					return errdefs.WrapVertex(fmt.Errorf("%q: not found", p), bound.Digests[i])
				}
			}
		}
	}
	return nil
}

// present reports whether a path below the source exists. Links lead to the source, but not on from it, as in BuildKit.
func present(ctx context.Context, ref gateway.Reference, source, p string) (bool, error) {
	if ref == nil {
		return false, nil
	}
	at := source
	parts := strings.Split(strings.Trim(strings.TrimPrefix(p, source), "/"), "/")
	for i, name := range parts {
		if name == "" {
			continue
		}
		stats, err := ref.ReadDir(ctx, gateway.ReadDirRequest{Path: at, IncludePattern: name})
		if err != nil {
			// The source itself is missing or is no folder, which BuildKit reports when it copies.
			return true, ctx.Err()
		}
		if len(stats) == 0 || i < len(parts)-1 && !fs.FileMode(stats[0].Mode).IsDir() {
			return false, nil
		}
		at = path.Join(at, name)
	}
	return true, nil
}
