package image

import (
	"context"
	"fmt"
	"path"
	"strings"

	"github.com/stagewatch/stagewatch/engine/event"
)

// Contents are an image's layers and files as `docker save` has them.
type Contents struct {
	// Layers run from the lowest upwards.
	Layers []ContentLayer
	// Bytes is the image's size: the sum of the layers.
	Bytes int64
	// Groups are the bytes by what they are for. They add up to Bytes.
	Groups  map[string]int64
	StandIn string
}

// ContentLayer is a layer of an image.
type ContentLayer struct {
	// ID is the digest of the layer's uncompressed tar.
	ID string
	// Bytes is its size, Compressed that of its compressed blob.
	Bytes, Compressed int64
	// Stored: the engine keeps that blob. Otherwise Compressed is what gzip makes of the layer at its default level.
	Stored bool
}

// Contents reads the whole image. Known are the sizes of its layers as [Stage] has them, nil for an image that was not built
// here. Then they are those of the engine's history or, where that counts blocks, the bytes of the files and of the targets
// of links, which is what a graph driver counts for an image that it pulled.
func (s *Store) Contents(ctx context.Context, id string, known []event.Layer) (Contents, error) {
	seen, err := s.engine.Client.ImageInspect(ctx, id)
	if err != nil {
		return Contents{}, fmt.Errorf("inspecting image %s: %w", short(id), err)
	}
	size, err := s.Measure(ctx, id, 0)
	if err != nil {
		return Contents{}, err
	}
	saved, err := s.engine.Client.ImageSave(ctx, []string{id})
	if err != nil {
		return Contents{}, fmt.Errorf("saving image %s: %w", short(id), err)
	}
	defer saved.Close()
	layers, err := savedLayers(saved, readSaved)
	if err == nil && len(layers) != len(seen.RootFS.Layers) {
		err = fmt.Errorf("the engine sent %d layers of %d", len(layers), len(seen.RootFS.Layers))
	}
	if err != nil {
		return Contents{}, fmt.Errorf("reading image %s: %w", short(id), err)
	}
	exact := known
	if exact == nil && s.basis == Files {
		exact = size.Layers
	}
	c := contentsOf(layers, seen.RootFS.Layers, size.Layers, exact)
	c.StandIn = size.StandIn
	return c, nil
}

// contentsOf describes an image by its layers, their digests, the history's entries for them, and their sizes where these
// are known.
func contentsOf(layers []savedLayer, ids []string, history, sizes []event.Layer) Contents {
	c := Contents{Groups: map[string]int64{}}
	whole := map[string]int{}
	for i, id := range ids {
		// Up to Docker Engine 24 a layer that is there twice is a link in one of the places.
		if j, twice := whole[id]; !twice || len(layers[j].files) < len(layers[i].files) {
			whole[id] = i
		}
	}
	root := &content{}
	for i, id := range ids {
		l := layers[whole[id]]
		made := ContentLayer{ID: id, Compressed: l.compressed, Stored: l.stored, Bytes: l.links}
		for _, f := range l.files {
			made.Bytes += f.size
		}
		if len(sizes) == len(ids) {
			made.Bytes = sizes[i].Bytes
		}
		copied := false
		if len(history) == len(ids) {
			word, _, _ := strings.Cut(history[i].CreatedBy, " ")
			copied = word == "COPY" || word == "ADD"
		}
		c.Groups[kindLost] += root.stack(l.files, func(p string) string {
			return kindOf(p, i == 0, i > 0 && copied && !IsPythonPackage(p) && !isToolchain(p))
		})
		c.Layers, c.Bytes = append(c.Layers, made), c.Bytes+made.Bytes
	}
	root.sum(c.Groups)
	rest := c.Bytes
	for _, n := range c.Groups {
		rest -= n
	}
	c.Groups[Links] += rest
	for name, n := range c.Groups {
		if n == 0 {
			delete(c.Groups, name)
		}
	}
	return c
}

// content is a file or a folder of an image: its bytes, and the group that they are in.
type content struct {
	bytes    int64
	kind     string
	children map[string]*content
}

// stack puts a layer on top, and returns the bytes that it hides or deletes.
func (c *content) stack(layer []tarEntry, kind func(p string) string) (lost int64) {
	for _, e := range layer {
		dir, name := path.Split(e.path)
		if gone, deleted := strings.CutPrefix(name, whiteout); deleted {
			lost += c.delete(dir, gone, strings.HasPrefix(name, opaque))
		}
	}
	for _, e := range layer {
		if strings.HasPrefix(path.Base(e.path), whiteout) {
			continue
		}
		at := c.at(e.path, true)
		if e.dir {
			lost, at.bytes = lost+at.bytes, 0
			continue
		}
		lost += at.total()
		*at = content{bytes: e.size, kind: kind("/" + e.path)}
	}
	return lost
}

// delete takes away a name in a folder, or all that is in the folder, and returns its bytes.
func (c *content) delete(dir, name string, all bool) (lost int64) {
	in := c.at(dir, false)
	switch {
	case in == nil:
	case all:
		lost = in.total() - in.bytes
		in.children = nil
	case in.children[name] != nil:
		lost = in.children[name].total()
		delete(in.children, name)
	}
	return lost
}

// at returns what is at a path, which it makes or for which it returns nil where nothing is.
func (c *content) at(p string, fresh bool) *content {
	for _, name := range elements(p) {
		next := c.children[name]
		if next == nil {
			if !fresh {
				return nil
			}
			if c.children == nil {
				c.children = map[string]*content{}
			}
			next = &content{}
			c.children[name] = next
		}
		c = next
	}
	return c
}

func (c *content) total() int64 {
	n := c.bytes
	for _, child := range c.children {
		n += child.total()
	}
	return n
}

// sum adds the bytes to their groups.
func (c *content) sum(groups map[string]int64) {
	if c.bytes > 0 {
		groups[c.kind] += c.bytes
	}
	for _, child := range c.children {
		child.sum(groups)
	}
}
