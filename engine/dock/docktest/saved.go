package docktest

import (
	"archive/tar"
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"path"
	"strings"
	"testing"

	"github.com/klauspost/compress/gzip"
	"github.com/klauspost/compress/zstd"
	"github.com/opencontainers/go-digest"

	"github.com/stagewatch/stagewatch/engine/dock"
)

// SavedLayer is a layer of an image as `docker save` has it.
type SavedLayer struct {
	// Files are the bytes of what is no folder, by path. A hard link has none.
	Files map[string]int64
	// Gone are the paths that the layer deletes.
	Gone map[string]bool
	// Links are the bytes of the targets of its symbolic links.
	Links int64
	// Entries are all that it holds, in the order of the archive.
	Entries []SavedEntry
}

// SavedEntry is a file, folder or link of a layer, with the digest of its content.
type SavedEntry struct {
	*tar.Header
	Content digest.Digest
}

// Bytes returns the sum of the files' bytes.
func (l SavedLayer) Bytes() (n int64) {
	for _, b := range l.Files {
		n += b
	}
	return n
}

// Saved returns an image's layers, from the lowest upwards, as `docker save` writes them.
func Saved(t testing.TB, engine *dock.Engine, image string) []SavedLayer {
	t.Helper()
	r, err := engine.Client.ImageSave(t.Context(), []string{image})
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	layers := map[string]SavedLayer{}
	var manifest []struct{ Layers []string }
	links := map[string]string{}
	for archive := tar.NewReader(r); ; {
		h, err := archive.Next()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			t.Fatal(err)
		}
		switch {
		case h.Typeflag == tar.TypeSymlink:
			links[h.Name] = path.Join(path.Dir(h.Name), h.Linkname)
		case h.Name == "manifest.json":
			if err := json.NewDecoder(archive).Decode(&manifest); err != nil {
				t.Fatal(err)
			}
		case h.Typeflag == tar.TypeReg:
			data, err := io.ReadAll(archive)
			if err != nil {
				t.Fatal(err)
			}
			if l, err := savedLayer(data); err == nil {
				layers[h.Name] = l
			}
		}
	}
	var out []SavedLayer
	for _, name := range manifest[0].Layers {
		if to, ok := links[name]; ok {
			name = to
		}
		l, ok := layers[name]
		if !ok {
			t.Fatalf("layer %s is not in the archive of %s", name, image)
		}
		out = append(out, l)
	}
	return out
}

// savedLayer reads a layer's tar. A graph driver saves it as it is, the containerd store as the registry had it.
func savedLayer(data []byte) (SavedLayer, error) {
	var r io.Reader = bytes.NewReader(data)
	if unzipped, err := gzip.NewReader(bytes.NewReader(data)); err == nil {
		r = unzipped
	} else if bytes.HasPrefix(data, []byte{0x28, 0xb5, 0x2f, 0xfd}) {
		if r, err = zstd.NewReader(bytes.NewReader(data)); err != nil {
			return SavedLayer{}, err
		}
	}
	l := SavedLayer{Files: map[string]int64{}, Gone: map[string]bool{}}
	for t := tar.NewReader(r); ; {
		h, err := t.Next()
		if errors.Is(err, io.EOF) {
			return l, nil
		}
		if err != nil {
			return l, err
		}
		content, err := digest.FromReader(t)
		if err != nil {
			return l, err
		}
		l.Entries = append(l.Entries, SavedEntry{h, content})
		p := path.Join("/", h.Name)
		if name, ok := strings.CutPrefix(path.Base(p), ".wh."); ok {
			l.Gone[path.Join(path.Dir(p), name)] = true
			continue
		}
		switch h.Typeflag {
		case tar.TypeDir:
		case tar.TypeReg:
			l.Files[p] = h.Size
		case tar.TypeSymlink:
			l.Links += int64(len(h.Linkname))
			fallthrough
		default:
			l.Files[p] = 0
		}
	}
}
