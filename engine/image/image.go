// Package image measures images and the files in them. It returns the uncompressed bytes of each layer, from the base
// upwards, beside the instruction of the Dockerfile that made the layer. It reads the files of a stage, and accounts
// for their bytes between the stage before and the final one. Of any image it reads what docker saves. It also removes images of ours that were superseded.
//
// The caller decides when any of that is done. An image is never removed if it lacks our label, if it has a name, or
// if a container uses it. Whether the files can run where they are is the business of engine/compat.
package image

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/containerd/errdefs"
	"github.com/docker/docker/api/types/filters"
	"github.com/docker/docker/api/types/image"

	"github.com/stagewatch/stagewatch/engine/dock"
	"github.com/stagewatch/stagewatch/engine/event"
)

// StandInLabel is the label of a base image that replaces the official one of the same name. Its value says what the
// image is. Images that are built on it inherit the label.
const StandInLabel = "stagewatch.stand-in"

// ErrInUse says that an image was not removed because a container uses it.
var ErrInUse = errors.New("a container uses the image")

// Store is an engine's image store, as one session sees it.
type Store struct {
	engine  *dock.Engine
	session string
	basis   string
}

// What sizes count.
const (
	// Files is the basis of exact sizes: the bytes of the files in the layers, uncompressed.
	Files = "uncompressed layers"
	// Blocks is the basis of rough sizes: the blocks that the layers' files and folders take on the engine's disk, some
	// per cent more.
	Blocks = "uncompressed layers, in blocks on disk"
	// Loaded is the basis of rough sizes of images that a builder elsewhere made: the bytes of the files, and in layers above
	// the base the targets of symbolic links, which the engine counts in what it loads and not in what it builds.
	Loaded = "uncompressed layers, as docker load counts them"
)

// New returns the store of the engine for the session with the id. Name is the store's name in event.Engine.Store.
func New(engine *dock.Engine, session, name string) *Store {
	s := &Store{engine, session, Files}
	switch {
	case strings.HasPrefix(name, "containerd"):
		s.basis = Blocks
	case engine != nil && engine.Elsewhere() != "":
		s.basis = Loaded
	}
	return s
}

// Basis returns what [Store.Measure] counts: [Files], or [Blocks] as the containerd store does, or [Loaded].
func (s *Store) Basis() string { return s.basis }

// Measure returns the bytes of an image's layers, from the base upwards, and their sum. The first base layers are
// marked as the base image's. The sizes are those of `docker history`, without its entries that made no layer. The
// caller sets the result's Stage. Where their basis is not [Files], [Reader.Read] knows better.
func (s *Store) Measure(ctx context.Context, id string, base int) (event.StageSize, error) {
	cli := s.engine.Client
	seen, err := cli.ImageInspect(ctx, id)
	if err != nil {
		return event.StageSize{}, fmt.Errorf("inspecting image %s: %w", short(id), err)
	}
	history, err := cli.ImageHistory(ctx, id)
	if err != nil {
		return event.StageSize{}, fmt.Errorf("reading the history of image %s: %w", short(id), err)
	}
	slices.Reverse(history)
	size := event.StageSize{Layers: layersOf(history, len(seen.RootFS.Layers))}
	for i := range size.Layers {
		size.Layers[i].Base = i < base
		size.Bytes += size.Layers[i].Bytes
	}
	if seen.Config != nil {
		size.StandIn = seen.Config.Labels[StandInLabel]
	}
	return size, nil
}

// Shown returns the sizes that `docker images` shows of the session's images, by id, nil where they are those that
// [Store.Measure] returns. Up to engine 28 an image's description has another one.
func (s *Store) Shown(ctx context.Context) (map[string]int64, error) {
	if s.basis != Blocks {
		return nil, nil
	}
	found, err := s.made(ctx)
	if err != nil {
		return nil, err
	}
	shown := map[string]int64{}
	for _, img := range found {
		shown[img.ID] = img.Size
	}
	return shown, nil
}

// layersOf returns the entries of a history, oldest first, that made one of the image's count layers. The engine does
// not say which entries did: those with bytes, and those whose instruction changes more than the configuration.
func layersOf(history []image.HistoryResponseItem, count int) []event.Layer {
	layers := make([]event.Layer, 0, count)
	for _, entry := range history {
		by := Instruction(entry.CreatedBy)
		if by == "" {
			// `docker import` sets a comment and no instruction.
			by = strings.Replace(entry.Comment, "Imported from -", "imported from an archive", 1)
		}
		if entry.Size > 0 || !setting(by) {
			layers = append(layers, event.Layer{Bytes: entry.Size, CreatedBy: by})
		}
	}
	// The old builder made no layer for a WORKDIR whose folder existed.
	for i := 0; i < len(layers) && len(layers) > count; {
		if layers[i].Bytes == 0 && strings.HasPrefix(layers[i].CreatedBy, "WORKDIR") {
			layers = slices.Delete(layers, i, i+1)
			continue
		}
		i++
	}
	return layers
}

// Made returns the ids of the session's images on the engine.
func (s *Store) Made(ctx context.Context) ([]string, error) {
	found, err := s.made(ctx)
	if err != nil {
		return nil, err
	}
	ids := make([]string, len(found))
	for i, img := range found {
		ids[i] = img.ID
	}
	return ids, nil
}

func (s *Store) made(ctx context.Context) ([]image.Summary, error) {
	found, err := s.engine.Images(ctx, image.ListOptions{Filters: filters.NewArgs(filters.Arg("label", dock.Label+"="+s.session))})
	if err != nil {
		return nil, fmt.Errorf("listing the session's images: %w", err)
	}
	return found, nil
}

// Remove removes an image of this session. It leaves an image alone, without an error, if the image no longer exists,
// is not ours or has a name. It returns [ErrInUse] if a container uses the image.
func (s *Store) Remove(ctx context.Context, id string) error {
	cli := s.engine.Client
	seen, err := cli.ImageInspect(ctx, id)
	if errdefs.IsNotFound(err) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("inspecting image %s: %w", short(id), err)
	}
	if seen.Config == nil || seen.Config.Labels[dock.Label] != s.session || len(seen.RepoTags) > 0 {
		return nil
	}
	_, err = cli.ImageRemove(ctx, seen.ID, image.RemoveOptions{})
	switch {
	case err == nil, errdefs.IsNotFound(err):
		return nil
	case errdefs.IsConflict(err):
		return fmt.Errorf("removing image %s: %w", short(id), ErrInUse)
	}
	return fmt.Errorf("removing image %s: %w", short(id), err)
}

// short returns an id as docker prints it.
func short(id string) string {
	return fmt.Sprintf("%.12s", strings.TrimPrefix(id, "sha256:"))
}
