package image

import (
	"testing"

	"github.com/stagewatch/stagewatch/engine/dock/docktest"
)

// TestSizesOnBuildkitd: what a builder elsewhere built has the sizes that its archive has, to the byte, and the same as where
// the engine built it. Links, and links to a lower layer, are counted in their own ways by what builds and by what loads.
func TestSizesOnBuildkitd(t *testing.T) {
	daemon := docktest.NewBuildkitd(t)
	base := daemon.Base(t, docktest.Engine(t), "python:3.9-alpine")
	dockerfile := "FROM " + base + ` AS build
WORKDIR /app
COPY a b ./
RUN ln -s /usr/local/lib/python3.9/site-packages packages && ln a hard && echo more >> /etc/hostname.d && chmod 600 b
RUN ln /app/a /second && ln -s second /third
FROM ` + base + `
COPY --from=build /app /app
RUN rm /app/b && ln -s /app/a /here && ln /app/a /there
`
	size := func(s *stages) (bytes []int64) {
		s.Write("Dockerfile", dockerfile)
		s.Write("a", "some text")
		s.Write("b", "some more of it")
		s.read(func(before, after *Stage, _ Open) error {
			for _, st := range []*Stage{before, after} {
				s.compareWithSave(st)
				for _, l := range st.Size.Layers {
					bytes = append(bytes, l.Bytes)
				}
			}
			return nil
		})
		return bytes
	}
	there, here := size(newStagesOn(t, daemon.Engine(t))), size(newStages(t))
	if len(there) != len(here) {
		t.Fatalf("built elsewhere %v, here %v", there, here)
	}
	for i := range there {
		if there[i] != here[i] {
			t.Errorf("layer %d has %d bytes if built elsewhere, and here %d", i, there[i], here[i])
		}
	}
}
