package image

import (
	"context"
	"encoding/json"
	"fmt"

	"github.com/moby/buildkit/client"
	"github.com/moby/buildkit/exporter/containerimage/exptypes"
	gateway "github.com/moby/buildkit/frontend/gateway/client"
	"github.com/moby/buildkit/session"
	ocispecs "github.com/opencontainers/image-spec/specs-go/v1"

	"github.com/stagewatch/stagewatch/engine/dock"
)

// export makes BuildKit send the wanted trees. When ctx ends, export returns as soon as the engine is done with them:
// while BuildKit collects the trees, the gateway returns an error; after that, it has no session to send them to.
func (r *Reader) export(ctx context.Context, sess *session.Session, wanted map[string]want) error {
	if len(wanted) == 0 {
		return nil
	}
	var grants []string
	for _, w := range wanted {
		grants = w.stage.Plan.Grants()
	}
	opt := client.SolveOpt{Exports: []client.ExportEntry{{Type: client.ExporterLocal}}, SharedSession: sess, SessionPreInitialized: true, Internal: true, AllowedEntitlements: grants}
	err := dock.Yielding(ctx, func(solving context.Context) error {
		_, err := r.client.Build(solving, opt, "stagewatch", func(solving context.Context, g gateway.Client) (*gateway.Result, error) {
			solving, stop := context.WithCancel(solving)
			defer stop()
			defer context.AfterFunc(ctx, stop)()
			return collect(solving, g, wanted)
		}, nil)
		return err
	}, func() bool {
		sess.Close()
		return false
	})
	if err != nil {
		return fmt.Errorf("reading stages: %w", err)
	}
	return nil
}

// collect solves the wanted trees and returns them under their names.
func collect(ctx context.Context, g gateway.Client, wanted map[string]want) (*gateway.Result, error) {
	res := gateway.NewResult()
	// The exporter accepts several results only as those of several platforms.
	var names exptypes.Platforms
	for name, w := range wanted {
		op, _ := w.stage.op(w.layer)
		def, err := w.stage.graph.UpTo(op)
		if err != nil {
			return nil, err
		}
		solved, err := g.Solve(ctx, gateway.SolveRequest{Definition: def})
		if err != nil {
			return nil, err
		}
		ref, err := solved.SingleRef()
		if err != nil {
			return nil, err
		}
		res.AddRef(name, ref)
		names.Platforms = append(names.Platforms, exptypes.Platform{ID: name, Platform: ocispecs.Platform{OS: "linux", Architecture: "amd64"}})
	}
	meta, err := json.Marshal(names)
	if err != nil {
		return nil, err
	}
	res.AddMeta(exptypes.ExporterPlatformsKey, meta)
	return res, nil
}
