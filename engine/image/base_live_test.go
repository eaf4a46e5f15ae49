package image

import (
	"strings"
	"testing"

	"github.com/stagewatch/stagewatch/engine/dock/docktest"
	"github.com/stagewatch/stagewatch/engine/event"
)

// layered builds and names an image of four layers, one of which overwrites, and one of which deletes files of another.
func (s *stages) layered() (name string) {
	s.t.Helper()
	id := docktest.Build(s.t, s.Engine, s.Session, `FROM python:3.9-alpine
RUN mkdir -p /d/e && head -c 30000 /dev/zero >/d/a && ln /d/a /d/b && ln -s a /d/link && echo 1 >/d/e/f
RUN rm -r /d/e && head -c 2000 /dev/zero >/d/a
COPY a /
`, map[string]string{"a": "a"})
	name = "swtest-layered-" + strings.ToLower(s.Session.ID[len(s.Session.ID)-8:]) + ":latest"
	if err := s.Engine.Client.ImageTag(s.t.Context(), id, name); err != nil {
		s.t.Fatal(err)
	}
	if err := s.Session.OwnTag(name); err != nil {
		s.t.Fatal(err)
	}
	return name
}

// TestTheBytesOfABaseAreItsOwn tries every way in which something becomes a stage's base.
func TestTheBytesOfABaseAreItsOwn(t *testing.T) {
	const alpine = "python:3.9-alpine"
	for name, tt := range map[string]struct{ dockerfile, base string }{
		"an image":                    {"FROM python:3.9-alpine\nCOPY a /new/a\n", alpine},
		"an image in a base's place":  {"FROM base\nCOPY a /new/a\n", alpine},
		"an image in a stage's place": {"FROM nosuch AS base\nRUN false\nFROM base\nCOPY a /new/a\n", alpine},
		"of a stage, through another": {"FROM base AS first\nFROM first\nWORKDIR /\nCOPY a /new/a\n", alpine},
		"a folder":                    {"FROM rootfs\nCOPY a /new/a\n", "rootfs"},
		"an image of several layers":  {"FROM layered\nCOPY a /new/a\n", "swtest-layered-"},
	} {
		t.Run(name, func(t *testing.T) {
			s := newStages(t)
			s.Options = map[string]string{"context:base": "docker-image://" + alpine, "context:rootfs": "local:context"}
			if strings.Contains(tt.dockerfile, "layered") {
				s.Options["context:layered"] = "docker-image://" + s.layered()
			}
			s.Write("Dockerfile", tt.dockerfile)
			s.Write("a", "a")
			src := s.build("")
			Attribute(&src.Size, src.Plan)
			var size event.StageSize
			err := s.reader.Read(t.Context(), s.contexts(), []Source{src}, func(st []*Stage, _ Open) error {
				s.compareWithSave(st[0])
				l := Account(nil, st[0])
				size = st[0].Size
				if len(l.Own) != 1 || l.Own[0].Name != "COPY a /new/a" || l.BaseAfter.Bytes != size.Bytes-l.Own[0].Bytes || l.BaseAfter.Bytes == 0 || !strings.Contains(l.BaseAfter.Name, tt.base) {
					t.Errorf("got %+v", l)
				}
				return nil
			})
			if err != nil {
				t.Fatal(err)
			}
			for _, layer := range size.Layers {
				if want := (event.StepID{}); layer.Base != (layer.Step == want) || !layer.Base && layer.CreatedBy != "COPY a /new/a" {
					t.Errorf("layer %+v", layer)
				}
			}
		})
	}
}
