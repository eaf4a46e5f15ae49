package build

import (
	"context"
	"fmt"
	"maps"
	"path/filepath"

	"github.com/moby/buildkit/client"
	"github.com/moby/buildkit/client/llb"
	"github.com/moby/buildkit/exporter/containerimage/exptypes"
	gateway "github.com/moby/buildkit/frontend/gateway/client"
	"github.com/moby/buildkit/solver/pb"
	"github.com/tonistiigi/fsutil"

	"github.com/stagewatch/stagewatch/engine/plan"
)

// Convert has BuildKit run the frontend's image on the Dockerfile, as docker build would, and builds nothing of what it
// makes. The frontend reads the folders as they are on disk.
func (b *Builder) Convert(ctx context.Context, syntax plan.Syntax, in plan.Input) (def *pb.Definition, config []byte, err error) {
	locals := map[string]fsutil.FS{}
	for name, dir := range in.Folders {
		if locals[name], err = fsutil.NewFS(dir); err != nil {
			return nil, nil, fmt.Errorf("reading the context %q: %w", name, err)
		}
	}
	attrs := maps.Clone(in.Attrs)
	attrs["source"], attrs["cmdline"], attrs["filename"] = syntax.Image, syntax.Command, filepath.Base(in.Filename)
	_, err = b.client.Build(ctx, client.SolveOpt{LocalMounts: locals, Session: b.attachables}, "stagewatch", func(ctx context.Context, g gateway.Client) (*gateway.Result, error) {
		res, err := g.Solve(ctx, gateway.SolveRequest{Frontend: "gateway.v0", FrontendOpt: attrs})
		if err != nil {
			return nil, err
		}
		ref, err := res.SingleRef()
		if err != nil {
			return nil, err
		}
		state, err := ref.ToState()
		if err != nil {
			return nil, err
		}
		graph, err := state.Marshal(ctx, llb.WithCaps(b.caps))
		if err != nil {
			return nil, err
		}
		def, config = graph.ToPB(), res.Metadata[exptypes.ExporterImageConfigKey]
		return gateway.NewResult(), nil
	}, nil)
	if err != nil {
		return nil, nil, fmt.Errorf("%s", PlainMessage(err.Error()))
	}
	if config == nil {
		config = []byte("{}")
	}
	return def, config, nil
}
