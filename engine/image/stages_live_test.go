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
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/tonistiigi/fsutil"

	"github.com/stagewatch/stagewatch/engine/dock"
	"github.com/stagewatch/stagewatch/engine/dock/docktest"
	"github.com/stagewatch/stagewatch/engine/event"
	"github.com/stagewatch/stagewatch/engine/plan"
	"github.com/stagewatch/stagewatch/engine/solve"
)

// stages builds two stages of a Dockerfile on the real engine and reads them.
type stages struct {
	t       testing.TB
	engine  *dock.Engine
	builder *solve.Builder
	store   *Store
	reader  *Reader
	session *dock.Session
	dir     string
	// options are frontend attributes besides the session's label and the target.
	options map[string]string
}

func newStages(t testing.TB) *stages {
	t.Helper()
	e := docktest.Engine(t)
	s := &stages{t: t, engine: e, session: docktest.Session(t, e), dir: t.TempDir()}
	info, err := e.Info(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	s.store = New(e, s.session.ID, info.Store)
	if s.builder, err = solve.New(t.Context(), e); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.builder.Close() })
	if s.reader, err = NewReader(t.Context(), e); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.reader.Close() })
	return s
}

func (s *stages) write(name, text string) {
	s.t.Helper()
	file := filepath.Join(s.dir, name)
	if err := errors.Join(os.MkdirAll(filepath.Dir(file), 0o755), os.WriteFile(file, []byte(text), 0o644)); err != nil {
		s.t.Fatal(err)
	}
}

func (s *stages) contexts() Contexts {
	s.t.Helper()
	dir, err := fsutil.NewFS(s.dir)
	if err != nil {
		s.t.Fatal(err)
	}
	return Contexts{Dirs: map[string]fsutil.FS{"context": dir}, SharedKey: s.dir}
}

// build builds a stage; the empty name is the last one's.
func (s *stages) build(target string) Source {
	s.t.Helper()
	dockerfile, err := os.ReadFile(filepath.Join(s.dir, "Dockerfile"))
	if err != nil {
		s.t.Fatal(err)
	}
	attrs := map[string]string{"label:" + dock.Label: s.session.ID}
	maps.Copy(attrs, s.options)
	if target != "" {
		attrs["target"] = target
	}
	p, err := plan.New(s.t.Context(), plan.Input{Dockerfile: dockerfile, Filename: "Dockerfile", Attrs: attrs, Caps: s.builder.Caps(), Platform: s.builder.Platform()}, s.builder)
	if err != nil {
		s.t.Fatal(err)
	}
	contexts := s.contexts()
	var output strings.Builder
	res, err := s.builder.Build(s.t.Context(), solve.Request{Plan: p, Contexts: contexts.Dirs, SharedKey: contexts.SharedKey, Emit: func(b event.Body) {
		if o, ok := b.(event.Output); ok {
			output.WriteString(o.Text)
		}
	}})
	if err != nil {
		s.t.Fatalf("%v\n%s", err, &output)
	}
	size, err := s.store.Measure(s.t.Context(), res.Image, p.BaseLayers)
	if err != nil {
		s.t.Fatal(err)
	}
	return Source{Plan: p, Image: res.Image, Size: size}
}

// read reads the stage before and the last one, and hands them to use.
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

// saved is a layer as `docker save` has it: the bytes of its files by path, and what it deletes.
type saved struct {
	files map[string]int64
	gone  map[string]bool
}

func (l saved) bytes() (n int64) {
	for _, b := range l.files {
		n += b
	}
	return n
}

// save reads an image's layers out of its tar.
func (s *stages) save(image string) []saved {
	s.t.Helper()
	r, err := s.engine.Client.ImageSave(s.t.Context(), []string{image})
	if err != nil {
		s.t.Fatal(err)
	}
	defer r.Close()
	layers := map[string]saved{}
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
	var out []saved
	for _, name := range manifest[0].Layers {
		if to, ok := links[name]; ok {
			name = to
		}
		out = append(out, layers[name])
	}
	return out
}

func readLayer(r io.Reader) (saved, error) {
	l := saved{files: map[string]int64{}, gone: map[string]bool{}}
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

// compareWithSave compares a stage with its image's tar, layer by layer and file by file. Files that a layer holds
// again as they were are not seen; they may be in the tar only where the layer's own bytes say so.
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
