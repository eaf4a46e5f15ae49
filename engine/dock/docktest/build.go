package docktest

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"testing"

	"github.com/docker/docker/api/types/image"
	"github.com/moby/buildkit/client"
	"github.com/tonistiigi/fsutil"

	"github.com/stagewatch/stagewatch/engine/dock"
)

// Builder is what has a BuildKit.
type Builder interface {
	BuildKit(ctx context.Context) (*dock.BuildKit, error)
}

// Build builds a Dockerfile with the engine's own BuildKit and frontend, and returns the image's id. Files are the
// context, by name.
func Build(t testing.TB, engine Builder, session *dock.Session, dockerfile string, files map[string]string) string {
	t.Helper()
	return solve(t, engine, map[string]string{"label:" + dock.Label: session.ID}, nil, dockerfile, files)
}

// BuildNamed builds as a person's own `docker build -t NAME` does.
func BuildNamed(t testing.TB, engine *dock.Engine, name, dockerfile string, files map[string]string) string {
	t.Helper()
	id := solve(t, engine, nil, map[string]string{"name": name}, dockerfile, files)
	t.Cleanup(func() { _, _ = engine.Client.ImageRemove(context.Background(), id, image.RemoveOptions{Force: true}) })
	return id
}

func solve(t testing.TB, engine Builder, frontend, export map[string]string, dockerfile string, files map[string]string) string {
	t.Helper()
	dir := t.TempDir()
	var errs []error
	for name, text := range files {
		path := filepath.Join(dir, name)
		errs = append(errs, os.MkdirAll(filepath.Dir(path), 0o755), os.WriteFile(path, []byte(text), 0o644))
	}
	errs = append(errs, os.WriteFile(filepath.Join(dir, "Dockerfile"), []byte(dockerfile), 0o644))
	tree, err := fsutil.NewFS(dir)
	if err := errors.Join(append(errs, err)...); err != nil {
		t.Fatal(err)
	}
	builder, err := engine.BuildKit(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer builder.Close()
	result, err := builder.Solve(t.Context(), nil, client.SolveOpt{
		Frontend:      "dockerfile.v0",
		FrontendAttrs: frontend,
		LocalMounts:   map[string]fsutil.FS{"context": tree, "dockerfile": tree},
		Exports:       []client.ExportEntry{{Type: "moby", Attrs: export}},
	}, nil)
	if err != nil {
		t.Fatalf("building a test image: %v", err)
	}
	return result.ExporterResponse["containerimage.digest"]
}
