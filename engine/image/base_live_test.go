package image

import (
	"strings"
	"testing"

	"github.com/stagewatch/stagewatch/engine/event"
)

// TestTheBytesOfABaseAreItsOwn tries every way in which something becomes a stage's base.
func TestTheBytesOfABaseAreItsOwn(t *testing.T) {
	const alpine = "python:3.9-alpine"
	for name, tt := range map[string]struct{ dockerfile, base string }{
		"an image":                    {"FROM python:3.9-alpine\nCOPY a /a\n", alpine},
		"an image in a base's place":  {"FROM base\nCOPY a /a\n", alpine},
		"an image in a stage's place": {"FROM nosuch AS base\nRUN false\nFROM base\nCOPY a /a\n", alpine},
		"of a stage, through another": {"FROM base AS first\nFROM first\nWORKDIR /\nCOPY a /a\n", alpine},
		"a folder":                    {"FROM rootfs\nCOPY a /a\n", "rootfs"},
	} {
		t.Run(name, func(t *testing.T) {
			s := newStages(t)
			s.Options = map[string]string{"context:base": "docker-image://" + alpine, "context:rootfs": "local:context"}
			s.Write("Dockerfile", tt.dockerfile)
			s.Write("a", "a")
			src := s.build("")
			Attribute(&src.Size, src.Plan)
			err := s.reader.Read(t.Context(), s.contexts(), []Source{src}, func(st []*Stage, _ Open) error {
				s.compareWithSave(st[0])
				l := Account(nil, st[0], s.store.Basis())
				if len(l.Own) != 1 || l.Own[0].Name != "COPY a /a" || l.BaseAfter.Bytes != src.Size.Bytes-l.Own[0].Bytes || l.BaseAfter.Bytes == 0 || !strings.Contains(l.BaseAfter.Name, tt.base) {
					t.Errorf("got %+v", l)
				}
				return nil
			})
			if err != nil {
				t.Fatal(err)
			}
			for _, layer := range src.Size.Layers {
				if want := (event.StepID{}); layer.Base != (layer.Step == want) || !layer.Base && layer.CreatedBy != "COPY a /a" {
					t.Errorf("layer %+v", layer)
				}
			}
		})
	}
}
