package compose

import (
	"fmt"
	"maps"
	"os"
	"slices"
	"strings"

	"github.com/compose-spec/compose-go/v2/types"
)

// Lack is something that a service asks for and a build here does not do yet.
type Lack struct {
	// Attribute is where the compose file asks for it: "build.cache_from".
	Attribute string
	// Means is what happens instead, to be read after the attribute.
	Means string
	// Fatal reports whether the service can't be built without it.
	Fatal bool
}

// missing are all lacks of builds, with what tells whether a service asks for it.
var missing = []struct {
	Lack
	asked func(p *types.Project, s types.ServiceConfig) bool
}{
	{Lack{"build.context", "names files on another machine; only a folder of this one can be watched", true}, func(_ *types.Project, s types.ServiceConfig) bool {
		return remote(s.Build.Context)
	}},
	{Lack{"build.network", "is a network of its own; BuildKit knows default, none and host", true}, func(_ *types.Project, s types.ServiceConfig) bool {
		return !slices.Contains([]string{"", "default", "none", "host"}, s.Build.Network)
	}},
	{Lack{"build.cache_from", "is not read; the engine's own cache is", false}, func(_ *types.Project, s types.ServiceConfig) bool {
		return len(s.Build.CacheFrom) > 0
	}},
	{Lack{"build.cache_to", "is not written", false}, func(_ *types.Project, s types.ServiceConfig) bool {
		return len(s.Build.CacheTo) > 0
	}},
	{Lack{"build.entitlements", "are not granted", false}, func(_ *types.Project, s types.ServiceConfig) bool {
		return len(s.Build.Entitlements) > 0
	}},
	{Lack{"build.privileged", "is not granted", false}, func(_ *types.Project, s types.ServiceConfig) bool {
		return s.Build.Privileged
	}},
	{Lack{"build.isolation", "is not passed on", false}, func(_ *types.Project, s types.ServiceConfig) bool {
		return s.Build.Isolation != ""
	}},
	{Lack{"build.provenance", "is not attested", false}, func(_ *types.Project, s types.ServiceConfig) bool {
		return s.Build.Provenance != "" && s.Build.Provenance != "false"
	}},
	{Lack{"build.sbom", "is not attested", false}, func(_ *types.Project, s types.ServiceConfig) bool {
		return s.Build.SBOM != "" && s.Build.SBOM != "false"
	}},
	{Lack{"build.secrets", "has one from a variable that only an env file sets; steps get an empty secret", false}, func(p *types.Project, s types.ServiceConfig) bool {
		return slices.ContainsFunc(s.Build.Secrets, func(ref types.ServiceSecretConfig) bool {
			name := p.Secrets[ref.Source].Environment
			_, exported := os.LookupEnv(name)
			_, set := p.Environment[name]
			return name != "" && set && !exported
		})
	}},
}

// lacks returns what a built service asks for and does not get.
func lacks(p *Project, s types.ServiceConfig) []Lack {
	var out []Lack
	for _, m := range missing {
		if m.asked(p.model, s) {
			out = append(out, m.Lack)
		}
	}
	return out
}

// passedOver returns what of a project is not read, as warnings.
func passedOver(p *types.Project) []string {
	if len(p.Jobs) == 0 {
		return nil
	}
	return []string{"jobs are passed over: " + strings.Join(slices.Sorted(maps.Keys(p.Jobs)), ", ")}
}

// String returns the lack as a person reads it: "build.cache_to is not written".
func (l Lack) String() string { return fmt.Sprintf("%s %s", l.Attribute, l.Means) }

// remote reports whether a build context is fetched, and no folder.
func remote(context string) bool {
	return elsewhere{}.Accept(context) || strings.Contains(context, "://")
}
