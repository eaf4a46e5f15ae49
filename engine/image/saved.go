package image

import (
	"archive/tar"
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"path"
	"strings"
)

// Efficiency reads an image as `docker save` writes it, as dive does, and judges its layers. The engine sends all of them,
// those of the base too.
func (s *Store) Efficiency(ctx context.Context, id string) (Efficiency, error) {
	saved, err := s.engine.Client.ImageSave(ctx, []string{id})
	if err != nil {
		return Efficiency{}, fmt.Errorf("saving image %s: %w", short(id), err)
	}
	defer saved.Close()
	layers, err := savedLayers(saved, blobEntries)
	if err != nil {
		return Efficiency{}, fmt.Errorf("reading image %s: %w", short(id), err)
	}
	return efficiencyOf(layers), nil
}

// savedLayers returns what read makes of the layers in an archive of `docker save`, from the lowest upwards. Up to Docker
// Engine 24 a layer that is there twice is a link the second time: it then has no entries, for dive neither.
func savedLayers[L any](archive io.Reader, read func(io.Reader) (L, error)) ([]L, error) {
	var manifests []struct{ Layers []string }
	found := map[string]L{}
	for t := tar.NewReader(archive); ; {
		h, err := t.Next()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return nil, err
		}
		switch {
		case h.Typeflag != tar.TypeReg && h.Typeflag != tar.TypeSymlink:
		case h.Name == "manifest.json":
			if err := json.NewDecoder(t).Decode(&manifests); err != nil {
				return nil, fmt.Errorf("reading its manifest: %w", err)
			}
		case strings.HasSuffix(h.Name, ".tar"):
			if found[h.Name], err = read(t); err != nil {
				return nil, fmt.Errorf("reading layer %s: %w", h.Name, err)
			}
		case strings.HasPrefix(h.Name, "blobs/"):
			blob := bufio.NewReader(t)
			if first, _ := blob.Peek(1); string(first) == "{" {
				continue
			}
			if found[h.Name], err = read(blob); err != nil {
				return nil, fmt.Errorf("reading layer %s: %w", h.Name, err)
			}
		}
	}
	if len(manifests) == 0 {
		return nil, errors.New("the engine sent no manifest")
	}
	layers := make([]L, len(manifests[0].Layers))
	for i, name := range manifests[0].Layers {
		var ok bool
		if layers[i], ok = found[name]; !ok {
			return nil, fmt.Errorf("the engine did not send layer %s", name)
		}
	}
	return layers, nil
}

func blobEntries(blob io.Reader) ([]tarEntry, error) {
	content, err := uncompressed(bufio.NewReader(blob))
	if err != nil {
		return nil, err
	}
	defer content.Close()
	return tarEntries(content)
}

// tarEntries lists a layer's tar.
func tarEntries(layer io.Reader) (found []tarEntry, err error) {
	for t := tar.NewReader(layer); ; {
		h, err := t.Next()
		if errors.Is(err, io.EOF) {
			return found, nil
		}
		if err != nil {
			return nil, err
		}
		if name := path.Clean(h.Name); name != "." {
			info := h.FileInfo()
			found = append(found, tarEntry{name, info.Size(), info.IsDir()})
		}
	}
}
