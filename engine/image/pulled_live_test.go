package image

import (
	"archive/tar"
	"bytes"
	"fmt"
	"io"
	"log"
	"net/http/httptest"
	"runtime"
	"strings"
	"testing"

	"github.com/docker/docker/api/types/versions"
	"github.com/google/go-containerregistry/pkg/compression"
	"github.com/google/go-containerregistry/pkg/name"
	"github.com/google/go-containerregistry/pkg/registry"
	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/empty"
	"github.com/google/go-containerregistry/pkg/v1/mutate"
	"github.com/google/go-containerregistry/pkg/v1/remote"
	"github.com/google/go-containerregistry/pkg/v1/tarball"
	"github.com/google/go-containerregistry/pkg/v1/types"
)

// TestTheBytesOfAPulledBaseAreItsOwn builds on bases as registries have them, which BuildKit pulls.
func TestTheBytesOfAPulledBaseAreItsOwn(t *testing.T) {
	host := strings.TrimPrefix(newRegistry(t), "http://")
	const own, foreign, attestation = "linux/" + runtime.GOARCH, "linux/s390x", "unknown/unknown"
	for name, tt := range map[string]struct {
		base map[string]v1.Image
		zstd bool
	}{
		"of one layer":         {base: map[string]v1.Image{own: pulled(t, compression.GZip, 1)}},
		"of several layers":    {base: map[string]v1.Image{own: pulled(t, compression.GZip, 3)}},
		"compressed with zstd": {base: map[string]v1.Image{own: pulled(t, compression.ZStd, 3)}, zstd: true},
		"of two platforms, with an attestation": {base: map[string]v1.Image{
			own: pulled(t, compression.GZip, 2), foreign: pulled(t, compression.GZip, 1), attestation: pulled(t, compression.GZip, 1),
		}},
	} {
		t.Run(name, func(t *testing.T) {
			s := newStages(t)
			if tt.zstd && versions.LessThan(s.Engine.Client.ClientVersion(), "1.42") {
				t.Skip("Docker Engine before 23 can't unpack zstd")
			}
			ref := push(t, host, indexOf(t, tt.base))
			s.Write("Dockerfile", "FROM "+ref+"\nCOPY a /new/a\n")
			s.Write("a", "a")
			src := s.build("")
			err := s.reader.Read(t.Context(), s.contexts(), []Source{src}, func(st []*Stage, _ Open) error {
				s.compareWithSave(st[0])
				l := Account(nil, st[0])
				if len(l.Own) != 1 || l.Own[0].Bytes != 1 || l.BaseAfter.Bytes == 0 {
					t.Errorf("got %+v", l)
				}
				return nil
			})
			if err != nil {
				t.Error(err)
			}
		})
	}
}

// newRegistry returns the address of a registry on loopback.
func newRegistry(t *testing.T) string {
	server := httptest.NewServer(registry.New(registry.Logger(log.New(io.Discard, "", 0))))
	t.Cleanup(server.Close)
	return server.URL
}

// pulled returns an image. Each layer overwrites a file of the one below.
func pulled(t *testing.T, by compression.Compression, layers int) v1.Image {
	t.Helper()
	img := mutate.MediaType(empty.Image, types.OCIManifestSchema1)
	img = mutate.ConfigMediaType(img, types.OCIConfigJSON)
	for i := range layers {
		media := types.OCILayer
		if by == compression.ZStd {
			media = types.OCILayerZStd
		}
		layer, err := tarball.LayerFromOpener(archive(t, i), tarball.WithCompression(by), tarball.WithMediaType(media))
		if err != nil {
			t.Fatal(err)
		}
		if img, err = mutate.Append(img, mutate.Addendum{Layer: layer, MediaType: media, History: v1.History{CreatedBy: fmt.Sprintf("RUN layer %d", i)}}); err != nil {
			t.Fatal(err)
		}
	}
	return img
}

// archive returns the tar of a layer.
func archive(t *testing.T, number int) func() (io.ReadCloser, error) {
	t.Helper()
	var out bytes.Buffer
	w := tar.NewWriter(&out)
	own := fmt.Sprintf("only-%d", number)
	for _, h := range []tar.Header{
		{Name: "shared", Typeflag: tar.TypeReg, Mode: 0o644, Size: int64(1000 + number)},
		{Name: own, Typeflag: tar.TypeReg, Mode: 0o644, Size: 5000},
		{Name: own + "-hard", Typeflag: tar.TypeLink, Mode: 0o644, Linkname: own},
		{Name: own + "-link", Typeflag: tar.TypeSymlink, Mode: 0o777, Linkname: own},
	} {
		if err := w.WriteHeader(&h); err != nil {
			t.Fatal(err)
		}
		if _, err := w.Write(bytes.Repeat([]byte{byte(number)}, int(h.Size))); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return func() (io.ReadCloser, error) { return io.NopCloser(bytes.NewReader(out.Bytes())), nil }
}

// indexOf returns an index of images, by platform.
func indexOf(t *testing.T, images map[string]v1.Image) v1.ImageIndex {
	t.Helper()
	index := mutate.IndexMediaType(empty.Index, types.OCIImageIndex)
	for platform, img := range images {
		config, err := img.ConfigFile()
		if err != nil {
			t.Fatal(err)
		}
		config = config.DeepCopy()
		config.OS, config.Architecture, _ = strings.Cut(platform, "/")
		if img, err = mutate.ConfigFile(img, config); err != nil {
			t.Fatal(err)
		}
		index = mutate.AppendManifests(index, mutate.IndexAddendum{Add: img, Descriptor: v1.Descriptor{Platform: config.Platform()}})
	}
	return index
}

// push pushes an index and returns its name.
func push(t *testing.T, host string, index v1.ImageIndex) string {
	t.Helper()
	digest, err := index.Digest()
	if err != nil {
		t.Fatal(err)
	}
	// A name of its own: engines remember what a name stood for.
	ref, err := name.ParseReference(fmt.Sprintf("%s/base:%.12s", host, digest.Hex))
	if err == nil {
		err = remote.WriteIndex(ref, index)
	}
	if err != nil {
		t.Fatal(err)
	}
	return ref.String()
}
