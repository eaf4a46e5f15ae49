package image

import (
	"fmt"
	"maps"
	"slices"
	"testing"

	"github.com/stagewatch/stagewatch/engine/dock"
	"github.com/stagewatch/stagewatch/engine/dock/docktest"
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
	return newStagesOn(t, docktest.Engine(t))
}

func newStagesOn(t testing.TB, e *dock.Engine) *stages {
	t.Helper()
	s := &stages{Project: solvetest.NewOn(t, e), t: t}
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
	return Source{Plan: p, Image: image, Size: size, Basis: s.store.Basis()}
}

// read reads the stage before and the last one, and calls use with them. What use does at the engine, like saving the
// images, is no part of the reading's time, so only the test's own limit ends it.
func (s *stages) read(use func(before, after *Stage, open Open) error) {
	s.t.Helper()
	after := s.build("")
	sources := []Source{s.build(after.Plan.Before()), after}
	err := s.reader.Read(s.t.Context(), s.contexts(), sources, func(st []*Stage, open Open) error { return use(st[0], st[1], open) })
	if err != nil {
		s.t.Fatal(err)
	}
}

// compareWithSave compares a stage with its image's tar, layer by layer and file by file. The reader can't see files
// that a layer contains without a change; the tar may have them only if the layer's own bytes include them.
func (s *stages) compareWithSave(st *Stage) {
	s.t.Helper()
	tars := docktest.Saved(s.t, s.Engine, st.Image)
	n := st.Plan.BaseLayers
	if len(tars) != n+len(st.Layers)-1 {
		s.t.Fatalf("stage %s: %d layers in the tar, %d read above %d of the base", st.Plan.Target, len(tars), len(st.Layers), n)
	}
	for i, l := range st.Size.Layers[:n] {
		// A layer of a base that this engine built has no links in its size, and one that it pulled or imported has.
		if in := tars[i]; l.Bytes != in.Bytes()+in.Links && (s.store.Basis() == Blocks || l.Bytes != in.Bytes()) {
			s.t.Errorf("stage %s, layer %d of its base: %d bytes, and %d and %d of links in the tar", st.Plan.Target, i, l.Bytes, in.Bytes(), in.Links)
		}
	}
	for i, l := range st.Layers[1:] {
		name := fmt.Sprintf("stage %s, %s", st.Plan.Target, st.instruction(l.Step))
		in := tars[n+i]
		if l.Bytes != in.Bytes() {
			s.t.Errorf("%s: %d bytes, and %d in the tar", name, l.Bytes, in.Bytes())
		}
		seen := map[string]bool{}
		for _, f := range l.Files {
			if seen[f.Path] = true; f.Mode.IsRegular() {
				if got, ok := in.Files[f.Path]; !ok || got != f.bytes() {
					s.t.Errorf("%s: %s has %d bytes, and %d in the tar (%v)", name, f.Path, f.bytes(), got, ok)
				}
			}
		}
		var unseen int64
		for p, b := range in.Files {
			if !seen[p] {
				unseen += b
			}
		}
		if want := l.Bytes - seenBytes(l); unseen != want {
			s.t.Errorf("%s: %d bytes of the tar are not seen, and %d are missing", name, unseen, want)
		}
		for _, p := range l.Gone {
			if !within(p, slices.Collect(maps.Keys(in.Gone))) {
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
