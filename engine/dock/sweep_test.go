package dock

import (
	"archive/tar"
	"bytes"
	"context"
	"errors"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/containerd/errdefs"
	"github.com/docker/docker/api/types/container"
	"github.com/docker/docker/api/types/image"
)

// rig is the real engine with the test's own folder of locks. It can't use docktest, which imports this package.
type rig struct {
	*testing.T
	*Engine
	dir string
}

func newRig(t *testing.T) rig {
	t.Helper()
	if os.Getenv("ENGINE") == "none" {
		t.Skip("needs a Docker Engine, and ENGINE=none says that there is none")
	}
	engine, err := Connect(t.Context(), Options{})
	if err != nil {
		t.Fatalf("this test needs a Docker Engine (`make test` brings one; ENGINE=none skips the test): %v", err)
	}
	t.Cleanup(func() { engine.Close() })
	return rig{t, engine, t.TempDir()}
}

// makeImage makes a nearly empty image of the session.
func (r rig) makeImage(session, tag string) string {
	r.Helper()
	var rootfs bytes.Buffer
	archive := tar.NewWriter(&rootfs)
	err := errors.Join(archive.WriteHeader(&tar.Header{Name: "session", Mode: 0o644, Size: int64(len(session + tag))}),
		failure(archive.Write([]byte(session+tag))), archive.Close())
	if err != nil {
		r.Fatal(err)
	}
	answer, err := r.Client.ImageImport(r.Context(), image.ImportSource{Source: &rootfs, SourceName: "-"}, tag,
		image.ImportOptions{Changes: []string{"LABEL " + Label + "=" + session, `CMD ["/none"]`}})
	if err != nil {
		r.Fatal(err)
	}
	defer answer.Close()
	text, err := io.ReadAll(answer)
	_, id, _ := strings.Cut(string(text), `"sha256:`)
	if err != nil || len(id) < 64 {
		r.Fatalf("the engine said %q, %v", text, err)
	}
	id = "sha256:" + id[:64]
	r.Cleanup(func() {
		_, _ = r.Client.ImageRemove(context.Background(), id, image.RemoveOptions{Force: true})
	})
	return id
}

func failure(_ int, err error) error { return err }

// makeContainer makes a container of the image, with the labels besides those of the image.
func (r rig) makeContainer(img string, labels map[string]string) string {
	r.Helper()
	created, err := r.Client.ContainerCreate(r.Context(), &container.Config{Image: img, Labels: labels}, nil, nil, nil, "")
	if err != nil {
		r.Fatal(err)
	}
	r.Cleanup(func() {
		_ = r.Client.ContainerRemove(context.Background(), created.ID, container.RemoveOptions{Force: true})
	})
	return created.ID
}

// want fails the test unless the thing exists, or does not.
func (r rig) want(there bool, what, id string) {
	r.Helper()
	var err error
	if strings.HasPrefix(what, "container") {
		_, err = r.Client.ContainerInspect(r.Context(), id)
	} else {
		_, err = r.Client.ImageInspect(r.Context(), id)
	}
	if err != nil && !errdefs.IsNotFound(err) {
		r.Fatal(err)
	}
	if (err == nil) != there {
		r.Errorf("the %s is there: %v, want %v", what, err == nil, there)
	}
}

func (r rig) sweep(s *Session) Swept {
	r.Helper()
	swept, err := r.Sweep(r.Context(), s)
	if err != nil {
		r.Fatal(err)
	}
	return swept
}

func TestSweepRemovesWhatAKilledSessionLeftAndNothingElse(t *testing.T) {
	r := newRig(t)
	me, sibling := inHouse(t, r.dir, r.Host), inHouse(t, r.dir, r.Host)
	defer me.Close()
	defer sibling.Close()
	elsewhere := inHouse(t, t.TempDir(), r.Host)
	if err := elsewhere.Close(); err != nil {
		t.Fatal(err)
	}
	suffix := me.ID[len(me.ID)-8:]
	own, users, moved := "swtest-own-"+suffix+":latest", "swtest-user-"+suffix+":latest", "swtest-moved-"+suffix+":latest"
	deadID := killed(t, r.dir, r.Host, own, moved)
	dead := &Session{ID: deadID}

	deadImage := r.makeImage(deadID, "")
	deadTagged := r.makeImage(deadID, own)
	deadContainer := r.makeContainer(deadImage, dead.Labels())
	named := r.makeImage(deadID, users)
	movedImage := r.makeImage(sibling.ID, moved)
	usedImage := r.makeImage(deadID, "")
	personal := r.makeContainer(usedImage, nil)
	siblings := r.makeContainer(movedImage, sibling.Labels())
	others := r.makeContainer(r.makeImage(elsewhere.ID, ""), elsewhere.Labels())
	plain := r.makeContainer(movedImage, map[string]string{Label: "something else entirely"})

	swept := r.sweep(me)
	if swept != (Swept{Containers: 1, Images: 2}) {
		t.Errorf("swept %+v", swept)
	}
	r.want(false, "container of the dead session", deadContainer)
	r.want(false, "image of the dead session", deadImage)
	r.want(false, "image with a name of the dead session's own", deadTagged)
	r.want(true, "image that somebody named", named)
	r.want(true, "image under a container of a person's own", usedImage)
	r.want(true, "container of a person's own, of an image of ours", personal)
	r.want(true, "container of a living sibling", siblings)
	r.want(true, "image to which a name of the dead session moved on", moved)
	r.want(true, "container of another machine", others)
	r.want(true, "container with a label that is no session", plain)
	if _, err := os.Stat(filepath.Join(r.dir, deadID)); err == nil {
		t.Error("the dead session's lock is still there")
	}
	if again := r.sweep(me); again != (Swept{}) {
		t.Errorf("swept again: %+v", again)
	}
}

// Emptying the cache folder removes the locks of living sessions.
func TestSweepSparesALivingSessionWithoutALock(t *testing.T) {
	r := newRig(t)
	me, sibling := inHouse(t, r.dir, r.Host), inHouse(t, r.dir, r.Host)
	defer me.Close()
	if err := os.Remove(filepath.Join(r.dir, sibling.ID)); err != nil {
		t.Fatal(err)
	}
	id := r.makeContainer(r.makeImage(sibling.ID, ""), sibling.Labels())
	r.sweep(me)
	r.want(true, "container of the sibling", id)
}

func TestALockIsKeptForTheEngineThatItsSessionWorkedOn(t *testing.T) {
	r := newRig(t)
	me := inHouse(t, r.dir, r.Host)
	defer me.Close()
	dead := killed(t, r.dir, "tcp://another:2375", "app:latest")
	r.sweep(me)
	if _, err := os.Stat(filepath.Join(r.dir, dead)); err != nil {
		t.Errorf("the lock is gone: %v", err)
	}
}

func TestCleanRemovesTheSessionsOwnButForNamesThatWereAskedFor(t *testing.T) {
	r := newRig(t)
	me, sibling := inHouse(t, r.dir, r.Host), inHouse(t, r.dir, r.Host)
	defer me.Close()
	defer sibling.Close()
	suffix := me.ID[len(me.ID)-8:]
	own, asked := "swtest-own-"+suffix+":latest", "swtest-asked-"+suffix+":latest"
	if err := me.OwnTag(own); err != nil {
		t.Fatal(err)
	}
	tagged, superseded, kept := r.makeImage(me.ID, own), r.makeImage(me.ID, ""), r.makeImage(me.ID, asked)
	running := r.makeContainer(tagged, me.Labels())
	foreign := r.makeContainer(r.makeImage(sibling.ID, "swtest-sibling-"+suffix), sibling.Labels())
	swept, err := r.Clean(t.Context(), me)
	if err != nil || swept != (Swept{Containers: 1, Images: 2}) {
		t.Errorf("cleaned %+v, %v", swept, err)
	}
	r.want(false, "container", running)
	r.want(false, "image with a name of our own", tagged)
	r.want(false, "superseded image", superseded)
	r.want(true, "image to keep", kept)
	r.want(true, "container of a sibling", foreign)
}
