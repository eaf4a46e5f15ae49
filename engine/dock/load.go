package dock

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/docker/docker/client"
	"github.com/opencontainers/go-digest"
)

// Layers returns the digests of an image's layers, uncompressed, from the base upwards.
func (e *Engine) Layers(ctx context.Context, image string) ([]digest.Digest, error) {
	seen, err := e.Client.ImageInspect(ctx, image)
	if err != nil {
		return nil, err
	}
	var layers []digest.Digest
	for _, l := range seen.RootFS.Layers {
		layers = append(layers, digest.Digest(l))
	}
	return layers, nil
}

// KeepsBlobs reports whether the engine keeps layers as the blobs that images came with, as the containerd store does, and
// not only as files.
func (e *Engine) KeepsBlobs(ctx context.Context) (bool, error) {
	info, err := e.Client.Info(ctx)
	if err != nil {
		return false, fmt.Errorf("reading the engine's description: %w", Plain(err))
	}
	return strings.HasPrefix(storeName(info), "containerd"), nil
}

// Load has the engine take in an archive with one image that has no name, and returns the image's id.
func (e *Engine) Load(ctx context.Context, archive io.Reader) (id string, err error) {
	answer, err := e.Client.ImageLoad(ctx, archive, client.ImageLoadWithQuiet(true))
	if err != nil {
		return "", Plain(err)
	}
	defer answer.Body.Close()
	for d := json.NewDecoder(answer.Body); ; {
		var said struct{ Stream, Error string }
		switch err := d.Decode(&said); {
		case errors.Is(err, io.EOF) && id == "":
			return "", errors.New("the engine does not say what it loaded")
		case errors.Is(err, io.EOF):
			return id, nil
		case err != nil:
			return "", fmt.Errorf("reading the engine's answer: %w", Plain(err))
		case said.Error != "":
			return "", errors.New(said.Error)
		case strings.HasPrefix(said.Stream, "Error "):
			// The containerd store keeps an image that it can't unpack.
			return "", errors.New(strings.TrimSpace(said.Stream))
		}
		if loaded, ok := strings.CutPrefix(strings.TrimSpace(said.Stream), "Loaded image ID: "); ok {
			id = loaded
		}
	}
}
