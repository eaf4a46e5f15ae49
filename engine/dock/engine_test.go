package dock_test

import (
	"context"
	"errors"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stagewatch/stagewatch/engine/dock"
	"github.com/stagewatch/stagewatch/engine/dock/docktest"
	"github.com/stagewatch/stagewatch/engine/fault"
)

func TestInfoTellsWhatTheEngineIs(t *testing.T) {
	engine := docktest.Engine(t)
	info, err := engine.Info(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if info.Name == "" || info.Version == "" || info.API == "" || info.Store == "" || info.Builder != "BuildKit" || info.Host != engine.Host {
		t.Errorf("%+v", info)
	}
}

func TestBuildKitAnswersOverTheEngine(t *testing.T) {
	engine := docktest.Engine(t)
	builder, err := engine.BuildKit(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer builder.Close()
	workers, err := builder.ListWorkers(t.Context())
	if err != nil || len(workers) == 0 {
		t.Errorf("%d workers, %v", len(workers), err)
	}
}

func TestAnEngineWithoutBuildKitIsNamed(t *testing.T) {
	t.Run("recorded", func(t *testing.T) { wantPodman(t, docktest.Podman(t)) })
	t.Run("real", func(t *testing.T) { wantPodman(t, podmanItself(t)) })
}

func wantPodman(t *testing.T, opts dock.Options) {
	t.Helper()
	engine, err := dock.Connect(t.Context(), opts)
	if err != nil {
		t.Fatal(err)
	}
	defer engine.Close()
	info, err := engine.Info(t.Context())
	if !errors.Is(err, dock.ErrNoBuildKit) || info.Name != "Podman" || info.Version == "" || info.Builder != "" {
		t.Errorf("%+v, %v", info, err)
	}
	if hint := fault.Hint(err); !strings.Contains(err.Error(), "Podman") || !strings.Contains(hint, "Buildah") || !strings.Contains(hint, "--host") {
		t.Errorf("%v, hint %q", err, hint)
	}
}

// podmanItself starts the service of an installed Podman. Without one the test is skipped.
func podmanItself(t *testing.T) dock.Options {
	t.Helper()
	program, err := exec.LookPath("podman")
	if err != nil || os.Getuid() != 0 {
		t.Skip("needs podman, and root for folders of its own")
	}
	dir, err := os.MkdirTemp("", "sw") // not t.TempDir, because the path of a socket must be short
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.RemoveAll(dir) })
	socket := filepath.Join(dir, "s")
	service := exec.Command(program, "--root", filepath.Join(dir, "root"), "--runroot", filepath.Join(dir, "run"), "system", "service", "--time=0", "unix://"+socket)
	if err := service.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = service.Process.Kill(); _ = service.Wait() })
	for deadline := time.Now().Add(time.Minute); ; time.Sleep(10 * time.Millisecond) {
		if conn, err := net.Dial("unix", socket); err == nil {
			conn.Close()
			return dock.Options{Host: "unix://" + socket}
		}
		if time.Now().After(deadline) {
			t.Fatal("podman's service does not listen within a minute")
		}
	}
}

func TestDirectMeansThatAContainersAddressAnswers(t *testing.T) {
	engine := docktest.Engine(t)
	if !engine.Direct(t.Context()) {
		t.Skip("the engine's bridge is not on this machine")
	}
	if engine.Reaches(t.Context(), "host") || engine.Reaches(t.Context(), "no-such-network") {
		t.Error("networks without a bridge of ours are said to be reached")
	}
	far := &dock.Engine{Client: engine.Client, Host: "tcp://far:2375"}
	if far.Direct(t.Context()) {
		t.Error("a remote engine's bridge is said to be here")
	}
}

func TestConnectEndsWithItsContext(t *testing.T) {
	listener, err := net.Listen("tcp", "127.0.0.1:0") // accepts and never answers
	if err != nil {
		t.Fatal(err)
	}
	defer listener.Close()
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := dock.Connect(ctx, dock.Options{Host: "tcp://" + listener.Addr().String()}); !errors.Is(err, context.Canceled) {
		t.Errorf("%v", err)
	}
}
