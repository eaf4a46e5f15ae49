package solve

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/moby/buildkit/client"

	"github.com/stagewatch/stagewatch/engine/carry"
	"github.com/stagewatch/stagewatch/engine/dock"
	"github.com/stagewatch/stagewatch/engine/event"
	"github.com/stagewatch/stagewatch/engine/human"
)

// comesHome has images brought to the engine that a builder elsewhere builds for.
func (b *Builder) comesHome(ctx context.Context, c *dock.BuildKit) error {
	blobs, err := c.Home.KeepsBlobs(ctx)
	if err != nil {
		return err
	}
	b.home, b.platform = carry.New(c.Home, blobs), c.Platform
	return nil
}

// Elsewhere says which builder builds in place of the engine's own BuildKit, empty for that one.
func (b *Builder) Elsewhere() string {
	if b.home == nil {
		return ""
	}
	return b.client.Home.Elsewhere()
}

// onlyAtHome is what is said of an image that a builder elsewhere can't have, and the engine has.
const onlyAtHome = "the engine has it, and the builder does not"

// atHome returns the error for an image that a builder elsewhere can't have, with whether the engine has it.
func (b *Builder) atHome(ctx context.Context, name string, err error) error {
	if b.home == nil || BrokenOff(err) {
		return err
	}
	if _, absent := b.client.Home.Layers(ctx, name); absent != nil {
		return err
	}
	return fmt.Errorf("%s: %w", onlyAtHome, err)
}

// elsewhere words a failure by where the build was made, for what the engine's own BuildKit would fail in another way.
func (b *Builder) elsewhere(f *Failure) {
	switch {
	case b.home == nil:
	case f.Message == brokenOff:
		f.Message, f.Hint = "the connection to builder "+b.Elsewhere()+" broke", "stagewatch continues by itself when it answers again."
	case strings.Contains(f.Message, noSpace) && !strings.HasPrefix(f.Message, carry.Bringing):
		f.Hint = "The disk of builder " + b.Elsewhere() + " is full. See what takes the space: docker buildx du"
	}
}

// pack returns what the request's image is to be exported into.
func (b *Builder) pack(ctx context.Context, req Request) *carry.Load {
	b.mu.Lock()
	var bases []string
	for c := range maps.Values(b.configs) {
		bases = append(bases, c.name)
	}
	b.mu.Unlock()
	slices.Sort(bases)
	return b.home.Pack(ctx, slices.Compact(bases), req.lacking)
}

// exports is how the request's image is exported.
func (t *tracker) exports(req Request) []client.ExportEntry {
	switch {
	case req.NoImage:
		return nil
	case t.load != nil:
		return t.load.Exports()
	}
	return []client.ExportEntry{{Type: "moby"}}
}

// bring has the engine take in what was exported, and returns the image's id there.
func (b *Builder) bring(ctx context.Context, track *tracker) (string, error) {
	brought, err := track.load.Bring(ctx)
	if err != nil {
		return "", err
	}
	track.brought = brought.Bytes
	return brought.Image, nil
}

// refused says that the engine did not take an image without the layers that it has.
func (b *Builder) refused(req Request, lacks *carry.LackingError) {
	if lacks.Err == nil {
		return
	}
	req.Emit(event.Warning{Code: event.CodeWholeImage, Message: lacks.Error(), Hint: "It gets " + human.Count(len(lacks.Layers), "layer") + " more, and serves the same."})
}
