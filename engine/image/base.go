package image

import (
	"archive/tar"
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/klauspost/compress/gzip"
	"github.com/klauspost/compress/zstd"
	"github.com/moby/buildkit/client"
	gateway "github.com/moby/buildkit/frontend/gateway/client"
	"github.com/opencontainers/go-digest"
	"github.com/opencontainers/image-spec/identity"
	ocispecs "github.com/opencontainers/image-spec/specs-go/v1"
)

// The containerd store knows what a base image's layers take on its disk, and not how large their files are. Of one
// layer the files' listing says it. Of several layers the listing shows what is left of them on top of each other, so
// the layers themselves are read: once in a session, 40 MB of compressed blobs for python:3.9-slim.

// baseSizes returns the sizes of the stage's base layers, from the lowest upwards, as a graph driver would have them.
// It returns nil for a base of one layer and for a stage without a base.
func (r *Reader) baseSizes(ctx context.Context, s *Stage) ([]int64, error) {
	if s.Plan.BaseLayers < 2 {
		return nil, nil
	}
	r.mu.Lock()
	sizes, known := r.bases[s.chains[0]]
	r.mu.Unlock()
	if known {
		return sizes, nil
	}
	sizes, err := r.readBase(ctx, s)
	if err != nil {
		return nil, fmt.Errorf("reading the layers of %s: %w", s.Plan.Base(s.Plan.Target), err)
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	r.bases[s.chains[0]] = sizes
	return sizes, nil
}

// readBase makes BuildKit send the base as an OCI archive, its layers as they are in the store.
func (r *Reader) readBase(ctx context.Context, s *Stage) ([]int64, error) {
	op, ok := s.op(0)
	if !ok {
		return nil, errors.New("the plan has no step for it")
	}
	def, err := s.graph.UpTo(op)
	if err != nil {
		return nil, err
	}
	in, out := io.Pipe()
	opt := client.SolveOpt{Internal: true, Session: r.attachables, Exports: []client.ExportEntry{{
		Type: client.ExporterOCI, Output: func(map[string]string) (io.WriteCloser, error) { return out, nil },
	}}}
	done := make(chan error, 1)
	go func() {
		_, err := r.client.Build(ctx, opt, "stagewatch", func(ctx context.Context, g gateway.Client) (*gateway.Result, error) {
			return g.Solve(ctx, gateway.SolveRequest{Definition: def})
		}, nil)
		out.CloseWithError(err)
		done <- err
	}()
	sizes, err := archiveSizes(in, s.chains[0])
	in.CloseWithError(err)
	return sizes, errors.Join(<-done, err)
}

// archiveSizes returns the sizes of an OCI archive's layers. The digest is that of the chain of its layers.
func archiveSizes(r io.Reader, chain digest.Digest) ([]int64, error) {
	layers := map[digest.Digest]int64{}
	documents := map[digest.Digest][]byte{}
	var index ocispecs.Index
	for t := tar.NewReader(r); ; {
		h, err := t.Next()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return nil, err
		}
		blob := bufio.NewReader(t)
		if h.Name == ocispecs.ImageIndexFile {
			if err := json.NewDecoder(blob).Decode(&index); err != nil {
				return nil, fmt.Errorf("reading its index: %w", err)
			}
			continue
		}
		hex, found := strings.CutPrefix(h.Name, "blobs/sha256/")
		if !found || h.Typeflag != tar.TypeReg {
			continue
		}
		id := digest.NewDigestFromEncoded(digest.SHA256, hex)
		if first, _ := blob.Peek(1); string(first) == "{" {
			if documents[id], err = io.ReadAll(io.LimitReader(blob, maxDocument)); err != nil {
				return nil, err
			}
			continue
		}
		if layers[id], err = layerSize(blob); err != nil {
			return nil, fmt.Errorf("reading layer %s: %w", id, err)
		}
	}
	return inOrder(index, documents, layers, chain)
}

// maxDocument bounds a manifest or configuration: 8 MiB.
const maxDocument = 8 << 20

// inOrder returns the sizes of the layers in the order of the archive's manifest.
func inOrder(index ocispecs.Index, documents map[digest.Digest][]byte, layers map[digest.Digest]int64, chain digest.Digest) ([]int64, error) {
	for _, d := range index.Manifests {
		var m ocispecs.Manifest
		var config ocispecs.Image
		if json.Unmarshal(documents[d.Digest], &m) != nil || json.Unmarshal(documents[m.Config.Digest], &config) != nil {
			continue
		}
		if identity.ChainID(slices.Clone(config.RootFS.DiffIDs)) != chain {
			continue
		}
		sizes := make([]int64, len(m.Layers))
		for i, l := range m.Layers {
			n, ok := layers[l.Digest]
			if !ok {
				return nil, fmt.Errorf("the engine did not send layer %s", l.Digest)
			}
			sizes[i] = n
		}
		return sizes, nil
	}
	return nil, errors.New("the engine sent other layers than those of the image")
}

// layerSize returns the bytes of the files in a layer's tar, which may be compressed: contents, each counted once, and
// the targets of symbolic links. That is what a graph driver counts for a layer that it unpacks.
func layerSize(blob *bufio.Reader) (n int64, err error) {
	content, err := uncompressed(blob)
	if err != nil {
		return 0, err
	}
	defer content.Close()
	for t := tar.NewReader(content); ; {
		h, err := t.Next()
		switch {
		case errors.Is(err, io.EOF):
			return n, nil
		case err != nil:
			return 0, err
		case h.Typeflag == tar.TypeSymlink:
			n += int64(len(h.Linkname))
		case h.Typeflag == tar.TypeReg:
			// Some archivers write the content's size into the header of a hard link as well.
			n += h.Size
		}
	}
}

// uncompressed returns the content of a blob that is compressed with gzip or zstd, or not at all.
func uncompressed(blob *bufio.Reader) (io.ReadCloser, error) {
	magic, _ := blob.Peek(4)
	switch {
	case bytes.HasPrefix(magic, []byte{0x1f, 0x8b}):
		return gzip.NewReader(blob)
	case bytes.Equal(magic, []byte{0x28, 0xb5, 0x2f, 0xfd}):
		r, err := zstd.NewReader(blob, zstd.WithDecoderConcurrency(1))
		if err != nil {
			return nil, err
		}
		return r.IOReadCloser(), nil
	}
	return uncompressedBlob{blob}, nil
}

// uncompressedBlob is a blob that is not compressed.
type uncompressedBlob struct{ io.Reader }

func (uncompressedBlob) Close() error { return nil }
