package run

import (
	"context"
	"slices"
	"testing"

	"github.com/docker/docker/api/types/container"
	"github.com/docker/docker/api/types/network"
	"github.com/docker/go-connections/nat"
	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/stagewatch/stagewatch/engine/dock/docktest"
)

// TestLike: a container that is like another one has its settings and networks, but what that one has of its image is that of
// the new image, and its ports are ours.
func TestLike(t *testing.T) {
	r := newRig(t)
	cli := r.engine.Client
	names := []string{"stagewatch-test-a-" + r.session.ID, "stagewatch-test-b-" + r.session.ID}
	for _, name := range names {
		made, err := cli.NetworkCreate(t.Context(), name, network.CreateOptions{})
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = cli.NetworkRemove(context.Background(), made.ID) })
	}
	old := docktest.Image(t, r.engine, r.session, "ENV OF=old", "LABEL of=old", "WORKDIR /old", cmd("-exit", "1"))
	seconds := 7
	config := &container.Config{
		Image: old, Env: []string{"MINE=1"}, Labels: map[string]string{"mine": "1"}, User: "1000:1000", StopSignal: "SIGINT", StopTimeout: &seconds,
		Cmd: []string{"/app", "-listen", ":8080"}, ExposedPorts: nat.PortSet{"9999/tcp": {}}, Hostname: "host", Domainname: "example.test",
	}
	host := &container.HostConfig{
		NetworkMode: container.NetworkMode(names[0]), CapAdd: []string{"CAP_NET_ADMIN"}, ExtraHosts: []string{"other:10.0.0.1"},
		Tmpfs: map[string]string{"/t": "size=1m"}, ReadonlyRootfs: true, ShmSize: 1 << 20, RestartPolicy: container.RestartPolicy{Name: "always"},
		Resources:    container.Resources{Memory: 64 << 20, NanoCPUs: 5e8, PidsLimit: func() *int64 { n := int64(50); return &n }()},
		LogConfig:    container.LogConfig{Type: "json-file", Config: map[string]string{"max-size": "1m"}},
		PortBindings: nat.PortMap{"8080/tcp": {{HostIP: "127.0.0.1", HostPort: "8080"}}},
		Binds:        []string{"/proc/version:/version:ro"},
	}
	first := &network.NetworkingConfig{EndpointsConfig: map[string]*network.EndpointSettings{names[0]: {Aliases: []string{"alias-a"}}}}
	template, err := cli.ContainerCreate(t.Context(), config, host, first, nil, "")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = cli.ContainerRemove(context.Background(), template.ID, container.RemoveOptions{Force: true, RemoveVolumes: true})
	})
	if err := cli.NetworkConnect(t.Context(), names[1], template.ID, &network.EndpointSettings{Aliases: []string{"alias-b"}}); err != nil {
		t.Fatal(err)
	}

	image := docktest.Image(t, r.engine, r.session, "ENV OF=new", "LABEL of=new", "WORKDIR /new", cmd("-exit", "1"))
	like, err := NewLikeness(t.Context(), r.engine, template.ID, nil)
	if err != nil {
		t.Fatal(err)
	}
	c := r.serve(Spec{Image: image, Like: like})
	is, err := cli.ContainerInspect(t.Context(), c.ID)
	if err != nil {
		t.Fatal(err)
	}
	was, err := cli.ContainerInspect(t.Context(), template.ID)
	if err != nil {
		t.Fatal(err)
	}
	for _, env := range []string{"OF=new", "MINE=1"} {
		if !slices.Contains(is.Config.Env, env) {
			t.Errorf("the environment lacks %s: %v", env, is.Config.Env)
		}
	}
	if is.Config.Labels["of"] != "new" || is.Config.Labels["mine"] != "1" || is.Config.WorkingDir != "/new" {
		t.Errorf("labels %v, folder %s", is.Config.Labels, is.Config.WorkingDir)
	}
	for key, value := range r.session.Labels() {
		if is.Config.Labels[key] != value {
			t.Errorf("the label %s is missing", key)
		}
	}
	if d := cmp.Diff(was.Config, is.Config, cmpopts.IgnoreFields(container.Config{}, "Image", "Env", "Labels", "WorkingDir", "ExposedPorts")); d != "" {
		t.Error(d)
	}
	if d := cmp.Diff(was.HostConfig, is.HostConfig, cmpopts.EquateEmpty(), cmpopts.IgnoreFields(container.HostConfig{}, "PortBindings", "RestartPolicy")); d != "" {
		t.Error(d)
	}
	if len(is.HostConfig.PortBindings["8080/tcp"]) > 0 && is.HostConfig.PortBindings["8080/tcp"][0].HostPort == "8080" {
		t.Error("it publishes the port that is ours")
	}
	for i, alias := range []string{"alias-a", "alias-b"} {
		if at := is.NetworkSettings.Networks[names[i]]; at == nil || !slices.Contains(at.Aliases, alias) {
			t.Errorf("on network %s: %+v", names[i], at)
		}
	}
}
