package run

import (
	"context"
	"net"
	"testing"
	"time"

	"github.com/docker/docker/api/types/container"
	"github.com/docker/docker/api/types/network"
)

// awaitAddr waits until the container's address meets the condition.
func (r *rig) awaitAddr(c *Container, met func(addr string) bool) {
	r.Helper()
	for deadline := time.After(30 * time.Second); !met(c.Addr()); {
		select {
		case <-c.Moved():
		case <-deadline:
			r.Fatalf("it is at %q", c.Addr())
		}
	}
}

// A container that is disconnected from its network loses its address, which another container may get at once.
func TestAContainerIsNeverDialledAtAnAddressThatItHasNoMore(t *testing.T) {
	r := newRig(t)
	if !r.runner.direct {
		t.Skip("containers cannot be dialled at their addresses here")
	}
	cli := r.engine.Client
	net1, err := cli.NetworkCreate(t.Context(), "swtest-"+r.session.ID[len(r.session.ID)-8:], network.CreateOptions{Labels: r.session.Labels()})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = cli.NetworkRemove(context.Background(), net1.ID) })
	image := r.image("-listen", ":8080", "-body", "mine")
	c := r.serve(Spec{Image: image, Network: net1.ID})
	was, _, _ := net.SplitHostPort(c.Addr())

	if err := cli.NetworkDisconnect(t.Context(), net1.ID, c.ID, true); err != nil {
		t.Fatal(err)
	}
	r.awaitAddr(c, func(addr string) bool { return addr == "" })
	if conn, err := c.Dial(t.Context()); err == nil {
		t.Errorf("off its network, %s answers", conn.RemoteAddr())
	}

	// Another container gets the address.
	other, err := cli.ContainerCreate(t.Context(), &container.Config{Image: r.image("-listen", ":8080", "-body", "another's"), Labels: r.session.Labels()},
		&container.HostConfig{NetworkMode: container.NetworkMode(net1.ID)},
		&network.NetworkingConfig{EndpointsConfig: map[string]*network.EndpointSettings{net1.ID: {IPAMConfig: &network.EndpointIPAMConfig{}}}}, nil, "")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = cli.ContainerRemove(context.Background(), other.ID, container.RemoveOptions{Force: true}) })
	if err := cli.ContainerStart(t.Context(), other.ID, container.StartOptions{}); err != nil {
		t.Fatal(err)
	}
	seen, err := cli.ContainerInspect(t.Context(), other.ID)
	if err != nil {
		t.Fatal(err)
	}
	taken := false
	for _, n := range seen.NetworkSettings.Networks {
		taken = taken || n.IPAddress == was
	}
	if !taken {
		t.Logf("the engine gave the address %s to nobody: %+v", was, seen.NetworkSettings.Networks)
	}
	if conn, err := c.Dial(t.Context()); err == nil {
		t.Errorf("in its name, %s answers", conn.RemoteAddr())
	}

	if err := cli.NetworkConnect(t.Context(), net1.ID, c.ID, nil); err != nil {
		t.Fatal(err)
	}
	r.awaitAddr(c, func(addr string) bool { return addr != "" })
	if host, _, _ := net.SplitHostPort(c.Addr()); taken && host == was {
		t.Errorf("it is said to be at %s still", c.Addr())
	}
	if got := r.ask(c, "/"); got != "mine" {
		t.Errorf("at %s answers %q", c.Addr(), got)
	}
}

// A second network does not change where the container is dialled.
func TestAContainerThatJoinsANetworkStaysWhereItIs(t *testing.T) {
	r := newRig(t)
	cli := r.engine.Client
	more, err := cli.NetworkCreate(t.Context(), "aa-swtest-"+r.session.ID[len(r.session.ID)-8:], network.CreateOptions{Labels: r.session.Labels()})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = cli.NetworkRemove(context.Background(), more.ID) })
	c := r.serve(Spec{Image: r.image("-listen", ":8080")})
	was := c.Addr()
	if err := cli.NetworkConnect(t.Context(), more.ID, c.ID, nil); err != nil {
		t.Fatal(err)
	}
	c.relocate(t.Context())
	if c.Addr() != was {
		t.Errorf("it was at %s, and is said to be at %s", was, c.Addr())
	}
	select {
	case <-c.Moved():
		t.Error("it is said to have moved")
	default:
	}
}
