package image

import (
	"archive/tar"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"path"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stagewatch/stagewatch/engine/event"
	"github.com/stagewatch/stagewatch/engine/solve/solvetest"
)

// stages builds two stages of a Dockerfile on the real engine and reads them.
type stages struct {
	*solvetest.Project
	t      testing.TB
	store  *Store
	reader *Reader
}

func newStages(t testing.TB) *stages {
	t.Helper()
	s := &stages{Project: solvetest.New(t), t: t}
	info, err := s.Engine.Info(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	s.store = New(s.Engine, s.Session.ID, info.Store)
	if s.reader, err = NewReader(t.Context(), s.Engine); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.reader.Close() })
	return s
}

func (s *stages) contexts() Contexts {
	s.t.Helper()
	return Contexts{Dirs: s.Dirs(), SharedKey: s.Dir}
}

// build builds a stage, the last one for an empty name, and measures it.
func (s *stages) build(target string) Source {
	s.t.Helper()
	p, image := s.Build(target)
	size, err := s.store.Measure(s.t.Context(), image, p.BaseLayers)
	if err != nil {
		s.t.Fatal(err)
	}
	return Source{Plan: p, Image: image, Size: size}
}

// read reads the stage before and the last one, and calls use with them.
func (s *stages) read(use func(before, after *Stage, open Open) error) {
	s.t.Helper()
	after := s.build("")
	sources := []Source{s.build(after.Plan.Before()), after}
	ctx, cancel := context.WithTimeout(s.t.Context(), time.Minute)
	defer cancel()
	err := s.reader.Read(ctx, s.contexts(), sources, func(st []*Stage, open Open) error { return use(st[0], st[1], open) })
	if err != nil {
		s.t.Fatal(err)
	}
}

// tarLayer is a layer as `docker save` has it: the bytes of its files by path, and the paths that it deletes.
type tarLayer struct {
	files map[string]int64
	gone  map[string]bool
}

func (l tarLayer) bytes() (n int64) {
	for _, b := range l.files {
		n += b
	}
	return n
}

// save reads an image's layers from its tar.
func (s *stages) save(image string) []tarLayer {
	s.t.Helper()
	r, err := s.Engine.Client.ImageSave(s.t.Context(), []string{image})
	if err != nil {
		s.t.Fatal(err)
	}
	defer r.Close()
	layers := map[string]tarLayer{}
	var manifest []struct{ Layers []string }
	links := map[string]string{}
	for t := tar.NewReader(r); ; {
		h, err := t.Next()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			s.t.Fatal(err)
		}
		switch {
		case h.Typeflag == tar.TypeSymlink:
			links[h.Name] = path.Join(path.Dir(h.Name), h.Linkname)
		case h.Name == "manifest.json":
			if err := json.NewDecoder(t).Decode(&manifest); err != nil {
				s.t.Fatal(err)
			}
		case h.Typeflag == tar.TypeReg && h.Size >= 1024:
			data, err := io.ReadAll(t)
			if err != nil {
				s.t.Fatal(err)
			}
			if l, err := readLayer(bytes.NewReader(data)); err == nil {
				layers[h.Name] = l
			}
		}
	}
	var out []tarLayer
	for _, name := range manifest[0].Layers {
		if to, ok := links[name]; ok {
			name = to
		}
		out = append(out, layers[name])
	}
	return out
}

func readLayer(r io.Reader) (tarLayer, error) {
	l := tarLayer{files: map[string]int64{}, gone: map[string]bool{}}
	for t := tar.NewReader(r); ; {
		h, err := t.Next()
		if errors.Is(err, io.EOF) {
			return l, nil
		}
		if err != nil {
			return l, err
		}
		p := path.Join("/", h.Name)
		if name, ok := strings.CutPrefix(path.Base(p), ".wh."); ok {
			l.gone[path.Join(path.Dir(p), name)] = true
			continue
		}
		if h.Typeflag != tar.TypeDir {
			l.files[p] = h.Size
		}
	}
}

// compareWithSave compares a stage with its image's tar, layer by layer and file by file. The reader can't see files
// that a layer contains without a change; the tar may have them only if the layer's own bytes include them.
func (s *stages) compareWithSave(st *Stage) {
	s.t.Helper()
	tars := s.save(st.Image)
	n := st.Plan.BaseLayers
	if len(tars) != n+len(st.Layers)-1 {
		s.t.Fatalf("stage %s: %d layers in the tar, %d read above %d of the base", st.Plan.Target, len(tars), len(st.Layers), n)
	}
	for i, l := range st.Layers[1:] {
		name := fmt.Sprintf("stage %s, %s", st.Plan.Target, st.instruction(l.Step))
		in := tars[n+i]
		if l.Bytes != in.bytes() {
			s.t.Errorf("%s: %d bytes, and %d in the tar", name, l.Bytes, in.bytes())
		}
		seen := map[string]bool{}
		for _, f := range l.Files {
			if seen[f.Path] = true; f.Mode.IsRegular() {
				if got, ok := in.files[f.Path]; !ok || got != f.bytes() {
					s.t.Errorf("%s: %s has %d bytes, and %d in the tar (%v)", name, f.Path, f.bytes(), got, ok)
				}
			}
		}
		var unseen int64
		for p, b := range in.files {
			if !seen[p] {
				unseen += b
			}
		}
		if want := l.Bytes - seenBytes(l); unseen != want {
			s.t.Errorf("%s: %d bytes of the tar are not seen, and %d are missing", name, unseen, want)
		}
		for _, p := range l.Gone {
			if !within(p, slices.Collect(maps.Keys(in.gone))) {
				s.t.Errorf("%s: %s is gone, and not in the tar", name, p)
			}
		}
	}
}

// seenBytes sums the files of a layer.
func seenBytes(l Layer) (n int64) {
	for _, f := range l.Files {
		n += f.bytes()
	}
	return n
}

func sumOf(groups []event.LedgerGroup) (n int64) {
	for _, g := range groups {
		n += g.Bytes
	}
	return n
}
