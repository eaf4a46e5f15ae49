package builders

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	ocispecs "github.com/opencontainers/image-spec/specs-go/v1"

	"github.com/stagewatch/stagewatch/engine/fault"
)

const (
	socket = "unix:///var/run/docker.sock"
	// team, moby and broken are as docker buildx 0.38.2 writes them.
	team   = `{"Name":"Team","Driver":"remote","Nodes":[{"Name":"team0","Endpoint":"tcp://10.0.0.1:1234","Platforms":null,"DriverOpts":null,"Flags":null,"Files":null}],"Dynamic":false}`
	kube   = `{"Name":"kube","Driver":"kubernetes","Nodes":[{"Name":"kube0","Endpoint":"kubernetes:///kube?deployment=","Platforms":[{"architecture":"arm64","os":"linux"}],"DriverOpts":{"namespace":"ci"},"Flags":null,"Files":null}],"Dynamic":true}`
	moby   = `{"Name":"moby","Driver":"docker","Nodes":[{"Name":"moby","Endpoint":"default"}],"Dynamic":false}`
	broken = `{"Name":`
)

// buildx fills the folder of docker buildx for the test. The hash names the context "other".
func buildx(t *testing.T, files map[string]string) {
	t.Helper()
	dir := t.TempDir()
	t.Setenv("BUILDX_CONFIG", dir)
	for name, content := range files {
		file := filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(file), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(file, []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
	}
}

// TestChoose: a builder is the one that docker buildx would take for the same words.
func TestChoose(t *testing.T) {
	current := func(key, name string, global bool) string {
		return fmt.Sprintf(`{"Key":%q,"Name":%q,"Global":%t}`, key, name, global)
	}
	here, other := Context{Default, socket}, Context{"other", "ssh://host"}
	for name, tt := range map[string]struct {
		wanted  string
		engine  Context
		current string
		// other is the builder that is always used with the context "other".
		other string
		want  string
	}{
		"nothing was ever chosen":       {engine: here},
		"by name":                       {wanted: "team", engine: here, want: "Team (remote)"},
		"by name, in capitals":          {wanted: "TEAM", engine: here, want: "Team (remote)"},
		"the engine's own":              {wanted: "default", engine: here, current: current(socket, "team", false)},
		"the context in use":            {wanted: "other", engine: other, current: current("other", "team", false)},
		"of driver docker":              {wanted: "moby", engine: here},
		"an address":                    {wanted: "tcp://10.0.0.1:1234", engine: here, want: "tcp://10.0.0.1:1234"},
		"a socket":                      {wanted: "unix:///run/b.sock", engine: here, want: "unix:///run/b.sock"},
		"use":                           {engine: here, current: current(socket, "team", false), want: "Team (remote)"},
		"use with another engine":       {engine: other, current: current(socket, "team", false)},
		"use --global":                  {engine: other, current: current(socket, "team", true), want: "Team (remote)"},
		"use default":                   {engine: here, current: current(socket, "", false)},
		"use --default":                 {engine: other, current: current(socket, "", false), other: "kube", want: "kube (kubernetes)"},
		"use, and use --default":        {engine: other, current: current("other", "team", false), other: "kube", want: "Team (remote)"},
		"use of one that is gone":       {engine: here, current: current(socket, "gone", false)},
		"use --global of one gone":      {engine: here, current: current(socket, "gone", true)},
		"use --default of one gone":     {engine: other, other: "gone"},
		"a current builder over a name": {wanted: "kube", engine: here, current: current(socket, "team", false), want: "kube (kubernetes)"},
	} {
		t.Run(name, func(t *testing.T) {
			files := map[string]string{"instances/team": team, "instances/kube": kube, "instances/moby": moby}
			if tt.current != "" {
				files["current"] = tt.current
			}
			if tt.other != "" {
				files["defaults/d9298a10d1b0735837dc"] = tt.other
			}
			buildx(t, files)
			b, err := Choose(tt.wanted, tt.engine, nil)
			if err != nil {
				t.Fatal(err)
			}
			got := ""
			if b != nil {
				got = b.String()
			}
			if got != tt.want {
				t.Errorf("got %q, want %q", got, tt.want)
			}
		})
	}
}

// TestChooseNone: what can't be a builder is refused with the next step, and no path leads out of buildx's folder.
func TestChooseNone(t *testing.T) {
	for wanted, want := range map[string]struct{ what, hint string }{
		"gone":            {"docker buildx knows no such builder", "There are: default, broken, empty, team"},
		"far":             {"engine of another docker context", "--context far"},
		"../instances":    {"a builder's name has", "There are: default, broken, empty, team"},
		"broken":          {`looking up the builder "broken": unexpected end`, "docker buildx ls"},
		"empty":           {"names no node", "docker buildx ls"},
		"ssh://host":      {"an address is tcp://HOST:PORT or unix:///PATH", "docker buildx create --name NAME --driver remote ssh://host"},
		"unix://":         {"an address is", "--driver remote"},
		"http://10.0.0.1": {"an address is", "--driver remote"},
	} {
		t.Run(wanted, func(t *testing.T) {
			buildx(t, map[string]string{"instances/team": team, "instances/broken": broken, "instances/empty": `{"Name":"empty","Nodes":[]}`})
			_, err := Choose(wanted, Context{Default, socket}, []string{Default, "far"})
			var explained *fault.Error
			if !errors.As(err, &explained) || !strings.Contains(err.Error(), want.what) || !strings.Contains(explained.Hint, want.hint) {
				t.Errorf("got %v\n%s", err, fault.Hint(err))
			}
		})
	}
	t.Run("current", func(t *testing.T) {
		buildx(t, map[string]string{"instances/broken": broken, "current": `{"Key":"` + socket + `","Name":"broken"}`})
		if _, err := Choose("", Context{Default, socket}, nil); err == nil || !strings.Contains(fault.Hint(err), "--builder default") {
			t.Errorf("got %v\n%s", err, fault.Hint(err))
		}
	})
}

// TestTheFolderOfBuildx is BUILDX_CONFIG, or lies in docker's own.
func TestTheFolderOfBuildx(t *testing.T) {
	t.Setenv("BUILDX_CONFIG", "/b")
	if got := storeDir(); got != "/b" {
		t.Errorf("got %s", got)
	}
	t.Setenv("BUILDX_CONFIG", "")
	if got := storeDir(); filepath.Base(got) != "buildx" || filepath.Dir(got) == "." {
		t.Errorf("got %s", got)
	}
}

// TestWays: the node that is said to build for the platform comes first, and what is no plain address is left to buildx.
func TestWays(t *testing.T) {
	amd, arm := ocispecs.Platform{OS: "linux", Architecture: "amd64"}, ocispecs.Platform{OS: "linux", Architecture: "arm64"}
	two := &Builder{Name: "two", driver: remote, nodes: []node{{Endpoint: "tcp://amd:1"}, {Endpoint: "tcp://arm:1", Platforms: []ocispecs.Platform{arm}}}}
	var order []string
	for _, w := range two.Ways(arm) {
		order = append(order, w.address)
	}
	if got := strings.Join(order, " "); got != "tcp://arm:1 tcp://amd:1" {
		t.Errorf("tried in the order %s", got)
	}
	for _, b := range []*Builder{
		{Name: "kube", driver: "kubernetes", nodes: []node{{Endpoint: "kubernetes:///kube"}}},
		{Name: "container", driver: "docker-container", nodes: []node{{Endpoint: "tcp://engine:2375"}}},
		{Name: "pod", driver: remote, nodes: []node{{Endpoint: "tcp://amd:1"}, {Endpoint: "kube-pod://b"}}},
	} {
		if ways := b.Ways(amd); len(ways) != 1 || ways[0].address != "" {
			t.Errorf("%s is dialled at %+v", b, ways)
		}
	}
}

// TestBuilds: a platform can be built for where what is built there runs on it.
func TestBuilds(t *testing.T) {
	of := func(arch, variant string) ocispecs.Platform {
		return ocispecs.Platform{OS: "linux", Architecture: arch, Variant: variant}
	}
	for _, tt := range []struct {
		wanted ocispecs.Platform
		has    []ocispecs.Platform
		want   bool
	}{
		{of("amd64", ""), []ocispecs.Platform{of("arm64", ""), of("amd64", "")}, true},
		{of("x86_64", ""), []ocispecs.Platform{of("amd64", "")}, true},
		{of("arm64", "v8"), []ocispecs.Platform{of("arm64", "")}, true},
		{of("aarch64", ""), []ocispecs.Platform{of("arm64", "")}, true},
		{of("riscv64", ""), []ocispecs.Platform{of("arm64", ""), of("amd64", "")}, false},
		{of("amd64", ""), nil, false},
	} {
		if got := Builds(tt.has, tt.wanted); got != tt.want {
			t.Errorf("%v on %v: %t", tt.wanted, tt.has, got)
		}
	}
}
