package solve

import (
	"context"
	"fmt"
	"maps"
	"path/filepath"

	"github.com/moby/buildkit/client/llb"
	"github.com/moby/buildkit/exporter/containerimage/exptypes"
	gateway "github.com/moby/buildkit/frontend/gateway/client"
	"github.com/moby/buildkit/solver/pb"
	"github.com/tonistiigi/fsutil"

	"github.com/stagewatch/stagewatch/engine/plan"
)

// Convert makes BuildKit run the frontend's image on the Dockerfile, as docker build would, but builds nothing of the
// result. The frontend reads the folders as they are on disk.
func (b *Builder) Convert(ctx context.Context, syntax plan.Syntax, in plan.Input) (def *pb.Definition, config []byte, err error) {
	locals := map[string]fsutil.FS{}
	for name, dir := range in.Folders {
		if locals[name], err = fsutil.NewFS(dir); err != nil {
			return nil, nil, fmt.Errorf("reading the context %q: %w", name, err)
		}
	}
	attrs := maps.Clone(in.Attrs)
	attrs["source"], attrs["cmdline"], attrs["filename"] = syntax.Image, syntax.Command, filepath.Base(in.Filename)
	err = b.ask(ctx, locals, func(ctx context.Context, g gateway.Client) error {
		res, err := g.Solve(ctx, gateway.SolveRequest{Frontend: "gateway.v0", FrontendOpt: attrs})
		if err != nil {
			return err
		}
		ref, err := res.SingleRef()
		if err != nil {
			return err
		}
		state, err := ref.ToState()
		if err != nil {
			return err
		}
		graph, err := state.Marshal(ctx, llb.WithCaps(b.caps))
		if err != nil {
			return err
		}
		def, config = graph.ToPB(), res.Metadata[exptypes.ExporterImageConfigKey]
		return nil
	})
	if err != nil {
		return nil, nil, Plain(err)
	}
	if config == nil {
		config = []byte("{}")
	}
	return def, config, nil
}
