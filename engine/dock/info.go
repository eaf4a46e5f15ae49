package dock

import (
	"context"
	"errors"
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

// podman is what Podman's API calls itself by.
const podman = "Podman"

// Info describes the engine. For an engine without BuildKit it returns an error that wraps [ErrNoBuildKit], and a description
// without a Builder.
func (e *Engine) Info(ctx context.Context) (event.Engine, error) {
	version, err := e.Client.ServerVersion(ctx)
	if err != nil {
		return event.Engine{}, fmt.Errorf("reading the engine's version: %w", err)
	}
	info, err := e.Client.Info(ctx)
	if err != nil {
		return event.Engine{}, fmt.Errorf("reading the engine's description: %w", err)
	}
	product := "Docker Engine"
	for _, part := range version.Components {
		if strings.Contains(part.Name, podman) {
			product = podman
		}
	}
	if strings.Contains(info.OperatingSystem, "Docker Desktop") {
		product = "Docker Desktop"
	}
	about := event.Engine{
		Name:    product,
		Version: version.Version,
		API:     e.Client.ClientVersion(),
		Store:   storeName(info),
		Host:    e.Host,
	}
	if e.elsewhere != nil && product != podman {
		// Whether it answers is found out by who builds: asking may start it.
		about.Builder = e.elsewhere.String()
		return about, nil
	}
	if err := e.hasBuildKit(ctx, product, info.OSType); err != nil {
		return about, err
	}
	about.Builder = event.OwnBuilder
	return about, nil
}

// storeName returns the name of the image store: a graph driver's, or containerd's with its snapshotter.
func storeName(info system.Info) string {
	for _, pair := range info.DriverStatus {
		if pair[0] == "driver-type" && strings.Contains(pair[1], "containerd") {
			return fmt.Sprintf("containerd (%s)", info.Driver)
		}
	}
	return info.Driver
}

// hasBuildKit returns an error if the engine's BuildKit can't be reached. The engine's description names only the default
// builder of the docker command, not what the engine has.
func (e *Engine) hasBuildKit(ctx context.Context, product, system string) error {
	e.reaching.Lock()
	err := error(nil)
	if e.reached == "" {
		err = e.reach(ctx)
	}
	e.reaching.Unlock()
	switch {
	case err == nil:
		return nil
	case !errors.Is(err, ErrNoBuildKit):
		return err
	}
	why := "stagewatch builds with the BuildKit of a Docker Engine."
	switch {
	case product == podman:
		why = "Podman answers as a Docker Engine does, but builds with Buildah. stagewatch needs a Docker Engine, or Docker Desktop."
	case system == "windows":
		why = "An engine for Windows containers has none. Switch Docker Desktop to Linux containers, or choose another engine."
	}
	return &fault.Error{What: fmt.Sprintf("using %s at %s", product, e.Host), Err: ErrNoBuildKit,
		Hint: strings.TrimSpace(why + " Choose one with --host or --context. " + e.origin)}
}

// Direct reports whether this process can dial the addresses of containers on the default bridge: whether the engine's
// bridge is one of our own network interfaces. It is not with Docker Desktop and other engines in a virtual machine,
// nor with rootless engines, remote ones and forwarded sockets.
func (e *Engine) Direct(ctx context.Context) bool {
	if runtime.GOOS != "linux" || !e.Local {
		return false
	}
	info, err := e.Client.Info(ctx)
	if err != nil {
		return false
	}
	// All engines prefer the same subnet, so an address of ours proves nothing: an engine in a virtual machine beside
	// one of this machine would look the same. But it has another host name.
	hostname, err := os.Hostname()
	if err != nil || info.Name != hostname || strings.Contains(info.OperatingSystem, "Docker Desktop") {
		return false
	}
	if slices.ContainsFunc(info.SecurityOptions, func(o string) bool { return strings.Contains(o, "rootless") }) {
		return false
	}
	return e.Reaches(ctx, "bridge")
}

// Reaches reports whether the gateway of the engine's network with that name is an address of this machine. It does not
// find out whether the engine runs on this machine: call [Engine.Direct] first.
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

// ours reports whether an interface of this machine is the pool's gateway. If the engine names no gateway, any of our
// addresses within the pool counts.
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
