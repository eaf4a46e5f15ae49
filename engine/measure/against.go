package measure

import (
	"cmp"
	"context"
	"fmt"
	"slices"

	"github.com/stagewatch/stagewatch/engine/event"
	"github.com/stagewatch/stagewatch/engine/image"
)

// Readable is what a [Comparison] needs of the engine's image store.
type Readable interface {
	// Contents reads a whole image. Known are the sizes of its layers, nil where they are not.
	Contents(ctx context.Context, image string, known []event.Layer) (image.Contents, error)
}

// Side is an image to compare.
type Side struct {
	Name string
	image.Contents
}

// ReadSide reads an image of which the sizes of the layers are known, or nil.
func ReadSide(ctx context.Context, images Readable, name, id string, known []event.Layer) (Side, error) {
	c, err := images.Contents(ctx, id, known)
	if err != nil {
		return Side{}, fmt.Errorf("comparing %s: %w", name, err)
	}
	return Side{name, c}, nil
}

// Compare compares the image of a build with another one, at a bandwidth in bits a second.
func Compare(target, against Side, bandwidth int64) event.Compared {
	c := event.Compared{Bandwidth: bandwidth}
	for i := range min(len(target.Layers), len(against.Layers)) {
		was, is := against.Layers[i], target.Layers[i]
		if was.ID != is.ID {
			break
		}
		c.SharedLayers, c.SharedBytes = i+1, c.SharedBytes+is.Bytes
		// The containerd store does not say how large the layers of an image are that was built elsewhere.
		if against.Bytes += is.Bytes - was.Bytes; is.Bytes != was.Bytes {
			against.Groups[image.Links] += is.Bytes - was.Bytes
		}
	}
	c.Target, c.Against = compared(target, bandwidth), compared(against, bandwidth)
	c.Difference = c.Target.Bytes - c.Against.Bytes
	groups := map[string]*event.ComparedGroup{}
	of := func(name string) *event.ComparedGroup {
		if groups[name] == nil {
			groups[name] = &event.ComparedGroup{Name: name}
		}
		return groups[name]
	}
	for name, n := range target.Groups {
		of(name).Target = n
	}
	for name, n := range against.Groups {
		of(name).Against = n
	}
	c.Groups = []event.ComparedGroup{}
	for _, g := range groups {
		if g.Target != 0 || g.Against != 0 {
			c.Groups = append(c.Groups, *g)
		}
	}
	slices.SortFunc(c.Groups, func(a, b event.ComparedGroup) int {
		return cmp.Or(cmp.Compare(max(b.Target, b.Against), max(a.Target, a.Against)), cmp.Compare(a.Name, b.Name))
	})
	return c
}

// compared describes one of both images.
func compared(s Side, bandwidth int64) event.ComparedImage {
	i := event.ComparedImage{Name: s.Name, Bytes: s.Bytes, Layers: len(s.Layers), StandIn: s.StandIn}
	stored := 0
	for _, l := range s.Layers {
		i.Compressed += l.Compressed
		if l.Stored {
			stored++
		}
	}
	switch stored {
	case 0:
		i.CompressedBy = event.BlobsComputed
	case len(s.Layers):
		i.CompressedBy = event.BlobsStored
	default:
		i.CompressedBy = event.BlobsMixed
	}
	i.PullMS = int64(float64(i.Compressed) * 8 * 1000 / float64(bandwidth))
	return i
}
