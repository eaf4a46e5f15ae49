package carry

import (
	"archive/tar"
	"bytes"
	"context"
	"crypto/rand"
	"encoding/json"
	"errors"
	"io"
	"maps"
	"net"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	contentapi "github.com/containerd/containerd/api/services/content/v1"
	"github.com/containerd/containerd/v2/core/content"
	"github.com/containerd/containerd/v2/core/content/proxy"
	"github.com/containerd/containerd/v2/plugins/content/local"
	"github.com/containerd/containerd/v2/plugins/services/content/contentserver"
	"github.com/moby/buildkit/util/contentutil"
	"github.com/opencontainers/go-digest"
	"github.com/opencontainers/image-spec/identity"
	"github.com/opencontainers/image-spec/specs-go"
	ocispecs "github.com/opencontainers/image-spec/specs-go/v1"
	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/grpc/test/bufconn"
)

// shelf is a folder of images, and lists of layers: an engine that takes in archives as one does that keeps layers as files.
type shelf struct {
	images map[string][]digest.Digest
	// loaded are the names in the newest archive, and refuse makes the next one fail.
	loaded map[string]int64
	refuse error
}

var errAbsent = errors.New("no such image")

func (s *shelf) Layers(_ context.Context, image string) ([]digest.Digest, error) {
	layers, ok := s.images[image]
	if !ok {
		return nil, errAbsent
	}
	return layers, nil
}

// Load reads the archive by its manifest.json, and fails for a layer that is neither in it nor on the shelf.
func (s *shelf) Load(_ context.Context, archive io.Reader) (string, error) {
	if err := s.refuse; err != nil {
		s.refuse = nil
		return "", err
	}
	s.loaded = map[string]int64{}
	files := map[string][]byte{}
	for t := tar.NewReader(archive); ; {
		h, err := t.Next()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return "", err
		}
		if files[h.Name], err = io.ReadAll(t); err != nil {
			return "", err
		}
		s.loaded[h.Name] = h.Size
	}
	var saved []struct {
		Config string
		Layers []string
	}
	if err := json.Unmarshal(files["manifest.json"], &saved); err != nil {
		return "", err
	}
	var config ocispecs.Image
	if err := json.Unmarshal(files[saved[0].Config], &config); err != nil {
		return "", err
	}
	for i, d := range config.RootFS.DiffIDs {
		if data, sent := files[saved[0].Layers[i]]; sent && digest.FromBytes(data) != d {
			return "", errors.New("a layer is another one")
		} else if !sent && !s.has(config.RootFS.DiffIDs[:i+1]) {
			return "", errors.New("a layer is missing")
		}
	}
	id := "sha256:" + filepath.Base(saved[0].Config)
	s.images[id] = config.RootFS.DiffIDs
	return id, nil
}

func (s *shelf) has(chain []digest.Digest) bool {
	for _, layers := range s.images {
		if len(layers) >= len(chain) && identity.ChainID(slices.Clone(layers[:len(chain)])) == identity.ChainID(slices.Clone(chain)) {
			return true
		}
	}
	return false
}

// builder keeps layers and exports images of them, as BuildKit's own exporter does.
type builder struct {
	t     *testing.T
	store content.Store
}

func newBuilder(t *testing.T) *builder {
	t.Helper()
	store, err := local.NewStore(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	return &builder{t, store}
}

// put keeps a blob.
func (b *builder) put(mediaType string, data []byte) ocispecs.Descriptor {
	b.t.Helper()
	desc := ocispecs.Descriptor{MediaType: mediaType, Digest: digest.FromBytes(data), Size: int64(len(data))}
	if err := content.WriteBlob(b.t.Context(), b.store, desc.Digest.String(), bytes.NewReader(data), desc); err != nil {
		b.t.Fatal(err)
	}
	return desc
}

// image keeps an image of the layers.
func (b *builder) image(layers ...[]byte) ocispecs.Descriptor {
	b.t.Helper()
	var config ocispecs.Image
	manifest := ocispecs.Manifest{Versioned: specs.Versioned{SchemaVersion: 2}, MediaType: ocispecs.MediaTypeImageManifest}
	for _, l := range layers {
		config.RootFS.DiffIDs = append(config.RootFS.DiffIDs, digest.FromBytes(l))
		manifest.Layers = append(manifest.Layers, b.put(ocispecs.MediaTypeImageLayer, l))
	}
	manifest.Config = b.put(ocispecs.MediaTypeImageConfig, b.json(config))
	return b.put(ocispecs.MediaTypeImageManifest, b.json(manifest))
}

func (b *builder) json(v any) []byte {
	b.t.Helper()
	data, err := json.Marshal(v)
	if err != nil {
		b.t.Fatal(err)
	}
	return data
}

// export sends an image into a load, through the same service and by the same code as a BuildKit.
func (b *builder) export(l *Load, image ocispecs.Descriptor) error {
	b.t.Helper()
	listener := bufconn.Listen(1 << 20)
	server := grpc.NewServer()
	contentapi.RegisterContentServer(server, contentserver.New(l.Exports()[0].OutputStore))
	go func() { _ = server.Serve(listener) }()
	defer server.Stop()
	conn, err := grpc.NewClient("passthrough:", grpc.WithTransportCredentials(insecure.NewCredentials()),
		grpc.WithContextDialer(func(ctx context.Context, _ string) (net.Conn, error) { return listener.DialContext(ctx) }))
	if err != nil {
		b.t.Fatal(err)
	}
	defer conn.Close()
	return contentutil.CopyChain(b.t.Context(), proxy.NewContentStore(conn), b.store, image)
}

// carry packs, exports and brings an image.
func (b *builder) carry(c *Carrier, image ocispecs.Descriptor, bases []string, lacking ...digest.Digest) (Brought, error) {
	b.t.Helper()
	l := c.Pack(b.t.Context(), bases, lacking)
	defer l.Close()
	if err := b.export(l, image); err != nil {
		b.t.Fatal(err)
	}
	select {
	case <-l.Arrived:
	default:
		b.t.Error("nothing tells that all has come")
	}
	return l.Bring(b.t.Context())
}

// layer returns a layer of that many random bytes.
func layer(t *testing.T, size int) []byte {
	t.Helper()
	data := make([]byte, size)
	if _, err := rand.Read(data); err != nil {
		t.Fatal(err)
	}
	return data
}

func layersIn(archive map[string]int64, layers ...[]byte) string {
	var in []string
	for i, l := range layers {
		if _, ok := archive[blobPath(digest.FromBytes(l))]; ok {
			in = append(in, string(rune('a'+i)))
		}
	}
	return strings.Join(in, "")
}

// TestOnlyNewLayersTravel: the engine gets what it lacks, be its layers those of a base or of an image that was brought.
func TestOnlyNewLayersTravel(t *testing.T) {
	base, site, app, other := layer(t, 3<<20), layer(t, 2<<20), layer(t, 100), layer(t, 200)
	all := [][]byte{base, site, app, other}
	for name, tt := range map[string]struct {
		blobs bool
		// first and again are what travels of base, site, app, and then of base, site, other.
		first, again string
	}{
		"layers as files": {false, "bc", "d"},
		"layers as blobs": {true, "abc", "d"},
	} {
		t.Run(name, func(t *testing.T) {
			b := newBuilder(t)
			engine := &shelf{images: map[string][]digest.Digest{"base": {digest.FromBytes(base)}, "elsewhere": {digest.FromBytes(app)}}}
			c := New(engine, tt.blobs)
			bases := []string{"base", "gone", "elsewhere"}
			got, err := b.carry(c, b.image(base, site, app), bases, digest.FromBytes(app))
			if err != nil || layersIn(engine.loaded, all...) != tt.first {
				t.Fatalf("%q travelled: %v", layersIn(engine.loaded, all...), err)
			}
			if got.All != 3 || got.Layers != len(tt.first) || engine.images[got.Image] == nil {
				t.Errorf("%+v", got)
			}
			if got, err = b.carry(c, b.image(base, site, other), bases); err != nil || layersIn(engine.loaded, all...) != tt.again {
				t.Fatalf("then %q travelled: %v", layersIn(engine.loaded, all...), err)
			}
			var bytes int64
			for name, size := range engine.loaded {
				if strings.HasPrefix(name, ocispecs.ImageBlobsDir) {
					bytes += size
				}
			}
			if got.Bytes != bytes || got.Bytes > 5000 {
				t.Errorf("%d bytes are said, of %d", got.Bytes, bytes)
			}
			if got, err = b.carry(c, b.image(base, site, other), bases); err != nil || got.Layers != 0 {
				t.Errorf("the same once more: %+v, %v", got, err)
			}
		})
	}
}

// TestTheArchiveIsAnImage of both kinds: with a manifest.json, and as an OCI layout.
func TestTheArchiveIsAnImage(t *testing.T) {
	b, engine := newBuilder(t), &shelf{images: map[string][]digest.Digest{}}
	image := b.image(layer(t, 10), layer(t, 20))
	if _, err := b.carry(New(engine, false), image, nil); err != nil {
		t.Fatal(err)
	}
	names := slices.Sorted(maps.Keys(engine.loaded))
	if len(names) != 7 || !slices.Contains(names, "oci-layout") || !slices.Contains(names, "index.json") || !slices.Contains(names, blobPath(image.Digest)) {
		t.Errorf("it has %q", names)
	}
}

// TestALayerInAnotherPlace is not the layer of the engine, which knows it by what lies under it. It is asked for then.
func TestALayerInAnotherPlace(t *testing.T) {
	base, dropped, kept := layer(t, 10), layer(t, 20), layer(t, 30)
	b, engine := newBuilder(t), &shelf{images: map[string][]digest.Digest{}}
	c := New(engine, false)
	if _, err := b.carry(c, b.image(base, dropped, kept), nil); err != nil {
		t.Fatal(err)
	}
	image := b.image(base, kept)
	_, err := b.carry(c, image, nil)
	var lacks *LackingError
	if !errors.As(err, &lacks) || lacks.Err != nil || !slices.Equal(lacks.Layers, []digest.Digest{digest.FromBytes(kept)}) {
		t.Fatalf("got %v, %+v", err, lacks)
	}
	got, err := b.carry(c, image, nil, lacks.Layers...)
	if err != nil || got.Layers != 1 {
		t.Errorf("%+v, %v", got, err)
	}
	// A store of blobs knows it wherever it lies.
	c = New(engine, true)
	c.note("any", []digest.Digest{digest.FromBytes(base), digest.FromBytes(dropped), digest.FromBytes(kept)})
	engine.images["any"] = c.brought[0].layers
	if got, err := b.carry(c, image, nil); err != nil || got.Layers != 0 {
		t.Errorf("of blobs: %+v, %v", got, err)
	}
}

// TestAnEngineThatRefuses gets all that stayed behind, and what it said is told.
func TestAnEngineThatRefuses(t *testing.T) {
	base, app := layer(t, 10), layer(t, 20)
	b, engine := newBuilder(t), &shelf{images: map[string][]digest.Digest{"base": {digest.FromBytes(base)}}}
	c, image := New(engine, false), b.image(base, app)
	engine.refuse = errors.New("no part of an image, please")
	_, err := b.carry(c, image, []string{"base"})
	var lacks *LackingError
	if !errors.As(err, &lacks) || !strings.Contains(err.Error(), "please") || !slices.Equal(lacks.Layers, []digest.Digest{digest.FromBytes(base)}) {
		t.Fatalf("got %v", err)
	}
	if got, err := b.carry(c, image, []string{"base"}, lacks.Layers...); err != nil || got.Layers != 2 {
		t.Errorf("%+v, %v", got, err)
	}
	engine.refuse = errors.New("write /var/lib/docker/x: no space left on device")
	if _, err := b.carry(c, b.image(base, layer(t, 5)), []string{"base"}); err == nil || errors.As(err, &lacks) || !strings.HasPrefix(err.Error(), Bringing) {
		t.Errorf("got %v, where more bytes are of no help", err)
	}
	engine.refuse = errors.New("no image at all, please")
	if _, err := b.carry(c, image, nil, digest.FromBytes(base), digest.FromBytes(app)); err == nil || errors.As(err, &lacks) {
		t.Errorf("got %v, with nothing left to send", err)
	}
}

// vanishing is an engine from which an image is removed while another one is loaded.
type vanishing struct {
	*shelf
	gone string
}

func (v *vanishing) Load(ctx context.Context, archive io.Reader) (string, error) {
	id, err := v.shelf.Load(ctx, archive)
	delete(v.images, v.gone)
	return id, err
}

// TestAnImageThatGoesMeanwhile takes its blobs along, which an engine that keeps blobs does not say.
func TestAnImageThatGoesMeanwhile(t *testing.T) {
	base, one, two := layer(t, 10), layer(t, 20), layer(t, 30)
	b, engine := newBuilder(t), &vanishing{shelf: &shelf{images: map[string][]digest.Digest{}}}
	c := New(engine, true)
	first, err := b.carry(c, b.image(base, one), nil)
	if err != nil {
		t.Fatal(err)
	}
	engine.gone = first.Image
	_, err = b.carry(c, b.image(base, two), nil)
	var lacks *LackingError
	if !errors.As(err, &lacks) || !slices.Equal(lacks.Layers, []digest.Digest{digest.FromBytes(base)}) {
		t.Fatalf("got %v", err)
	}
	// It is not asked for any more: what has gone is no reason for a layer to stay behind.
	if got, err := b.carry(c, b.image(base, two), nil); err != nil || got.Layers != 2 {
		t.Errorf("%+v, %v", got, err)
	}
}

// TestTheStoreIsNobodysElse: a builder that sends something else than it announces, or asks for what is no export, is refused.
func TestTheStoreIsNobodysElse(t *testing.T) {
	c := New(&shelf{images: map[string][]digest.Digest{}}, false)
	l := c.Pack(t.Context(), nil, nil)
	store := l.Exports()[0].OutputStore
	writer := func(size int64, d digest.Digest) (content.Writer, error) {
		return store.Writer(t.Context(), content.WithRef("layer-"+d.String()), content.WithDescriptor(ocispecs.Descriptor{Digest: d, Size: size}))
	}
	for _, size := range []int64{3, 2 << 20} {
		w, err := writer(size, digest.FromString("abc"))
		if err != nil {
			t.Fatal(err)
		}
		if _, err := w.Write(make([]byte, size+1)); err == nil {
			t.Errorf("%d bytes are taken for %d", size+1, size)
		}
		if err := w.Commit(t.Context(), size, digest.FromString("abc")); err == nil {
			t.Errorf("another content of %d bytes is taken", size)
		}
	}
	for _, d := range []digest.Digest{"", "sha256:../../etc", "sha512:" + digest.Digest(strings.Repeat("0", 128))} {
		if _, err := writer(3, d); err == nil {
			t.Errorf("a blob called %q is taken", d)
		}
	}
	_, reads := store.ReaderAt(t.Context(), ocispecs.Descriptor{Digest: digest.FromString("abc")})
	if err := store.Delete(t.Context(), digest.FromString("abc")); err == nil || reads == nil {
		t.Errorf("deleted: %v, read: %v", err, reads)
	}
	if _, err := l.Bring(t.Context()); err == nil {
		t.Error("nothing was brought, as an image")
	}
	l.Close()
	if _, err := writer(3, digest.FromString("abc")); err == nil {
		t.Error("it takes more after its end")
	}
}

// TestNothingStaysOnDisk: a large layer is in a file that has no name any more.
func TestNothingStaysOnDisk(t *testing.T) {
	dir := t.TempDir()
	t.Setenv("TMPDIR", dir)
	b, err := newBlob(inMemory + 1)
	if err != nil {
		t.Fatal(err)
	}
	defer b.close()
	if left, err := os.ReadDir(dir); err != nil || len(left) > 0 {
		t.Errorf("it leaves %v, %v", left, err)
	}
}
