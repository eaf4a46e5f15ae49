package dock

import (
	"runtime"
	"slices"
	"testing"

	"github.com/docker/docker/client"
)

// A person is told what starts an engine on this system, and only of what can be there.
func TestHowAnEngineIsStarted(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("the default address is another one here")
	}
	const local = client.DefaultDockerHost
	for _, c := range []struct {
		goos, host string
		has        []string
		want       string
	}{
		{"linux", local, []string{"dockerd", "systemctl"}, "Start it (sudo systemctl start docker)"},
		{"linux", local, []string{"docker"}, "Start it (sudo service docker start)"},
		{"linux", local, nil, "Install Docker Engine (https://docs.docker.com/engine/install/)"},
		{"linux", "unix:///run/user/1000/docker.sock", []string{"systemctl"}, "Start it (systemctl --user start docker)"},
		{"linux", "unix:///home/ann/.docker/desktop/docker.sock", []string{"systemctl"}, "Start Docker Desktop (systemctl --user start docker-desktop)"},
		{"linux", "tcp://far:2375", []string{"systemctl"}, "Start it"},
		{"darwin", local, []string{"docker"}, "Start Docker Desktop (open -a Docker)"},
		{"darwin", local, []string{"docker", "colima"}, "Start Docker Desktop (open -a Docker) or Colima (colima start)"},
		{"darwin", local, []string{"docker", "orb", "rdctl", "systemctl"}, "Start Docker Desktop (open -a Docker) or OrbStack (orb start) or Rancher Desktop (rdctl start)"},
		{"darwin", local, nil, "Install an engine: Docker Desktop, OrbStack, Colima or Rancher Desktop"},
		{"darwin", "unix:///Users/ann/.docker/run/docker.sock", nil, "Start Docker Desktop (open -a Docker)"},
		{"darwin", "unix:///Users/ann/.colima/default/docker.sock", nil, "Start Colima: colima start default"},
		{"darwin", "unix:///Users/ann/.config/colima/x86/docker.sock", nil, "Start Colima: colima start x86"},
		{"darwin", "unix:///Users/ann/.orbstack/run/docker.sock", nil, "Start OrbStack: orb start"},
		{"darwin", "unix:///Users/ann/.rd/docker.sock", nil, "Start Rancher Desktop: rdctl start"},
		{"darwin", "unix:///Users/ann/.lima/docker/sock/docker.sock", nil, "Start Lima: limactl start docker"},
		{"windows", local, nil, "Start Docker Desktop"},
		{"windows", "npipe:////./pipe/dockerDesktopLinuxEngine", nil, "Start Docker Desktop"},
	} {
		if got := howToStart(c.goos, c.host, func(program string) bool { return slices.Contains(c.has, program) }); got != c.want {
			t.Errorf("%s, %s with %v: %q, want %q", c.goos, c.host, c.has, got, c.want)
		}
	}
}
