package solve_test

import (
	"bytes"
	"errors"
	"io"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"testing"

	"github.com/docker/docker/api/types/image"
	controlapi "github.com/moby/buildkit/api/services/control"
	"github.com/tonistiigi/fsutil"

	"github.com/stagewatch/stagewatch/engine/dock"
	"github.com/stagewatch/stagewatch/engine/dock/docktest"
	"github.com/stagewatch/stagewatch/engine/event"
	"github.com/stagewatch/stagewatch/engine/plan"
	"github.com/stagewatch/stagewatch/engine/solve"
)

// TestThinIsWholeOnBuildkitd: of an image that a builder elsewhere built only new layers come, and it is the image that the
// engine has after it loads all of it. The builder's history has the build by its name, and no question of ours.
func TestThinIsWholeOnBuildkitd(t *testing.T) {
	daemon := docktest.NewBuildkitd(t)
	e := daemon.Engine(t)
	session := docktest.Session(t, e)
	base := daemon.Base(t, e, "python:3.9-alpine")
	before := records(t, e)
	b, err := solve.New(t.Context(), e)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = b.Close() })
	dir := t.TempDir()
	build := func(text string) *solve.Result {
		t.Helper()
		if err := os.WriteFile(filepath.Join(dir, "page"), []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
		files, err := fsutil.NewFS(dir)
		if err != nil {
			t.Fatal(err)
		}
		in := plan.Input{Dockerfile: []byte("FROM " + base + "\nRUN head -c 3000000 /dev/urandom > /random\nCOPY page /\n"), Filename: "Dockerfile", Attrs: map[string]string{"label:" + dock.Label: session.ID}}
		b.Fill(&in)
		p, err := plan.New(t.Context(), in, b)
		if err != nil {
			t.Fatal(err)
		}
		res, err := b.Build(t.Context(), solve.Request{Plan: p, Record: solve.Record{Name: text, Session: session.ID}, Contexts: map[string]fsutil.FS{"context": files}, SharedKey: dir, Emit: func(event.Body) {}})
		if err != nil {
			t.Fatal(err)
		}
		return res
	}
	blobs, err := e.KeepsBlobs(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if first := build("one " + t.Name()); first.Brought < 3e6 || !blobs && first.Brought > 4e6 {
		t.Errorf("%d bytes came, of which the engine lacked 3,000,000", first.Brought)
	}
	thin := build("two " + t.Name())
	if thin.Brought > 50_000 {
		t.Errorf("%d bytes came for one small file", thin.Brought)
	}
	if err := b.Quiet(t.Context()); err != nil {
		t.Fatal(err)
	}
	if got, want := newRecords(t, e, before), []string{"one " + t.Name(), "two " + t.Name()}; !slices.Equal(got, want) {
		t.Errorf("the history got %q, want %q", got, want)
	}
	was := describe(t, e, thin.Image)
	saved, err := e.Client.ImageSave(t.Context(), []string{thin.Image})
	if err != nil {
		t.Fatal(err)
	}
	archive, err := io.ReadAll(saved)
	if err := saved.Close(); err != nil {
		t.Fatal(err)
	}
	if err != nil || len(archive) < 3e6 {
		t.Fatalf("the engine saves %d bytes of it: %v", len(archive), err)
	}
	if _, err := e.Clean(t.Context(), session); err != nil {
		t.Fatal(err)
	}
	whole, err := e.Load(t.Context(), bytes.NewReader(archive))
	if err != nil {
		t.Fatal(err)
	}
	if is := describe(t, e, whole); whole != thin.Image || !reflect.DeepEqual(is, was) {
		t.Errorf("loaded as a whole %s is\n%+v, and was\n%+v as %s", whole, is, was, thin.Image)
	}
}

// records returns the builds in the history of what builds for the engine: their names by their references.
func records(t *testing.T, e *dock.Engine) map[string]string {
	t.Helper()
	c, err := e.BuildKit(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	history, err := c.ControlClient().ListenBuildHistory(t.Context(), &controlapi.BuildHistoryRequest{EarlyExit: true})
	if err != nil {
		t.Fatal(err)
	}
	found := map[string]string{}
	for {
		r, err := history.Recv()
		if errors.Is(err, io.EOF) {
			return found
		}
		if err != nil {
			t.Fatal(err)
		}
		found[r.Record.Ref] = r.Record.FrontendAttrs["build-arg:BUILDKIT_BUILD_NAME"]
	}
}

// newRecords returns the names of builds that were not in the history before, in order.
func newRecords(t *testing.T, e *dock.Engine, before map[string]string) (names []string) {
	t.Helper()
	for ref, name := range records(t, e) {
		if _, there := before[ref]; !there {
			names = append(names, name)
		}
	}
	slices.Sort(names)
	return names
}

// described is what the engine says of an image, but for when it was named and where it lies.
type described struct {
	ID, Arch string
	Size     int64
	Layers   []string
	History  []image.HistoryResponseItem
}

func describe(t *testing.T, e *dock.Engine, id string) described {
	t.Helper()
	seen, err := e.Client.ImageInspect(t.Context(), id)
	if err != nil {
		t.Fatal(err)
	}
	history, err := e.Client.ImageHistory(t.Context(), id)
	if err != nil {
		t.Fatal(err)
	}
	return described{seen.ID, seen.Architecture, seen.Size, seen.RootFS.Layers, history}
}
