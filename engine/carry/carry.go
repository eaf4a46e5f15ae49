// Package carry brings images that a BuildKit elsewhere built to an engine, and of their layers only those that the engine
// lacks. A BuildKit exports layer by layer to a store that a [Load] is; that one turns down the layers that are at the engine
// already, and hands the others over as `docker load` takes them.
//
// Layers travel uncompressed, so that each is called what the engine calls it: the digest of its tar. Nothing goes through a
// registry, and nothing is kept. What is built, and how large it is, is not its business.
package carry

import (
	"context"
	"errors"
	"io"
	"sync"

	"github.com/opencontainers/go-digest"
	"github.com/opencontainers/image-spec/identity"
)

// Engine is where images are brought to.
type Engine interface {
	// Layers returns the digests of an image's layers, uncompressed, from the base upwards.
	Layers(ctx context.Context, image string) ([]digest.Digest, error)
	// Load takes in an archive of one image, and returns the image's id.
	Load(ctx context.Context, archive io.Reader) (id string, err error)
}

// Carrier brings images to one engine, and remembers which it brought. It is safe for concurrent use.
type Carrier struct {
	engine Engine
	// blobs says that the engine keeps layers as blobs: only an image that was brought has them uncompressed. An engine
	// that keeps files has the layers of any image, in the order that they have there.
	blobs bool

	mu sync.Mutex
	// brought are the images that were brought last, the newest at the end.
	brought []held
}

// held is an image of the engine.
type held struct {
	image  string
	layers []digest.Digest
}

// keptInMind is how many images that were brought are asked for before the next: the newest builds, and stages and checks
// beside them.
const keptInMind = 8

// New returns a carrier to an engine that keeps layers as blobs, or as files.
func New(engine Engine, blobs bool) *Carrier { return &Carrier{engine: engine, blobs: blobs} }

// Pack returns an empty load for one image. Layers that it shares with images of the engine stay behind: with those that were
// brought before and are there still, and with the named bases. Those in lacking come along in any case.
func (c *Carrier) Pack(ctx context.Context, bases []string, lacking []digest.Digest) *Load {
	l := &Load{carrier: c, there: map[digest.Digest][]string{}, blobs: map[digest.Digest]*blob{}, Arrived: make(chan struct{}), lacking: map[digest.Digest]bool{}}
	for _, d := range lacking {
		l.lacking[d] = true
	}
	for _, image := range c.here(ctx, bases) {
		for i, d := range image.layers {
			key := c.key(image.layers[:i+1])
			l.there[key] = append(l.there[key], image.image)
			l.known = append(l.known, d)
		}
	}
	return l
}

// here returns images of the engine whose layers it has in the form in which they would be brought.
func (c *Carrier) here(ctx context.Context, bases []string) []held {
	c.mu.Lock()
	var found []held
	for _, h := range c.brought {
		found = append(found, held{image: h.image})
	}
	c.mu.Unlock()
	if !c.blobs {
		for _, name := range bases {
			found = append(found, held{image: name})
		}
	}
	// All at once: an engine may be far away.
	var asking sync.WaitGroup
	for i := range found {
		asking.Go(func() {
			// One that can't be read counts as one that is not there.
			found[i].layers, _ = c.engine.Layers(ctx, found[i].image)
		})
	}
	asking.Wait()
	return found
}

// key is what the last of the layers is known by at the engine.
func (c *Carrier) key(layers []digest.Digest) digest.Digest {
	if c.blobs {
		return layers[len(layers)-1]
	}
	return identity.ChainID(append([]digest.Digest(nil), layers...))
}

// note remembers an image that was brought.
func (c *Carrier) note(image string, layers []digest.Digest) {
	c.mu.Lock()
	defer c.mu.Unlock()
	kept := c.brought[:0:0]
	for _, h := range c.brought {
		if h.image != image {
			kept = append(kept, h)
		}
	}
	kept = append(kept, held{image, layers})
	c.brought = kept[max(0, len(kept)-keptInMind):]
}

// Bringing is how errors begin for what went wrong on the way to the engine, and not at the builder.
const Bringing = "bringing the image to the engine"

// LackingError says that layers stayed behind which the engine turned out to lack.
type LackingError struct {
	// Layers are those to pack next time.
	Layers []digest.Digest
	// Err is what the engine said, nil where it was not asked.
	Err error
}

func (e *LackingError) Error() string {
	if e.Err == nil {
		return "the engine lacks layers of the image"
	}
	return "the engine does not take the image without the layers that it has: " + e.Err.Error()
}

func (e *LackingError) Unwrap() error { return e.Err }

var errNothing = errors.New("the builder exported no image")
