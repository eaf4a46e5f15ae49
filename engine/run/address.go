package run

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/url"
	"strconv"
	"strings"

	"github.com/docker/cli/cli/connhelper/commandconn"
	"github.com/docker/cli/cli/connhelper/ssh"
	"github.com/docker/docker/api/types/container"
	"github.com/docker/go-connections/nat"
)

const loopback = "127.0.0.1"

// publishes tells whether a container on the network needs a published port to be dialled from here.
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

// bindAddress is where an engine publishes for us alone: on its own loopback, unless it is another machine's
// and we come over the network.
func bindAddress(engineHost string) string {
	if host := engineHostname(engineHost); host != loopback {
		return ""
	}
	return loopback
}

// engineHostname is the name that a published port of the engine is dialled at.
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

// locate finds out where the started container is dialled.
func (c *Container) locate(seen container.InspectResponse) error {
	if c.spec.Port == 0 {
		return nil
	}
	c.dials = map[int]dialer{}
	for _, port := range c.spec.ports() {
		addr := c.address(seen, port)
		if addr == "" && !seen.State.Running {
			// It ended before it could be looked at, and the address went with it. Whoever waits for it to be
			// ready learns how it ended.
			c.dials[port] = func(context.Context) (net.Conn, error) { return nil, errEnded }
			continue
		}
		if addr == "" {
			return fmt.Errorf("finding the container's address: the engine gave it none on network %q", strings.TrimPrefix(string(seen.HostConfig.NetworkMode), "default"))
		}
		if port == c.spec.Port {
			c.Addr = addr
		}
		dial, err := c.dialerTo(addr)
		if err != nil {
			return err
		}
		c.dials[port] = dial
	}
	c.dial = c.dials[c.spec.Port]
	return nil
}

// address is where a port of the container is dialled, empty where the engine gave it no address.
func (c *Container) address(seen container.InspectResponse, port int) string {
	inside := strconv.Itoa(port)
	switch bindings := seen.NetworkSettings.Ports[nat.Port(inside+"/tcp")]; {
	case seen.HostConfig.NetworkMode.IsHost():
		return net.JoinHostPort(engineHostname(c.runner.engine.Host), inside)
	case seen.HostConfig.PortBindings != nil && len(bindings) > 0:
		return net.JoinHostPort(engineHostname(c.runner.engine.Host), bindings[0].HostPort)
	}
	for _, attached := range seen.NetworkSettings.Networks {
		if attached.IPAddress != "" {
			return net.JoinHostPort(attached.IPAddress, inside)
		}
	}
	return ""
}

// dialerTo dials an address directly, or through ssh where it is on the loopback of the engine's machine and
// not on ours.
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

var errEnded = errors.New("the container has ended")
