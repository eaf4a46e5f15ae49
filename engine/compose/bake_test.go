package compose

import (
	"encoding/json"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/rogpeppe/go-internal/diff"
)

// target is a build as buildx bake has it.
type target struct {
	Context       string            `json:"context,omitempty"`
	Contexts      map[string]string `json:"contexts,omitempty"`
	Dockerfile    string            `json:"dockerfile,omitempty"`
	Inline        string            `json:"dockerfile-inline,omitempty"`
	Args          map[string]string `json:"args,omitempty"`
	Labels        map[string]string `json:"labels,omitempty"`
	Tags          []string          `json:"tags,omitempty"`
	Target        string            `json:"target,omitempty"`
	Secrets       []string          `json:"secret,omitempty"`
	SSH           []string          `json:"ssh,omitempty"`
	Platforms     []string          `json:"platforms,omitempty"`
	Pull          bool              `json:"pull,omitempty"`
	NoCache       bool              `json:"no-cache,omitempty"`
	Network       string            `json:"network,omitempty"`
	NoCacheFilter []string          `json:"no-cache-filter,omitempty"`
	ShmSize       int64             `json:"shm-size,string,omitempty"`
	Ulimits       []string          `json:"ulimits,omitempty"`
	ExtraHosts    map[string]string `json:"extra-hosts,omitempty"`
}

// lackOf names the lack of a service for what docker compose hands on and this program does not.
var lackOf = map[string][]string{
	"cache-from": {"build.cache_from"}, "cache-to": {"build.cache_to"},
	"entitlements": {"build.entitlements", "build.privileged"}, "attest": {"build.provenance", "build.sbom"},
}

// compareLacks fails where docker compose hands on a setting that is neither read nor told as a lack.
func (c *project) compareLacks(t *testing.T, p *Project) {
	t.Helper()
	var bake struct {
		Target map[string]map[string]any
	}
	if err := json.Unmarshal(c.file(wantBake), &bake); err != nil {
		t.Fatal(err)
	}
	known := map[string]bool{"output": true}
	for f := range reflect.TypeFor[target]().Fields() {
		name, _, _ := strings.Cut(f.Tag.Get("json"), ",")
		known[name] = true
	}
	for _, s := range p.Services {
		for setting := range bake.Target[s.Name] {
			if told := slices.ContainsFunc(s.Lacks, func(l Lack) bool { return slices.Contains(lackOf[setting], l.Attribute) }); !known[setting] && !told {
				// A network of the host is granted without asking.
				if setting == "entitlements" && s.Build.RunNetwork == "host" {
					continue
				}
				t.Errorf("%s: docker compose hands on %s, which nobody is told is passed over", s.Name, setting)
			}
		}
	}
}

func (c *project) compareBuilds(t *testing.T, p *Project) {
	t.Helper()
	var bake struct {
		Target map[string]target
	}
	if err := json.Unmarshal(c.file(wantBake), &bake); err != nil {
		t.Fatal(err)
	}
	built := 0
	for _, s := range p.Services {
		if !s.Built {
			continue
		}
		built++
		got, err := json.MarshalIndent(s.asTarget(c.root), "", "  ")
		if err != nil {
			t.Fatal(err)
		}
		want, err := json.MarshalIndent(bake.Target[s.Name].forUp(), "", "  ")
		if err != nil {
			t.Fatal(err)
		}
		if d := diff.Diff("docker compose build, "+s.Name, append(want, '\n'), "read here", append(got, '\n')); d != nil {
			t.Errorf("%s", d)
		}
	}
	if built != len(bake.Target) {
		t.Errorf("%d services are built, docker compose builds %d", built, len(bake.Target))
	}
}

// forUp returns the target as up builds it, without what is not ours: the version of docker compose.
func (b target) forUp() target {
	delete(b.Labels, "com.docker.compose.version")
	if len(b.Platforms) > 1 {
		b.Platforms = nil
	}
	for i := range b.SSH {
		b.SSH[i] = strings.TrimSuffix(b.SSH[i], "=")
	}
	return b
}

// asTarget returns a service's build as bake would have it.
func (s Service) asTarget(root string) target {
	b := s.Build
	place := func(path string) string { return strings.Replace(path, root, "$ROOT", 1) }
	out := target{Context: place(b.Context), Contexts: map[string]string{}, Inline: strings.ReplaceAll(b.Inline, "${", "$${"), Args: split(b.BuildArgs), Labels: split(b.Labels), Tags: b.Tags,
		Target: b.Target, SSH: b.SSH, Pull: b.Pull, Network: b.RunNetwork, ShmSize: b.ShmSize, Ulimits: b.Ulimits, ExtraHosts: split(b.ExtraHosts)}
	for name, value := range out.Args {
		out.Args[name] = strings.ReplaceAll(value, "${", "$${")
	}
	for name, ref := range b.BuildContexts {
		if other, ok := s.On[name]; ok {
			ref = "target:" + other
		}
		out.Contexts[name] = place(ref)
	}
	switch {
	case b.Inline != "":
	case b.File == "" && remote(b.Context):
		out.Dockerfile = "Dockerfile"
	case b.File == "":
		out.Dockerfile = place(b.Context) + "/Dockerfile"
	default:
		out.Dockerfile = place(b.File)
	}
	for _, value := range b.Secrets {
		out.Secrets = append(out.Secrets, place(value))
	}
	if b.Platform != "" {
		out.Platforms = []string{b.Platform}
	}
	if out.NoCache = slices.Contains(b.Uncached, "*"); !out.NoCache {
		out.NoCacheFilter = b.Uncached
	}
	return out
}

func split(values []string) map[string]string {
	out := map[string]string{}
	for _, v := range values {
		name, value, _ := strings.Cut(v, "=")
		out[name] = value
	}
	return out
}
