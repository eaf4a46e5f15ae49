package run

import (
	"context"
	"encoding/json"
	"os"
	"os/exec"
	"slices"
	"strings"
	"testing"

	"github.com/docker/docker/api/types/container"
	"github.com/google/go-cmp/cmp"
)

// TestOptionsAreThoseOfDocker has docker create a container with some flags, and creates one with the same options: the engine
// says the same of both.
func TestOptionsAreThoseOfDocker(t *testing.T) {
	r := newRig(t)
	docker, err := exec.LookPath("docker")
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	image := r.image("-listen", ":8080")
	empty, program, on, off := "", "/app", true, false
	for _, c := range []struct {
		name, args string
		command    string
		want       Spec
	}{
		{"nothing", "", "", Spec{}},
		{"a command", "", "/app -body x", Spec{Options: Options{Command: []string{"/app", "-body", "x"}}}},
		{"a program", "--entrypoint /app", "-body x", Spec{Options: Options{Entrypoint: &program, Command: []string{"-body", "x"}}}},
		{"no program of the image", "--entrypoint=", "/app", Spec{Options: Options{Entrypoint: &empty, Command: []string{"/app"}}}},
		{"who and where", "-u 1000:1000 -w /tmp", "", Spec{Options: Options{User: "1000:1000", Workdir: "/tmp"}}},
		{"hosts", "--add-host one:10.0.0.1 --add-host six:::1 --add-host gate:host-gateway --dns 10.0.0.2", "",
			Spec{Options: Options{ExtraHosts: []string{"one=10.0.0.1", "six:::1", "gate:host-gateway"}, DNS: []string{"10.0.0.2"}}}},
		{"memory", "-m 64m --shm-size 1m --cpus 0.5", "", Spec{Options: Options{Memory: 64 << 20, ShmSize: 1 << 20, CPUs: 5e8}}},
		{"init", "--init", "", Spec{Options: Options{Init: &on}}},
		{"no init", "--init=false", "", Spec{Options: Options{Init: &off}}},
		{"tmpfs", "--tmpfs /run --tmpfs /tmp:size=64m,mode=1777", "", Spec{Options: Options{Tmpfs: []string{"/run", "/tmp:size=64m,mode=1777"}}}},
		{"mounts", "--mount type=bind,source=" + dir + ",target=/data,readonly,bind-propagation=rslave --mount type=tmpfs,dst=/t,tmpfs-size=1m,tmpfs-mode=0700 --mount target=/v,volume-nocopy", "",
			Spec{Options: Options{Mounts: []string{"type=bind,source=" + dir + ",target=/data,readonly,bind-propagation=rslave", "type=tmpfs,dst=/t,tmpfs-size=1m,tmpfs-mode=0700", "target=/v,volume-nocopy"}}}},
		{"limits", "--ulimit nproc=1 --ulimit nofile=1:2 --ulimit nofile=3", "", Spec{Options: Options{Ulimits: []string{"nofile=1:2", "nproc=1", "nofile=3"}}}},
		{"capabilities", "--cap-add NET_ADMIN --cap-add cap_sys_time --cap-drop all", "", Spec{Options: Options{CapAdd: []string{"NET_ADMIN", "cap_sys_time"}, CapDrop: []string{"all"}}}},
		{"privileged", "--privileged", "", Spec{Options: Options{Privileged: true}}},
		{"labels", "--label one=1 --label two=a=b --label bare", "", Spec{Options: Options{Labels: []string{"one=1", "two=a=b", "bare"}}}},
		{"a log driver", "--log-driver local --log-opt max-size=1m", "", Spec{Options: Options{LogDriver: "local", LogOpts: []string{"max-size=1m"}}}},
		{"GPUs", `--gpus all --gpus "device=0,1",capabilities=utility`, "", Spec{Options: Options{GPUs: []string{"all", `"device=0,1",capabilities=utility`}}}},
		{"devices", "--device /dev/null --device /dev/zero:/dev/nil --device /dev/full:r --device /dev/tty:/dev/t:rw", "",
			Spec{Options: Options{Devices: []string{"/dev/null", "/dev/zero:/dev/nil", "/dev/full:r", "/dev/tty:/dev/t:rw"}}}},
		{"a udp port", "-p 127.0.0.1:5353:53/udp", "", Spec{Options: Options{UDP: []string{"5353:53/udp"}}}},
	} {
		t.Run(c.name, func(t *testing.T) {
			args := append([]string{"create"}, strings.Fields(c.args)...)
			create := exec.CommandContext(t.Context(), docker, append(append(args, image), strings.Fields(c.command)...)...)
			create.Env = append(os.Environ(), "DOCKER_HOST="+r.engine.Host)
			out, err := create.Output()
			if err != nil {
				t.Fatalf("docker create: %v: %s", err, err.(*exec.ExitError).Stderr)
			}
			c.want.Image = image
			config, host, err := r.runner.configure(t.Context(), c.want)
			if err != nil {
				t.Fatal(err)
			}
			made, err := r.engine.Client.ContainerCreate(t.Context(), config, host, nil, nil, "")
			if err != nil {
				t.Fatal(err)
			}
			if d := cmp.Diff(r.said(t, strings.TrimSpace(string(out))), r.said(t, made.ID)); d != "" {
				t.Errorf("docker (-) and this (+) make containers that differ:\n%s", d)
			}
		})
	}
}

// said is what the engine says of a container that will be removed, without what differs between any two.
func (r *rig) said(t *testing.T, id string) map[string]any {
	t.Helper()
	t.Cleanup(func() {
		if err := r.engine.Client.ContainerRemove(context.Background(), id, container.RemoveOptions{Force: true, RemoveVolumes: true}); err != nil {
			t.Error(err)
		}
	})
	_, raw, err := r.engine.Client.ContainerInspectWithRaw(t.Context(), id, false)
	if err != nil {
		t.Fatal(err)
	}
	var all struct {
		Path       string
		Args       []string
		Config     map[string]any
		HostConfig map[string]any
		Mounts     []any
	}
	if err := json.Unmarshal(raw, &all); err != nil {
		t.Fatal(err)
	}
	at := func(m any) string { return m.(map[string]any)["Destination"].(string) }
	slices.SortFunc(all.Mounts, func(a, b any) int { return strings.Compare(at(a), at(b)) })
	for _, m := range all.Mounts {
		if m := m.(map[string]any); m["Type"] == "volume" {
			delete(m, "Name")
			delete(m, "Source")
		}
	}
	// docker attaches to its containers, and says so; we say whose ours are.
	for _, name := range []string{"Hostname", "AttachStdout", "AttachStderr"} {
		delete(all.Config, name)
	}
	delete(all.HostConfig, "ConsoleSize")
	labels, _ := all.Config["Labels"].(map[string]any)
	for name := range r.session.Labels() {
		delete(labels, name)
	}
	return map[string]any{"run": append(all.Args, all.Path), "config": known(all.Config), "host": known(all.HostConfig), "mounts": known(all.Mounts)}
}

// known returns a value without those in it that say nothing: some versions leave them out.
func known(v any) any {
	switch v := v.(type) {
	case map[string]any:
		out := map[string]any{}
		for name, value := range v {
			if value = known(value); value != nil {
				out[name] = value
			}
		}
		if len(out) > 0 {
			return out
		}
	case []any:
		var out []any
		for _, value := range v {
			out = append(out, known(value))
		}
		if len(out) > 0 {
			return out
		}
	case bool:
		if v {
			return v
		}
	case float64, string:
		if v != 0.0 && v != "" {
			return v
		}
	}
	return nil
}
