package docktest

import (
	"context"
	"fmt"
	"io"
	"log"
	"net/http/httptest"
	"os"
	"strings"
	"testing"

	"github.com/docker/docker/api/types/image"
	"github.com/google/go-containerregistry/pkg/name"
	"github.com/google/go-containerregistry/pkg/registry"
	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/remote"
	"github.com/google/go-containerregistry/pkg/v1/tarball"
	controlapi "github.com/moby/buildkit/api/services/control"
	"github.com/moby/buildkit/client"
	"google.golang.org/grpc"

	"github.com/stagewatch/stagewatch/engine/dock"
)

// Buildkitd is a BuildKit with no engine around it. Images are in a registry of the test's own, where it finds bases and
// puts what is built.
type Buildkitd struct {
	host string
	// registry is the registry's host and port.
	registry string
}

// NewBuildkitd returns the BuildKit that BUILDKIT_HOST names. Without one the test is skipped.
func NewBuildkitd(t testing.TB) *Buildkitd {
	t.Helper()
	host := os.Getenv("BUILDKIT_HOST")
	if host == "" {
		t.Skip("needs a buildkitd, and BUILDKIT_HOST names none (`make test-engines ENGINES=buildkitd` brings one)")
	}
	server := httptest.NewServer(registry.New(registry.Logger(log.New(io.Discard, "", 0))))
	t.Cleanup(server.Close)
	return &Buildkitd{host, strings.TrimPrefix(server.URL, "http://")}
}

// Engine returns the engine for which it builds, elsewhere.
func (b *Buildkitd) Engine(t testing.TB) *dock.Engine {
	t.Helper()
	near := Engine(t)
	e, err := dock.Connect(t.Context(), dock.Options{Host: near.Host, Builder: b.host})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = e.Close() })
	return e
}

// Base returns a base image that both the engine and the builder have, by a name for FROM.
func (b *Buildkitd) Base(t testing.TB, engine *dock.Engine, from string) string {
	t.Helper()
	name := b.Fetch(t, engine, from)
	if err := engine.Client.ImageTag(t.Context(), from, name); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _, _ = engine.Client.ImageRemove(context.Background(), name, image.RemoveOptions{}) })
	return name
}

// BuildKit connects to it. What is to be exported to an engine goes to the registry.
func (b *Buildkitd) BuildKit(ctx context.Context) (*dock.BuildKit, error) {
	c, err := client.New(ctx, b.host, client.WithGRPCDialOption(grpc.WithChainUnaryInterceptor(
		func(ctx context.Context, method string, req, reply any, cc *grpc.ClientConn, invoke grpc.UnaryInvoker, opts ...grpc.CallOption) error {
			if solve, ok := req.(*controlapi.SolveRequest); ok {
				for _, e := range solve.Exporters {
					if e.Type == "moby" {
						e.Type = client.ExporterImage
						e.Attrs = map[string]string{"name": b.registry + "/built", "push": "true", "push-by-digest": "true", "registry.insecure": "true"}
					}
				}
			}
			return invoke(ctx, method, req, reply, cc, opts...)
		})))
	if err != nil {
		return nil, err
	}
	return &dock.BuildKit{Client: c, DialSession: c.Dialer()}, nil
}

// Name gives an image that was built names in the registry, and returns these as FROM takes them.
func (b *Buildkitd) Name(ctx context.Context, image string, names []string) ([]string, error) {
	var named []string
	for _, n := range names {
		built, err := b.Image(ctx, image)
		if err != nil {
			return nil, err
		}
		full, err := b.put(ctx, n, built)
		if err != nil {
			return nil, err
		}
		named = append(named, full)
	}
	return named, nil
}

// Image returns an image that was built, by its digest or by a name that [Buildkitd.Name] returned.
func (b *Buildkitd) Image(ctx context.Context, image string) (v1.Image, error) {
	if strings.HasPrefix(image, "sha256:") {
		image = b.registry + "/built@" + image
	}
	ref, err := name.ParseReference(image)
	if err != nil {
		return nil, err
	}
	return remote.Image(ref, remote.WithContext(ctx))
}

// Fetch copies an image of an engine to where FROM finds it, and returns its name there.
func (b *Buildkitd) Fetch(t testing.TB, engine *dock.Engine, from string) string {
	t.Helper()
	saved, err := tarball.Image(func() (io.ReadCloser, error) { return engine.Client.ImageSave(t.Context(), []string{from}) }, nil)
	if err != nil {
		t.Fatal(err)
	}
	named, err := b.put(t.Context(), from, saved)
	if err != nil {
		t.Fatal(err)
	}
	return named
}

func (b *Buildkitd) put(ctx context.Context, as string, img v1.Image) (string, error) {
	ref, err := name.ParseReference(fmt.Sprintf("%s/%s", b.registry, as))
	if err != nil {
		return "", err
	}
	return ref.String(), remote.Write(ref, img, remote.WithContext(ctx))
}
