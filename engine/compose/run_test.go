package compose

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// TestRun: how services are run, as far as docker compose does not make their containers.
func TestRun(t *testing.T) {
	for name, tt := range map[string]struct {
		service string
		want    Run
	}{
		"nothing said":       {"", Run{Container: "p-app-1"}},
		"a name":             {"container_name: mine", Run{Container: "mine"}},
		"a port":             {`ports: ["8000:80"]`, Run{Container: "p-app-1", Publish: []string{"8000:80"}}},
		"any port":           {`ports: ["80"]`, Run{Container: "p-app-1", Publish: []string{"80"}}},
		"an address":         {`ports: ["0.0.0.0:8000:80"]`, Run{Container: "p-app-1", Publish: []string{"0.0.0.0:8000:80"}}},
		"an address of six":  {`ports: ["[::1]:8000:80"]`, Run{Container: "p-app-1", Publish: []string{"[::1]:8000:80"}}},
		"a range":            {`ports: ["8000-8001:80-81"]`, Run{Container: "p-app-1", Publish: []string{"8000:80", "8001:81"}}},
		"datagrams":          {`ports: ["53:53/udp"]`, Run{Container: "p-app-1", Lacks: []Lack{{"ports", "has 53/udp, which is not published: only tcp is handed over", false}}}},
		"an address within":  {"networks: {inner: {ipv4_address: 10.1.0.2}}", Run{Container: "p-app-1", StopFirst: true}},
		"the host's network": {"network_mode: host", Run{Container: "p-app-1", Lacks: []Lack{{"network_mode", "is host: its port can't be handed over", true}}}},
		"another's network":  {"network_mode: service:db", Run{Container: "p-app-1", After: map[string]Condition{"db": Started}, Lacks: []Lack{{"network_mode", "is service:db: it is the other container's network", true}}}},
		"several":            {"scale: 3", Run{Container: "p-app-1", Lacks: []Lack{{"scale", "is 3, and one container runs", false}}}},
		"who comes first":    {"depends_on: {db: {condition: service_healthy}}", Run{Container: "p-app-1", After: map[string]Condition{"db": Healthy}}},
	} {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			file := filepath.Join(dir, "compose.yaml")
			text := "name: p\nservices:\n  db: {image: db}\n  app:\n    build: .\n"
			if tt.service != "" {
				text += "    " + tt.service + "\n"
			}
			if strings.Contains(text, "inner") {
				text += "networks: {inner: {ipam: {config: [{subnet: 10.1.0.0/24}]}}}\n"
			}
			if err := os.WriteFile(file, []byte(text), 0o644); err != nil {
				t.Fatal(err)
			}
			if err := os.WriteFile(filepath.Join(dir, "Dockerfile"), []byte("FROM scratch\n"), 0o644); err != nil {
				t.Fatal(err)
			}
			p, err := Read(t.Context(), Options{Files: []string{file}})
			if err != nil {
				t.Fatal(err)
			}
			if tt.want.After == nil {
				tt.want.After = map[string]Condition{}
			}
			for _, s := range p.Services {
				if s.Name == "app" {
					if d := cmp.Diff(tt.want, s.Run); d != "" {
						t.Error(d)
					}
				}
			}
		})
	}
}
