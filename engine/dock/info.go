package dock

import (
	"context"
	"fmt"
	"net"
	"os"
	"runtime"
	"slices"
	"strings"

	"github.com/docker/docker/api/types/network"
	"github.com/docker/docker/api/types/system"

	"github.com/stagewatch/stagewatch/engine/event"
	"github.com/stagewatch/stagewatch/engine/fault"
)

// Info tells what engine this is. An engine without BuildKit is an error that wraps [ErrNoBuildKit].
func (e *Engine) Info(ctx context.Context) (event.Engine, error) {
	version, err := e.Client.ServerVersion(ctx)
	if err != nil {
		return event.Engine{}, fmt.Errorf("asking the engine for its version: %w", err)
	}
	info, err := e.Client.Info(ctx)
	if err != nil {
		return event.Engine{}, fmt.Errorf("asking the engine what it is: %w", err)
	}
	product := "Docker Engine"
	for _, part := range version.Components {
		if strings.Contains(part.Name, "Podman") {
			product = "Podman"
		}
	}
	if err := e.hasBuildKit(ctx, product); err != nil {
		return event.Engine{}, err
	}
	if strings.Contains(info.OperatingSystem, "Docker Desktop") {
		product = "Docker Desktop"
	}
	return event.Engine{
		Name:    product,
		Version: version.Version,
		API:     e.Client.ClientVersion(),
		Builder: "BuildKit",
		Store:   storeName(info),
		Host:    e.Host,
	}, nil
}

// storeName names the image store: a graph driver by its own name, containerd's with its snapshotter.
func storeName(info system.Info) string {
	for _, pair := range info.DriverStatus {
		if pair[0] == "driver-type" && strings.Contains(pair[1], "containerd") {
			return fmt.Sprintf("containerd (%s)", info.Driver)
		}
	}
	return info.Driver
}

// hasBuildKit opens what a build would open and closes it again: the engine's own word on its builder names
// the default of the docker command, not what is there.
func (e *Engine) hasBuildKit(ctx context.Context, product string) error {
	conn, err := e.DialGRPC(ctx, "")
	if err == nil {
		return conn.Close()
	}
	if !strings.Contains(err.Error(), "received 404") {
		return fmt.Errorf("reaching the engine's BuildKit: %w", err)
	}
	hint := "stagewatch builds with the BuildKit of Docker Engine 18.09 or newer. Choose such an engine with --host or --context."
	return &fault.Error{What: fmt.Sprintf("using %s at %s", product, e.Host), Hint: hint, Err: ErrNoBuildKit}
}

// Direct tells whether the addresses of containers on the default bridge can be dialled from this process:
// the engine's bridge is one of our own network interfaces. It is not so with Docker Desktop and other
// engines in a virtual machine, with rootless engines, with remote ones and with forwarded sockets.
func (e *Engine) Direct(ctx context.Context) bool {
	if runtime.GOOS != "linux" || !e.Local {
		return false
	}
	info, err := e.Client.Info(ctx)
	if err != nil {
		return false
	}
	// Every engine likes the same subnet, so that an address of ours proves nothing by itself: an engine in a
	// virtual machine beside one of this machine would look the same. It has another name, though.
	hostname, err := os.Hostname()
	if err != nil || info.Name != hostname || strings.Contains(info.OperatingSystem, "Docker Desktop") {
		return false
	}
	if slices.ContainsFunc(info.SecurityOptions, func(o string) bool { return strings.Contains(o, "rootless") }) {
		return false
	}
	return e.Reaches(ctx, "bridge")
}

// Reaches tells whether the gateway of the engine's network of that name is an address of this machine.
// It says nothing of which machine the engine runs on: ask [Engine.Direct] first.
func (e *Engine) Reaches(ctx context.Context, name string) bool {
	bridge, err := e.Client.NetworkInspect(ctx, name, network.InspectOptions{})
	if err != nil || bridge.Driver != "bridge" {
		return false
	}
	for _, pool := range bridge.IPAM.Config {
		if ours(pool) {
			return true
		}
	}
	return false
}

// ours tells whether an interface of this machine is the pool's gateway. Where the engine names no gateway,
// any address of ours within the pool is one.
func ours(pool network.IPAMConfig) bool {
	addresses, err := net.InterfaceAddrs()
	if err != nil {
		return false
	}
	gateway := net.ParseIP(pool.Gateway)
	_, subnet, _ := net.ParseCIDR(pool.Subnet)
	return slices.ContainsFunc(addresses, func(a net.Addr) bool {
		address, ok := a.(*net.IPNet)
		if !ok {
			return false
		}
		if gateway == nil {
			return subnet != nil && subnet.Contains(address.IP)
		}
		return address.IP.Equal(gateway)
	})
}
