package solve_test

import (
	"context"
	"crypto/sha256"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/moby/buildkit/client"
	"github.com/moby/buildkit/session"
	"github.com/tonistiigi/fsutil"

	"github.com/stagewatch/stagewatch/engine/dock"
	"github.com/stagewatch/stagewatch/engine/event"
	"github.com/stagewatch/stagewatch/engine/plan"
	"github.com/stagewatch/stagewatch/engine/solve"
	"github.com/stagewatch/stagewatch/engine/tree"
)

// features builds Dockerfiles in two ways over the same context.
type features struct {
	t       *testing.T
	place   place
	session *dock.Session
	builder *solve.Builder
	client  *dock.BuildKit
	secrets session.Attachable
	// dir is the main context, named another one.
	dir, named string
	// newest is set where the engine's frontend is of our version.
	newest bool
	// server is the address of a server that the engine reaches, empty for none.
	server string
	words  *strings.Replacer
	inBase map[string]string
}

// newFeatures prepares bases on top of alpine, an image with busybox.
func newFeatures(t *testing.T, in place, session *dock.Session, alpine string) *features {
	f := &features{t: t, place: in, session: session, dir: t.TempDir(), named: t.TempDir()}
	writeContext(t, f.dir)
	secret := filepath.Join(t.TempDir(), "secret")
	writeAll(t, f.named, map[string]string{"n": "named", "ignored": "no", ".dockerignore": "ignored\n"})
	var err error
	if err := os.WriteFile(secret, []byte("the secret"), 0o600); err != nil {
		t.Fatal(err)
	}
	if f.secrets, err = solve.Secrets([]string{"id=s,src=" + secret}); err != nil {
		t.Fatal(err)
	}
	if f.builder, err = solve.New(t.Context(), in, f.secrets); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = f.builder.Close() })
	if f.client, err = in.BuildKit(t.Context()); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = f.client.Close() })
	base := f.base(t, "base", "FROM "+alpine+" AS p\nFROM scratch\nCOPY --from=p /bin /bin\nCOPY passwd group /etc/\nENV PATH=/bin\n")
	f.inBase = f.files(t, base)
	triggers := f.base(t, "triggers", "FROM "+base+"\nONBUILD COPY d/a /onbuild/\nONBUILD RUN echo ran >/onbuild/ran\nONBUILD ENV FROM_TRIGGER=1\n")
	if in.reachesUs(t.Context()) {
		f.server = serve(t)
	}
	f.words = strings.NewReplacer("BASE", base, "TRIGGERS", triggers, "HTTP/", f.server+"/", "SUM", fmt.Sprintf("%x", sha256.Sum256([]byte("served /file"))), "NAME", f.session.ID)
	return f
}

// featureLabel is the label of each image with the feature's name.
const featureLabel = dock.Label + ".feature"

// attributes are what docker build passes for a feature.
func (f *features) attributes(c feature) map[string]string {
	// No two features make the same image: older engines with the containerd store fail where that happens at once.
	attrs := map[string]string{"label:" + dock.Label: f.session.ID, "label:" + featureLabel: c.name}
	for name, value := range c.attrs {
		attrs[name] = f.words.Replace(value)
	}
	return attrs
}

// theirs builds a feature as docker buildx build does, with the frontend in the engine.
func (f *features) theirs(t *testing.T, c feature) (string, error) {
	t.Helper()
	file := t.TempDir()
	// Of an age of its own: a file of the same age and size is the same to BuildKit, which would build the last one.
	if err := os.WriteFile(filepath.Join(file, "Dockerfile"), []byte(c.dockerfile), 0o644); err != nil {
		t.Fatal(err)
	}
	mounts := map[string]fsutil.FS{}
	for name, dir := range map[string]string{"context": f.dir, "dockerfile": file, "more": f.named} {
		served, err := fsutil.NewFS(dir)
		if err != nil {
			t.Fatal(err)
		}
		mounts[name] = served
	}
	res, err := f.client.Solve(t.Context(), nil, client.SolveOpt{
		Frontend: "dockerfile.v0", FrontendAttrs: f.attributes(c), LocalMounts: mounts,
		Session: []session.Attachable{f.secrets}, Exports: []client.ExportEntry{{Type: "moby"}},
	}, nil)
	if err != nil {
		return "", err
	}
	return f.made(res.ExporterResponse["containerimage.digest"]), nil
}

// ours builds a feature as stagewatch does.
func (f *features) ours(t *testing.T, c feature) (string, error) {
	t.Helper()
	contexts := map[string]fsutil.FS{}
	var snaps []*tree.Snapshot
	in := plan.Input{Dockerfile: []byte(c.dockerfile), Filename: "Dockerfile", Attrs: f.attributes(c), ContextIgnore: map[string][]byte{}}
	f.builder.Fill(&in)
	for name, dir := range map[string]string{"context": f.dir, "more": f.named} {
		rules, err := tree.LoadRules(dir, filepath.Join(dir, "Dockerfile"))
		if err != nil {
			t.Fatal(err)
		}
		loaded, err := tree.Load(t.Context(), dir, rules)
		if err != nil {
			t.Fatal(err)
		}
		snap := loaded.Snapshot()
		snaps = append(snaps, snap)
		contexts[name] = snap.FS(false)
		ignore, err := os.ReadFile(filepath.Join(dir, ".dockerignore"))
		if err != nil {
			t.Fatal(err)
		}
		if name == "context" {
			in.Ignore = ignore
		} else {
			in.ContextIgnore[name] = ignore
		}
	}
	p, err := plan.New(t.Context(), in, f.builder)
	if err != nil {
		return "", err
	}
	res, err := f.builder.Build(t.Context(), solve.Request{Plan: p, Contexts: contexts, SharedKey: solve.SharedKey(f.dir, snaps...), Emit: func(event.Body) {}})
	if err != nil {
		return "", err
	}
	return f.made(res.Image), nil
}

// made has an image removed when all features are checked, because several may make the same one, and returns its id.
func (f *features) made(id string) string {
	f.t.Cleanup(func() {
		f.place.remove(context.Background(), id)
	})
	return id
}
