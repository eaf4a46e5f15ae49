package solve_test

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"slices"

	"github.com/docker/docker/api/types/container"
	"github.com/docker/docker/api/types/image"
	docker "github.com/docker/docker/client"
	"github.com/google/go-containerregistry/pkg/v1/mutate"

	"github.com/stagewatch/stagewatch/engine/dock"
	"github.com/stagewatch/stagewatch/engine/dock/docktest"
	"github.com/stagewatch/stagewatch/engine/solve"
)

// place is where features are built, and their images are.
type place interface {
	solve.Engine
	// reachesUs reports whether steps reach a server of this process.
	reachesUs(ctx context.Context) bool
	// files returns an image's files as a tar.
	files(ctx context.Context, image string) (io.ReadCloser, error)
	config(ctx context.Context, image string) (*told, error)
	// remove removes an image, by id or name, if it is there.
	remove(ctx context.Context, image string)
}

// told is what an image says of itself.
type told struct {
	config           map[string]any
	author, platform string
	layers           int
	// history are the instructions, the first one first.
	history []string
}

type onEngine struct {
	*dock.Engine
	session *dock.Session
}

func (e onEngine) reachesUs(ctx context.Context) bool { return e.Direct(ctx) }

func (e onEngine) files(ctx context.Context, image string) (io.ReadCloser, error) {
	c, err := e.Client.ContainerCreate(ctx, &container.Config{Image: image, Cmd: []string{"x"}, Labels: map[string]string{dock.Label: e.session.ID}}, nil, nil, nil, "")
	if err != nil {
		return nil, err
	}
	defer e.Client.ContainerRemove(context.Background(), c.ID, container.RemoveOptions{Force: true, RemoveVolumes: true})
	exported, err := e.Client.ContainerExport(ctx, c.ID)
	if err != nil {
		return nil, err
	}
	defer exported.Close()
	all, err := io.ReadAll(exported)
	return io.NopCloser(bytes.NewReader(all)), err
}

func (e onEngine) config(ctx context.Context, image string) (*told, error) {
	var raw bytes.Buffer
	img, err := e.Client.ImageInspect(ctx, image, docker.ImageInspectWithRawResponse(&raw))
	if err != nil {
		return nil, err
	}
	var parsed struct {
		Config map[string]any
		Author string
	}
	if err := json.Unmarshal(raw.Bytes(), &parsed); err != nil {
		return nil, err
	}
	history, err := e.Client.ImageHistory(ctx, image)
	if err != nil {
		return nil, err
	}
	out := &told{parsed.Config, parsed.Author, fmt.Sprintf("%s/%s %s", img.Os, img.Architecture, img.Variant), len(img.RootFS.Layers), nil}
	for _, h := range slices.Backward(history) {
		out.history = append(out.history, h.CreatedBy)
	}
	return out, nil
}

func (e onEngine) remove(ctx context.Context, named string) {
	_, _ = e.Client.ImageRemove(ctx, named, image.RemoveOptions{Force: true, PruneChildren: true})
}

type onBuildkitd struct{ *docktest.Buildkitd }

func (b onBuildkitd) reachesUs(context.Context) bool { return true }

func (b onBuildkitd) files(ctx context.Context, digest string) (io.ReadCloser, error) {
	img, err := b.Image(ctx, digest)
	if err != nil {
		return nil, err
	}
	return mutate.Extract(img), nil
}

func (b onBuildkitd) config(ctx context.Context, digest string) (*told, error) {
	img, err := b.Image(ctx, digest)
	if err != nil {
		return nil, err
	}
	raw, err := img.RawConfigFile()
	if err != nil {
		return nil, err
	}
	var parsed struct{ Config map[string]any }
	if err := json.Unmarshal(raw, &parsed); err != nil {
		return nil, err
	}
	file, err := img.ConfigFile()
	if err != nil {
		return nil, err
	}
	out := &told{parsed.Config, file.Author, fmt.Sprintf("%s/%s %s", file.OS, file.Architecture, file.Variant), len(file.RootFS.DiffIDs), nil}
	for _, h := range file.History {
		out.history = append(out.history, h.CreatedBy)
	}
	return out, nil
}

// The registry ends with the test.
func (b onBuildkitd) remove(context.Context, string) {}
