package connect

import (
	"context"
	"fmt"

	"github.com/containerd/errdefs"

	"github.com/stagewatch/stagewatch/engine/event"
	"github.com/stagewatch/stagewatch/engine/fault"
	"github.com/stagewatch/stagewatch/engine/image"
)

// ImageID returns the ID of an image that the engine has. Where it has none of that name the error's hint is hint.
func (h *Host) ImageID(ctx context.Context, name, hint string) (string, error) {
	seen, err := h.Client.ImageInspect(ctx, name)
	switch {
	case errdefs.IsNotFound(err):
		return "", &fault.Error{What: fmt.Sprintf("comparing with %s: the engine has no such image", name), Hint: hint}
	case err != nil:
		return "", fmt.Errorf("comparing with %s: %w", name, err)
	}
	return seen.ID, nil
}

// Contents reads a whole image: see [image.Store.Contents].
func (h *Host) Contents(ctx context.Context, id string, known []event.Layer) (image.Contents, error) {
	return image.New(h.Engine, "", h.store).Contents(ctx, id, known)
}
