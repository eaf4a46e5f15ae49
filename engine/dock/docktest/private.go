package docktest

import (
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/docker/docker/api/types/image"

	"github.com/stagewatch/stagewatch/engine/dock"
)

// Private is an engine that is the test's alone: it may be stopped, killed and filled up.
type Private struct {
	// Engine is connected to it.
	Engine *dock.Engine
	// Dir holds all that it has on disk.
	Dir string

	t      testing.TB
	script string
	env    []string
}

// NewPrivate starts an engine beside the one in use, with nothing on it, on the disk at dir; empty for a folder of
// its own. It goes with the test. Where a second engine can't be had the test is skipped.
func NewPrivate(t testing.TB, dir string) *Private {
	t.Helper()
	if os.Getenv("ENGINE") == "none" {
		t.Skip("needs a Docker Engine of its own, and ENGINE=none says that there is to be none")
	}
	if _, err := exec.LookPath("dockerd"); err != nil || os.Getuid() != 0 {
		t.Skip("needs a Docker Engine of its own, and starting one takes root and dockerd")
	}
	module, err := exec.Command("go", "env", "GOMOD").Output()
	if err != nil {
		t.Fatal(err)
	}
	// Not under t.TempDir: the path of a socket must be short.
	short, err := os.MkdirTemp("", "sw")
	if err != nil {
		t.Fatal(err)
	}
	if dir == "" {
		dir = short
	}
	p := &Private{Dir: dir, t: t, script: filepath.Join(filepath.Dir(strings.TrimSpace(string(module))), "testdata/engine/engine.sh")}
	p.env = append(os.Environ(), "STAGEWATCH_STATE="+filepath.Join(dir, "state"), "STAGEWATCH_RUN="+filepath.Join(short, "run"),
		"STAGEWATCH_BRIDGE="+strings.ToLower(filepath.Base(short)))
	t.Cleanup(func() {
		p.run("wipe")
		os.RemoveAll(short)
	})
	p.Start()
	if p.Engine, err = dock.Connect(t.Context(), dock.Options{Host: "unix://" + filepath.Join(short, "run", "docker.sock")}); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = p.Engine.Close() })
	return p
}

// Start starts the engine again, with what was on it.
func (p *Private) Start() { p.run("up") }

// Stop stops the engine with all that runs on it, as the system does it.
func (p *Private) Stop() { p.run("down") }

func (p *Private) run(what string) {
	p.t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), 2*time.Minute)
	defer cancel()
	cmd := exec.CommandContext(ctx, p.script, what)
	cmd.Env = p.env
	if out, err := cmd.CombinedOutput(); err != nil {
		p.t.Fatalf("private engine, %s: %v\n%s", what, err, out)
	}
}

// Base puts an image of the test app (see the folder testapp) onto the engine, by the name "base".
func (p *Private) Base() {
	p.t.Helper()
	id := Image(p.t, p.Engine, Session(p.t, p.Engine))
	if err := p.Engine.Client.ImageTag(p.t.Context(), id, "base"); err != nil {
		p.t.Fatal(err)
	}
	p.t.Cleanup(func() {
		_, _ = p.Engine.Client.ImageRemove(context.Background(), "base", image.RemoveOptions{})
	})
}
