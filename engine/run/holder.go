package run

import (
	"context"
	"fmt"
	"net/netip"
	"os"
	"path/filepath"
	"strings"

	"github.com/docker/docker/api/types/container"
)

// WhoHolds returns what listens on the address host:port of this machine: "container web", or on Linux a process,
// "python3 (pid 123)". It returns "" if that can't be found out, as for another user's process.
func (r *Runner) WhoHolds(ctx context.Context, addr string) string {
	want, err := netip.ParseAddrPort(addr)
	if err != nil {
		// A host name, or none: any address matches.
		_, port, _ := strings.Cut(addr, ":")
		if want, err = netip.ParseAddrPort("0.0.0.0:" + port); err != nil {
			return ""
		}
	}
	if r.engine.Local {
		if name := r.publisher(ctx, want.Port()); name != "" {
			return "container " + name
		}
	}
	return processOn(want)
}

// publisher returns the name of the container that publishes the port.
func (r *Runner) publisher(ctx context.Context, port uint16) string {
	running, err := r.engine.Client.ContainerList(ctx, container.ListOptions{})
	if err != nil {
		return ""
	}
	for _, c := range running {
		for _, published := range c.Ports {
			if published.PublicPort == port && published.Type == "tcp" && len(c.Names) > 0 {
				return strings.TrimPrefix(c.Names[0], "/")
			}
		}
	}
	return ""
}

// processOn returns the process whose listening socket conflicts with the address.
func processOn(want netip.AddrPort) string {
	for _, l := range listenersIn("/proc/net") {
		if l.addr.Port() != want.Port() || l.addr.Addr() != want.Addr() && !l.addr.Addr().IsUnspecified() && !want.Addr().IsUnspecified() {
			continue
		}
		if pid := owner(l.inode); pid != "" {
			name, err := os.ReadFile("/proc/" + pid + "/comm")
			if err != nil {
				return ""
			}
			return fmt.Sprintf("%s (pid %s)", strings.TrimSpace(string(name)), pid)
		}
	}
	return ""
}

// owner returns the pid of the process that has the socket open, among those that we may look into.
func owner(inode string) string {
	descriptors, _ := filepath.Glob("/proc/[0-9]*/fd/*")
	for _, fd := range descriptors {
		if target, err := os.Readlink(fd); err == nil && target == "socket:["+inode+"]" {
			return strings.Split(fd, "/")[2]
		}
	}
	return ""
}
