package carry

import (
	"archive/tar"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"path"
	"slices"
	"strings"
	"sync"

	"github.com/moby/buildkit/client"
	"github.com/opencontainers/go-digest"
	"github.com/opencontainers/image-spec/specs-go"
	ocispecs "github.com/opencontainers/image-spec/specs-go/v1"
)

// Load is one image on its way to the engine.
type Load struct {
	// Arrived is closed once all has come of the image that the engine lacks.
	Arrived chan struct{}

	carrier *Carrier
	// there are the images of the engine that have a layer, by [Carrier.key], and known the digests of these layers.
	there   map[digest.Digest][]string
	known   []digest.Digest
	lacking map[digest.Digest]bool

	mu sync.Mutex
	// blobs are what has come, and manifest the one that lists the others.
	blobs    map[digest.Digest]*blob
	manifest digest.Digest
}

// Brought is what the engine got.
type Brought struct {
	// Image is the image's id there.
	Image string
	// Bytes are those that came from the builder, of Layers of the image's layers; the engine had the rest of All.
	Bytes       int64
	Layers, All int
}

// Exports is how a BuildKit exports the image into the load.
func (l *Load) Exports() []client.ExportEntry {
	return []client.ExportEntry{{Type: client.ExporterOCI, OutputStore: store{l}, Attrs: map[string]string{
		"tar": "false", "compression": "uncompressed", "force-compression": "true", "oci-mediatypes": "true",
	}}}
}

// Close gives up what has come.
func (l *Load) Close() {
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, b := range l.blobs {
		b.close()
	}
	l.blobs = nil
}

// Bring loads the image into the engine. It returns a [*LackingError] where layers are needed that stayed behind.
func (l *Load) Bring(ctx context.Context) (Brought, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	image, err := l.read()
	if err != nil {
		return Brought{}, fmt.Errorf("%s: %w", Bringing, err)
	}
	out := Brought{All: len(image.manifest.Layers)}
	var kept [][]string
	var lacking, stayed []digest.Digest
	for i, layer := range image.manifest.Layers {
		if l.blobs[layer.Digest] != nil {
			out.Layers++
			continue
		}
		stayed = append(stayed, layer.Digest)
		by := l.there[l.carrier.key(image.layers[:i+1])]
		if len(by) == 0 {
			lacking = append(lacking, layer.Digest)
		}
		kept = append(kept, by)
	}
	if len(lacking) > 0 {
		return out, &LackingError{Layers: lacking}
	}
	for _, b := range l.blobs {
		out.Bytes += b.size
	}
	if out.Image, err = l.load(ctx, image); err != nil {
		if len(stayed) > 0 && ctx.Err() == nil && !strings.Contains(err.Error(), "no space left on device") {
			return out, &LackingError{Layers: stayed, Err: err}
		}
		return out, fmt.Errorf("%s: %w", Bringing, err)
	}
	if l.carrier.blobs && !l.stayedThere(ctx, kept) {
		return out, &LackingError{Layers: stayed}
	}
	l.carrier.note(out.Image, image.layers)
	return out, nil
}

// stayedThere reports whether the engine had each layer all the time: one that keeps blobs takes in an image whose layers are
// removed meanwhile, and is then without them.
func (l *Load) stayedThere(ctx context.Context, kept [][]string) bool {
	there := map[string]bool{}
	for _, images := range kept {
		found := false
		for _, image := range images {
			if _, asked := there[image]; !asked {
				_, err := l.carrier.engine.Layers(ctx, image)
				there[image] = err == nil
			}
			found = found || there[image]
		}
		if !found {
			return false
		}
	}
	return true
}

// contents are an image's documents.
type contents struct {
	manifest ocispecs.Manifest
	// layers are the digests of its layers, uncompressed.
	layers []digest.Digest
}

// read reads the documents.
func (l *Load) read() (contents, error) {
	var c contents
	var config ocispecs.Image
	if err := l.decode(l.manifest, &c.manifest); err != nil {
		return c, err
	}
	if err := l.decode(c.manifest.Config.Digest, &config); err != nil {
		return c, err
	}
	if c.layers = config.RootFS.DiffIDs; len(c.layers) != len(c.manifest.Layers) {
		return c, fmt.Errorf("the builder sent %d layers for %d", len(c.manifest.Layers), len(c.layers))
	}
	for i, layer := range c.manifest.Layers {
		if layer.Digest != c.layers[i] {
			return c, fmt.Errorf("the builder compressed layer %s", layer.Digest)
		}
	}
	return c, nil
}

// maxDocument bounds a manifest or configuration: 8 MiB.
const maxDocument = 8 << 20

func (l *Load) decode(d digest.Digest, into any) error {
	b := l.blobs[d]
	if b == nil {
		return errNothing
	}
	if err := json.NewDecoder(io.LimitReader(b.reader(), maxDocument)).Decode(into); err != nil {
		return fmt.Errorf("reading %s: %w", d, err)
	}
	return nil
}

// load has the engine take in what has come.
func (l *Load) load(ctx context.Context, image contents) (id string, err error) {
	r, w := io.Pipe()
	written := make(chan struct{})
	go func() {
		defer close(written)
		w.CloseWithError(l.archive(w, image))
	}()
	id, err = l.carrier.engine.Load(ctx, r)
	r.CloseWithError(io.ErrClosedPipe)
	<-written
	return id, err
}

// archive writes the image as `docker save` does, for engines that read its manifest.json as for those that read an OCI
// layout. Layers that stayed behind are listed, and are not in it.
func (l *Load) archive(w io.Writer, image contents) error {
	manifest := l.blobs[l.manifest]
	index := ocispecs.Index{Versioned: specs.Versioned{SchemaVersion: 2}, MediaType: ocispecs.MediaTypeImageIndex,
		Manifests: []ocispecs.Descriptor{{MediaType: image.manifest.MediaType, Digest: l.manifest, Size: manifest.size}}}
	type saved struct {
		Config   string
		RepoTags []string
		Layers   []string
	}
	of := saved{Config: blobPath(image.manifest.Config.Digest)}
	for _, layer := range image.manifest.Layers {
		of.Layers = append(of.Layers, blobPath(layer.Digest))
	}
	t := tar.NewWriter(w)
	for _, document := range []struct {
		name    string
		content any
	}{
		{ocispecs.ImageLayoutFile, ocispecs.ImageLayout{Version: ocispecs.ImageLayoutVersion}},
		{ocispecs.ImageIndexFile, index},
		{"manifest.json", []saved{of}},
	} {
		data, err := json.Marshal(document.content)
		if err != nil {
			return err
		}
		if err := t.WriteHeader(&tar.Header{Name: document.name, Mode: 0o644, Size: int64(len(data))}); err != nil {
			return err
		}
		if _, err := t.Write(data); err != nil {
			return err
		}
	}
	for _, d := range slices.Sorted(maps.Keys(l.blobs)) {
		b := l.blobs[d]
		if err := t.WriteHeader(&tar.Header{Name: blobPath(d), Mode: 0o644, Size: b.size}); err != nil {
			return err
		}
		if _, err := io.Copy(t, b.reader()); err != nil {
			return err
		}
	}
	return t.Close()
}

func blobPath(d digest.Digest) string {
	return path.Join(ocispecs.ImageBlobsDir, d.Algorithm().String(), d.Encoded())
}
