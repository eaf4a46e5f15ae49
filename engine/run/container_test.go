package run

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/containerd/errdefs"
	"github.com/docker/docker/api/types/container"
	"github.com/docker/docker/api/types/filters"

	"github.com/stagewatch/stagewatch/engine/dock"
	"github.com/stagewatch/stagewatch/engine/dock/docktest"
	"github.com/stagewatch/stagewatch/engine/fault"
)

func TestAContainerServesBesideTheOldOneAndTakesItsName(t *testing.T) {
	r := newRig(t)
	name := "swtest-" + strings.ToLower(r.session.ID[len(r.session.ID)-8:])
	image := r.image("-listen", ":8080", "-body", "hi")
	old := r.serve(Spec{Image: image, Build: 1, Name: name})
	if err := old.TakeName(t.Context()); err != nil || old.Name() != name {
		t.Fatalf("%v, named %s", err, old.Name())
	}
	next := r.serve(Spec{Image: image, Build: 2, Name: name})
	if r.ask(old, "/") != "hi" || r.ask(next, "/") != "hi" {
		t.Error("the two do not serve side by side")
	}
	if !next.SpeaksHTTP() {
		t.Error("it was not noticed that the app speaks HTTP")
	}
	if !strings.HasPrefix(next.Name(), name+"-2-") {
		t.Errorf("the new one is named %s while the old one serves", next.Name())
	}
	if err := next.TakeName(t.Context()); err != nil {
		t.Fatal(err)
	}
	seen, err := r.engine.Client.ContainerInspect(t.Context(), name)
	if err != nil || seen.ID != next.ID {
		t.Errorf("%s names %.12s, want %.12s; %v", name, seen.ID, next.ID, err)
	}
	if seen.Config.Labels[dock.Label] != r.session.ID {
		t.Errorf("labels %v", seen.Config.Labels)
	}
}

func TestAForeignContainerKeepsItsName(t *testing.T) {
	r := newRig(t)
	name := "swtest-" + strings.ToLower(r.session.ID[len(r.session.ID)-8:])
	image := r.image("-listen", ":8080")
	foreign, err := r.engine.Client.ContainerCreate(t.Context(), &container.Config{Image: image}, nil, nil, nil, name)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = r.engine.Client.ContainerRemove(context.Background(), foreign.ID, container.RemoveOptions{Force: true})
	})
	// Containers inherit the image's labels, so the label alone does not say who made one.
	c := r.serve(Spec{Image: image, Build: 1, Name: name})
	var explained *fault.Error
	if err := c.TakeName(t.Context()); !errors.As(err, &explained) || explained.Hint == "" {
		t.Errorf("taking a foreign container's name: %v", err)
	}
	if seen, err := r.engine.Client.ContainerInspect(t.Context(), name); err != nil || seen.ID != foreign.ID {
		t.Errorf("the foreign container lost its name: %v", err)
	}
}

// Engines in a virtual machine give containers addresses that can't be dialled from outside.
func TestWithoutADirectWayThePortIsPublishedOnTheLoopback(t *testing.T) {
	r := newRig(t)
	r.runner.direct = false
	c := r.serve(Spec{Image: r.image("-listen", ":8080", "-boot", "300ms", "-body", "hi")})
	if !strings.HasPrefix(c.Addr(), "127.0.0.1:") || r.ask(c, "/") != "hi" {
		t.Errorf("served at %s", c.Addr())
	}
}

func TestOptionsMeanWhatDockerRunMeans(t *testing.T) {
	r := newRig(t)
	dir := t.TempDir()
	files := map[string]string{"app.env": "# a comment\nFROM_FILE=1\nBOTH=file\n", "data": "mounted"}
	for name, text := range files {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	c := r.serve(Spec{
		Image: r.image("-listen", ":8080"),
		Env:   []string{"BOTH=flag", "PATH", "SURELY_NOT_SET"}, EnvFiles: []string{filepath.Join(dir, "app.env")},
		Volumes: []string{dir + ":/mnt:ro", "/scratch"},
	})
	env := strings.Split(r.ask(c, "/env"), "\n")
	for _, want := range []string{"FROM_FILE=1", "BOTH=flag", "PATH=" + os.Getenv("PATH")} {
		if !slices.Contains(env, want) {
			t.Errorf("the environment lacks %s: %v", want, env)
		}
	}
	if strings.Contains(strings.Join(env, "\n"), "SURELY_NOT_SET") {
		t.Error("a variable that is not set here is set there")
	}
	if got := r.ask(c, "/file/mnt/data"); got != "mounted" {
		t.Errorf("the volume holds %q", got)
	}

	// The anonymous volume goes with the container.
	seen, err := r.engine.Client.ContainerInspect(t.Context(), c.ID)
	if err != nil {
		t.Fatal(err)
	}
	var volume string
	for _, mount := range seen.Mounts {
		if mount.Destination == "/scratch" {
			volume = mount.Name
		}
	}
	if err := c.Stop(t.Context(), time.Second); err != nil {
		t.Fatal(err)
	}
	if _, err := r.engine.Client.VolumeInspect(t.Context(), volume); volume == "" || !errdefs.IsNotFound(err) {
		t.Errorf("the anonymous volume %q stayed: %v", volume, err)
	}
}

func TestStopInsistsAfterTheGrace(t *testing.T) {
	r := newRig(t)
	for _, c := range []struct {
		name string
		args []string
		code int
	}{
		{"an app that obeys", []string{"-listen", ":8080"}, 143},
		{"an app that does not", []string{"-listen", ":8080", "-stubborn"}, 137},
	} {
		t.Run(c.name, func(t *testing.T) {
			box := r.serve(Spec{Image: r.image(c.args...)})
			began := time.Now()
			if err := box.Stop(t.Context(), time.Second); err != nil {
				t.Fatal(err)
			}
			if took := time.Since(began); took > 8*time.Second {
				t.Errorf("it took %s", took)
			}
			if exit := box.Exit(); exit.Code != c.code {
				t.Errorf("exit code %d, want %d", exit.Code, c.code)
			}
			if _, err := r.engine.Client.ContainerInspect(t.Context(), box.ID); !errdefs.IsNotFound(err) {
				t.Errorf("the container is still there: %v", err)
			}
			if err := box.Stop(t.Context(), time.Second); err != nil {
				t.Errorf("stopping it again: %v", err)
			}
		})
	}
}

func TestAStartThatFailsLeavesNothingAndSaysWhy(t *testing.T) {
	r := newRig(t)
	_, err := r.runner.Start(t.Context(), Spec{Image: docktest.Image(t, r.engine, r.session, `CMD ["/no/such/thing"]`)})
	var explained *fault.Error
	if !errors.As(err, &explained) || !strings.Contains(explained.Hint, "CMD") {
		t.Fatalf("%v", err)
	}
	for _, noise := range []string{"OCI", "runc", "shim", "daemon", "unknown"} {
		if strings.Contains(err.Error(), noise) {
			t.Errorf("raw noise %q in %q", noise, err)
		}
	}
	left, err := r.engine.Client.ContainerList(t.Context(), container.ListOptions{All: true,
		Filters: filters.NewArgs(filters.Arg("label", dock.Label+"="+r.session.ID))})
	if err != nil || len(left) > 0 {
		t.Errorf("%d containers left, %v", len(left), err)
	}
}
