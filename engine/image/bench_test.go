package image

import (
	"archive/tar"
	"errors"
	"io"
	"testing"
)

// BenchmarkRead reads both stages of the sample: for the first time, and after a save that changed nothing in them.
// BenchmarkSave does what the former does by way of `docker save`, as far as it goes without a ledger.
func BenchmarkRead(b *testing.B) {
	s := newStages(b)
	s.sample("python-app")
	after := s.build("")
	sources := []Source{s.build(after.Plan.Before()), after}
	account := func(st []*Stage, open Open) error {
		Account(st[0], st[1], s.store.Basis())
		_, err := s.reader.Examine(st[1], open)
		return err
	}
	read := func(b *testing.B) {
		if err := s.reader.Read(b.Context(), s.contexts(), sources, account); err != nil {
			b.Fatal(err)
		}
	}
	b.Run("first", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			s.reader.layers, s.reader.older = nil, nil
			read(b)
		}
	})
	b.Run("again", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			read(b)
		}
	})
}

func BenchmarkSave(b *testing.B) {
	s := newStages(b)
	s.sample("python-app")
	after := s.build("")
	images := []string{s.build(after.Plan.Before()).Image, after.Image}
	for b.Loop() {
		r, err := s.engine.Client.ImageSave(b.Context(), images)
		if err != nil {
			b.Fatal(err)
		}
		for t := tar.NewReader(r); ; {
			if _, err := t.Next(); errors.Is(err, io.EOF) {
				break
			} else if err != nil {
				b.Fatal(err)
			}
			if _, err := readLayer(t); err != nil {
				continue
			}
		}
		if err := r.Close(); err != nil {
			b.Fatal(err)
		}
	}
}
