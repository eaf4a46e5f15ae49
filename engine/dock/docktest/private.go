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

// Private is an engine of the test's own: the test may stop, kill and fill it.
type Private struct {
	// Engine is connected to it.
	Engine *dock.Engine
	// Dir contains all that the engine has on disk.
	Dir string

	t testing.TB
	// runtime is the folder of its sockets.
	runtime string
	script  string
	env     []string
}

// LiveRestore makes the containers of a private engine outlive it.
const LiveRestore = "STAGEWATCH_LIVE_RESTORE=yes"

// NewPrivate starts an empty engine beside the one in use, on the disk at dir, or in a folder of its own if dir is
// empty. It ends with the test. Env are variables of the script that starts it. If a second engine can't be started, the
// test is skipped.
func NewPrivate(t testing.TB, dir string, env ...string) *Private {
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
	// Not under t.TempDir, because the path of a socket must be short.
	short, err := os.MkdirTemp("", "sw")
	if err != nil {
		t.Fatal(err)
	}
	if dir == "" {
		dir = short
	}
	p := &Private{Dir: dir, t: t, runtime: filepath.Join(short, "run"), script: filepath.Join(filepath.Dir(strings.TrimSpace(string(module))), "testdata/engine/engine.sh")}
	p.env = append(append(os.Environ(), env...), "STAGEWATCH_STATE="+filepath.Join(dir, "state"), "STAGEWATCH_RUN="+p.runtime,
		"STAGEWATCH_BRIDGE="+strings.ToLower(filepath.Base(short)))
	t.Cleanup(func() {
		p.run("wipe")
		os.RemoveAll(short)
	})
	p.Start()
	if p.Engine, err = dock.Connect(t.Context(), dock.Options{Host: "unix://" + filepath.Join(p.runtime, "docker.sock"), Builder: "default"}); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = p.Engine.Close() })
	return p
}

// Start starts the engine again, with what was on it.
func (p *Private) Start() { p.run("up") }

// Stop stops the engine with all that runs on it, as the system would.
func (p *Private) Stop() { p.run("down") }

// Leave stops the engine alone: with live-restore, what runs on it goes on.
func (p *Private) Leave() { p.run("leave") }

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

// Base puts an image of the test app (see the folder testapp) onto the engine, under the name "base".
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
