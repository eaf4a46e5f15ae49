package engine

import (
	"context"
	"slices"

	dimage "github.com/docker/docker/api/types/image"

	"github.com/stagewatch/stagewatch/engine/dock"
	"github.com/stagewatch/stagewatch/engine/event"
)

type tmpStore struct{ e *dock.Engine }

func (s tmpStore) Basis() string { return "uncompressed layers" }
func (s tmpStore) Measure(ctx context.Context, id string, base int) (event.StageSize, error) {
	h, err := s.e.Client.ImageHistory(ctx, id)
	if err != nil {
		return event.StageSize{}, err
	}
	slices.Reverse(h)
	var out event.StageSize
	for _, l := range h {
		out.Layers = append(out.Layers, event.Layer{Bytes: l.Size, CreatedBy: l.CreatedBy})
		out.Bytes += l.Size
	}
	return out, nil
}
func (s tmpStore) Remove(ctx context.Context, id string) error {
	_, err := s.e.Client.ImageRemove(ctx, id, dimage.RemoveOptions{PruneChildren: true})
	return err
}
