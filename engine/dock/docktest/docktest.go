// Package docktest gives tests the real Docker Engine, and tiny images to run on it. There is no fake engine: a test
// that needs one fails if there is none, or is skipped if ENGINE=none.
//
// Only tests import it.
package docktest

import (
	"archive/tar"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"github.com/docker/docker/api/types/image"

	"github.com/stagewatch/stagewatch/engine/dock"
	"github.com/stagewatch/stagewatch/engine/fault"
)

// Engine returns the engine that DOCKER_HOST or the docker configuration names. Without one the test fails, or is
// skipped if ENGINE=none.
func Engine(t testing.TB) *dock.Engine {
	t.Helper()
	if os.Getenv("ENGINE") == "none" {
		t.Skip("needs a Docker Engine, and ENGINE=none says that there is none")
	}
	engine, err := dock.Connect(t.Context(), dock.Options{Builder: "default"})
	if err != nil {
		t.Fatalf("this test needs a Docker Engine (`make test` brings one; ENGINE=none skips the test): %v\n%s", err, fault.Hint(err))
	}
	t.Cleanup(func() { _ = engine.Close() })
	return engine
}

// Session returns a session on the engine for one test. At the test's end everything under its labels is removed; if
// the test is killed, the next session of this machine does that.
func Session(t testing.TB, engine *dock.Engine) *dock.Session {
	t.Helper()
	session := dock.NewSession(engine.Host)
	t.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.Background(), 2*time.Minute)
		defer cancel()
		if _, err := engine.Clean(ctx, session); err != nil {
			t.Errorf("cleaning up: %v", err)
		}
		if err := session.Close(); err != nil {
			t.Errorf("cleaning up: %v", err)
		}
	})
	return session
}

// Image makes an image of the test app (see the folder testapp) and returns its id. The changes are Dockerfile
// instructions, such as `CMD ["/app","-listen",":8080"]`.
func Image(t testing.TB, engine *dock.Engine, session *dock.Session, changes ...string) string {
	t.Helper()
	var rootfs bytes.Buffer
	archive := tar.NewWriter(&rootfs)
	app := program(t, buildTestApp)
	header := &tar.Header{Name: "app", Mode: 0o755, Size: int64(len(app)), ModTime: time.Unix(0, 0)}
	err := archive.WriteHeader(header)
	if err == nil {
		_, err = archive.Write(app)
	}
	if err := errors.Join(err, archive.Close()); err != nil {
		t.Fatal(err)
	}
	changes = append(changes, "LABEL "+dock.Label+"="+session.ID)
	answer, err := engine.Client.ImageImport(t.Context(), image.ImportSource{Source: &rootfs, SourceName: "-"}, "",
		image.ImportOptions{Changes: changes})
	if err != nil {
		t.Fatalf("importing a test image: %v", err)
	}
	defer answer.Close()
	text, err := io.ReadAll(answer)
	_, id, found := bytes.Cut(text, []byte(`"sha256:`))
	if err != nil || !found || len(id) < 64 {
		t.Fatalf("importing a test image: the engine said %q, %v", text, err)
	}
	return "sha256:" + string(id[:64])
}

// Frontend makes an image of the test frontend (see the folder testfrontend) and returns its name.
func Frontend(t testing.TB, engine *dock.Engine, session *dock.Session) string {
	t.Helper()
	id := Build(t, engine, session, "FROM scratch\nCOPY --chmod=755 frontend /\nENTRYPOINT [\"/frontend\"]\n", map[string]string{"frontend": string(program(t, buildTestFrontend))})
	name := fmt.Sprint("stagewatch-test-frontend:", time.Now().UnixNano())
	if err := engine.Client.ImageTag(t.Context(), id, name); err != nil {
		t.Fatalf("naming the test frontend: %v", err)
	}
	t.Cleanup(func() { _, _ = engine.Client.ImageRemove(context.Background(), name, image.RemoveOptions{Force: true}) })
	return name
}

// program returns a binary that is linked statically, so that it runs in an otherwise empty image.
func program(t testing.TB, build func() ([]byte, error)) []byte {
	t.Helper()
	binary, err := build()
	if err != nil {
		t.Fatalf("building a program for a test image: %v", err)
	}
	return binary
}

// Each is linked once for all tests of a package, because linking takes a second.
var (
	buildTestApp      = sync.OnceValues(func() ([]byte, error) { return link("testapp") })
	buildTestFrontend = sync.OnceValues(func() ([]byte, error) { return link("testfrontend") })
)

// userCache is the user's cache folder before a test replaces it: go's compiled packages are there.
var userCache, _ = os.UserCacheDir()

func link(name string) ([]byte, error) {
	dir, err := os.MkdirTemp("", "stagewatch-"+name+"-")
	if err != nil {
		return nil, err
	}
	defer os.RemoveAll(dir)
	file := filepath.Join(dir, name)
	build := exec.Command("go", "build", "-trimpath", "-ldflags=-s -w", "-o", file,
		"github.com/stagewatch/stagewatch/engine/dock/docktest/"+name)
	build.Env = append(os.Environ(), "CGO_ENABLED=0", "GOOS=linux")
	if userCache != "" && os.Getenv("GOCACHE") == "" {
		build.Env = append(build.Env, "GOCACHE="+filepath.Join(userCache, "go-build"))
	}
	if out, err := build.CombinedOutput(); err != nil {
		return nil, fmt.Errorf("%w: %s", err, bytes.TrimSpace(out))
	}
	return os.ReadFile(file)
}
