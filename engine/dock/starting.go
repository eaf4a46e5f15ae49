package dock

import (
	"regexp"
	"strings"

	"github.com/docker/docker/client"
)

// product is a way to have an engine, as far as starting it goes.
type product struct {
	name string
	// socket matches the engine's address if it is that product's alone.
	socket *regexp.Regexp
	// program is on the PATH where it is installed. start is the command that starts the engine, $1 a part of the address.
	program, start string
}

// products of systems on which an engine needs a virtual machine; most of them run on Linux, too.
var products = []product{
	{"Colima", regexp.MustCompile(`/\.?colima/([^/]+)/docker\.sock$`), "colima", "colima start $1"},
	{"OrbStack", regexp.MustCompile(`/\.orbstack/`), "orb", "orb start"},
	{"Rancher Desktop", regexp.MustCompile(`/\.rd/docker\.sock$`), "rdctl", "rdctl start"},
	{"Lima", regexp.MustCompile(`/\.lima/([^/]+)/`), "limactl", "limactl start $1"},
}

// desktop matches the addresses of Docker Desktop other than the default one.
var desktop = regexp.MustCompile(`/\.docker/(run|desktop)/|^npipe:.*dockerDesktop`)

// howToStart says what to do so that an engine listens at host. Has reports whether a program is on the PATH.
func howToStart(goos, host string, has func(program string) bool) string {
	for _, p := range products {
		if m := p.socket.FindStringSubmatchIndex(host); m != nil {
			return "Start " + p.name + ": " + string(p.socket.ExpandString(nil, p.start, host, m))
		}
	}
	local := host == client.DefaultDockerHost
	switch {
	case desktop.MatchString(host), local && goos == "windows":
		return startDesktop(goos)
	case local && goos == "darwin":
		var installed []string
		for _, p := range products {
			if p.program != "limactl" && has(p.program) {
				installed = append(installed, p.name+" ("+strings.TrimSuffix(p.start, " $1")+")")
			}
		}
		if len(installed) > 0 {
			return "Start Docker Desktop (open -a Docker) or " + strings.Join(installed, " or ")
		}
		if !has("docker") {
			return "Install an engine: Docker Desktop, OrbStack, Colima or Rancher Desktop"
		}
		return startDesktop(goos)
	case local && goos == "linux" && !has("dockerd") && !has("docker"):
		return "Install Docker Engine (https://docs.docker.com/engine/install/)"
	case local && goos == "linux" && has("systemctl"):
		return "Start it (sudo systemctl start docker)"
	case local && goos == "linux":
		return "Start it (sudo service docker start)"
	case strings.HasPrefix(host, "unix:///run/user/") && strings.HasSuffix(host, "/docker.sock") && has("systemctl"):
		return "Start it (systemctl --user start docker)"
	}
	return "Start it"
}

func startDesktop(goos string) string {
	switch goos {
	case "darwin":
		return "Start Docker Desktop (open -a Docker)"
	case "linux":
		return "Start Docker Desktop (systemctl --user start docker-desktop)"
	}
	return "Start Docker Desktop"
}
