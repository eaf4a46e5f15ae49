package run

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"maps"
	"net"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"github.com/docker/cli/cli/connhelper/commandconn"
	"github.com/docker/cli/cli/connhelper/ssh"
	"github.com/docker/docker/api/types/container"
	"github.com/docker/docker/api/types/network"
	"github.com/docker/go-connections/nat"
)

const loopback = "127.0.0.1"

// publishes reports whether a container on the network needs a published port to be dialled from here.
func (r *Runner) publishes(ctx context.Context, mode container.NetworkMode) bool {
	switch {
	case mode.IsHost():
		return false
	case !r.direct:
		return true
	case mode == "", mode.IsDefault(), mode.IsBridge():
		return false
	default:
		return !r.engine.Reaches(ctx, string(mode))
	}
}

// bindAddress returns the address at which an engine publishes ports for us alone: the loopback of its own machine,
// unless that is another machine that we reach over the network.
func bindAddress(engineHost string) string {
	if host := engineHostname(engineHost); host != loopback {
		return ""
	}
	return loopback
}

// engineHostname returns the host name at which a port that the engine publishes is dialled.
func engineHostname(engineHost string) string {
	address, err := url.Parse(engineHost)
	if err != nil || address.Scheme != "tcp" {
		return loopback
	}
	host := address.Hostname()
	if ip := net.ParseIP(host); host == "localhost" || host == "" || ip != nil && ip.IsLoopback() {
		return loopback
	}
	return host
}

// place is where a started container is dialled.
type place struct {
	// addr is the address of the app's own port, host:port as the engine's machine sees it; addrs are those of each
	// port.
	addr  string
	addrs map[int]string
	dials map[int]dialer
}

// locate returns where a container is dialled, nil if it is on no network now.
func (c *Container) locate(seen container.InspectResponse) (*place, error) {
	found := &place{addrs: map[int]string{}, dials: map[int]dialer{}}
	for _, port := range c.spec.ports() {
		addr := c.address(seen, port)
		if addr == "" {
			return nil, nil
		}
		if port == c.spec.Port {
			found.addr = addr
		}
		dial, err := c.dialerTo(addr)
		if err != nil {
			return nil, err
		}
		found.addrs[port], found.dials[port] = addr, dial
	}
	return found, nil
}

// address returns where a port of the container is dialled, empty if the engine gave it no address.
func (c *Container) address(seen container.InspectResponse, port int) string {
	inside := strconv.Itoa(port)
	switch bindings := seen.NetworkSettings.Ports[nat.Port(inside+"/tcp")]; {
	case seen.HostConfig.NetworkMode.IsHost():
		return net.JoinHostPort(engineHostname(c.runner.engine.Host), inside)
	case seen.HostConfig.PortBindings != nil && len(bindings) > 0:
		return net.JoinHostPort(engineHostname(c.runner.engine.Host), bindings[0].HostPort)
	}
	// The network of the spec comes first: it is known to be reachable from here.
	mode := string(seen.HostConfig.NetworkMode)
	if seen.HostConfig.NetworkMode.IsDefault() {
		mode = network.NetworkBridge
	}
	found := ""
	for _, name := range slices.Sorted(maps.Keys(seen.NetworkSettings.Networks)) {
		attached := seen.NetworkSettings.Networks[name]
		if attached.IPAddress == "" {
			continue
		}
		addr := net.JoinHostPort(attached.IPAddress, inside)
		if name == mode || attached.NetworkID == mode {
			return addr
		}
		found = cmp.Or(found, addr)
	}
	return found
}

// dialerTo dials an address directly, or through ssh if it is on the loopback of the engine's machine and that is not
// this machine.
func (c *Container) dialerTo(addr string) (dialer, error) {
	if !strings.HasPrefix(c.runner.engine.Host, "ssh://") {
		return func(ctx context.Context) (net.Conn, error) {
			var d net.Dialer
			return d.DialContext(ctx, "tcp", addr)
		}, nil
	}
	address, err := url.Parse(c.runner.engine.Host)
	if err != nil {
		return nil, fmt.Errorf("finding the container's address: %w", err)
	}
	target, err := ssh.NewSpec(address)
	if err != nil {
		return nil, fmt.Errorf("finding the container's address: %w", err)
	}
	args := append([]string{"-o", "ConnectTimeout=30", "-T", "-W", addr}, target.Args()...)
	return func(ctx context.Context) (net.Conn, error) { return commandconn.New(ctx, "ssh", args...) }, nil
}

// errNowhere says that the container is on no network, or has ended.
var errNowhere = errors.New("the container has no address now")
