package image

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/containerd/errdefs"
	"github.com/docker/docker/api/types"
	"github.com/docker/docker/api/types/container"
	"github.com/docker/docker/api/types/image"

	"github.com/stagewatch/stagewatch/engine/dock"
	"github.com/stagewatch/stagewatch/engine/dock/docktest"
)

// rig is the real engine's store, as a session of the test sees it.
type rig struct {
	*testing.T
	engine  *dock.Engine
	session *dock.Session
	store   *Store
}

func newRig(t *testing.T) *rig {
	t.Helper()
	t.Parallel()
	engine := docktest.Engine(t)
	session := docktest.Session(t, engine)
	info, err := engine.Info(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	return &rig{t, engine, session, New(engine, session.ID, info.Store)}
}

// layered builds an image of three layers on an imported base.
func (r *rig) layered() (id string) {
	r.Helper()
	base := docktest.Image(r, r.engine, r.session, "LABEL "+StandInLabel+"=tiny")
	tag := "swtest-base-" + strings.ToLower(r.session.ID[len(r.session.ID)-8:]) + ":latest"
	if err := r.engine.Client.ImageTag(r.Context(), base, tag); err != nil {
		r.Fatal(err)
	}
	if err := r.session.OwnTag(tag); err != nil {
		r.Fatal(err)
	}
	return docktest.Build(r, r.engine, r.session, "FROM "+tag+`
ENV A=1
WORKDIR /srv
COPY one.txt .
RUN ["/app", "-say", "built", "-exit", "0"]
COPY two.txt /srv/deep/
EXPOSE 8080
CMD ["/app"]
`, map[string]string{"one.txt": strings.Repeat("1", 1000), "two.txt": strings.Repeat("2", 70000)})
}

func TestMeasureAgreesWithDockerHistory(t *testing.T) {
	r := newRig(t)
	id := r.layered()
	size, err := r.store.Measure(t.Context(), id, 1)
	if err != nil {
		t.Fatal(err)
	}
	history, err := r.engine.Client.ImageHistory(t.Context(), id)
	if err != nil {
		t.Fatal(err)
	}
	sum := int64(0)
	for _, entry := range history {
		sum += entry.Size
	}
	if size.Bytes != sum || sum < 71000 {
		t.Errorf("%d bytes, docker history has %d", size.Bytes, sum)
	}
	var by []string
	for _, layer := range size.Layers {
		by = append(by, layer.CreatedBy)
	}
	want := []string{"imported from an archive", "WORKDIR /srv", "COPY one.txt .", "RUN /app -say built -exit 0", "COPY two.txt /srv/deep/"}
	if !slices.Equal(by, want) {
		t.Errorf("layers %q, want %q", by, want)
	}
	for i, layer := range size.Layers {
		if layer.Base != (i == 0) {
			t.Errorf("layer %d, %s: base %v", i, layer.CreatedBy, layer.Base)
		}
	}
	if r.store.Basis() == Files && (size.Layers[2].Bytes != 1000 || size.Layers[4].Bytes != 70000) {
		t.Errorf("the files of 1000 and 70000 bytes are measured as %d and %d", size.Layers[2].Bytes, size.Layers[4].Bytes)
	}
	if size.StandIn != "tiny" {
		t.Errorf("stand-in %q", size.StandIn)
	}
}

// TestDockersOwnFigureIsToldWhereItDiffers holds it against what the docker command asks the engine for.
func TestDockersOwnFigureIsToldWhereItDiffers(t *testing.T) {
	r := newRig(t)
	id := r.layered()
	size, err := r.store.Measure(t.Context(), id, 1)
	if err != nil {
		t.Fatal(err)
	}
	told, err := r.store.Shown(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	usage, err := docktest.DiskUsage(t.Context(), r.engine, types.DiskUsageOptions{Types: []types.DiskUsageObject{types.ImageObject}})
	if err != nil {
		t.Fatal(err)
	}
	i := slices.IndexFunc(usage.Images, func(img *image.Summary) bool { return img.ID == id })
	if i < 0 {
		t.Fatalf("docker system df does not list %s", id)
	}
	switch shown := usage.Images[i].Size; {
	case r.store.Basis() == Blocks && told[id] != shown:
		t.Errorf("docker shows %d bytes, told %d", shown, told[id])
	case r.store.Basis() == Files && (told != nil || size.Bytes != shown):
		t.Errorf("docker shows %d bytes as we count %d, and %v are told beside that", shown, size.Bytes, told)
	}
}

func TestMeasureOfNoImageIsAnError(t *testing.T) {
	r := newRig(t)
	if _, err := r.store.Measure(t.Context(), "sha256:"+strings.Repeat("0", 64), 0); !errdefs.IsNotFound(err) {
		t.Errorf("%v", err)
	}
}

func TestRemoveTakesOurOwnOnly(t *testing.T) {
	r := newRig(t)
	there := func(id string) bool {
		_, err := r.engine.Client.ImageInspect(r.Context(), id)
		return err == nil
	}
	remove := func(id string) {
		t.Helper()
		if err := r.store.Remove(t.Context(), id); err != nil {
			t.Error(err)
		}
	}
	own := docktest.Image(t, r.engine, r.session)
	remove(own)
	remove(own) // gone already
	if there(own) {
		t.Error("our image is still there")
	}

	sibling := docktest.Session(t, r.engine)
	theirs := docktest.Image(t, r.engine, sibling)
	remove(theirs)
	if !there(theirs) {
		t.Error("a sibling's image is gone")
	}

	named := docktest.Image(t, r.engine, r.session)
	tag := fmt.Sprintf("swtest-named-%s:latest", strings.ToLower(r.session.ID[len(r.session.ID)-8:]))
	if err := r.engine.Client.ImageTag(t.Context(), named, tag); err != nil {
		t.Fatal(err)
	}
	if err := r.session.OwnTag(tag); err != nil {
		t.Fatal(err)
	}
	remove(named)
	if !there(named) {
		t.Error("an image that somebody named is gone")
	}
}

func TestAnImageUnderAContainerIsInUse(t *testing.T) {
	r := newRig(t)
	id := docktest.Image(t, r.engine, r.session, `CMD ["/app","-life","1h"]`)
	for _, running := range []bool{false, true} {
		c, err := r.engine.Client.ContainerCreate(t.Context(), &container.Config{Image: id, Labels: r.session.Labels()}, nil, nil, nil, "")
		if err != nil {
			t.Fatal(err)
		}
		if running {
			if err := r.engine.Client.ContainerStart(t.Context(), c.ID, container.StartOptions{}); err != nil {
				t.Fatal(err)
			}
		}
		if err := r.store.Remove(t.Context(), id); !errors.Is(err, ErrInUse) {
			t.Errorf("running %v: %v", running, err)
		}
		if err := r.engine.Client.ContainerRemove(context.Background(), c.ID, container.RemoveOptions{Force: true}); err != nil {
			t.Fatal(err)
		}
	}
	if err := r.store.Remove(t.Context(), id); err != nil {
		t.Errorf("afterwards: %v", err)
	}
}
