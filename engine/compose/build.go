package compose

import (
	"fmt"
	"maps"
	"path/filepath"
	"slices"
	"strings"

	"github.com/compose-spec/compose-go/v2/types"

	"github.com/stagewatch/stagewatch/engine/config"
)

// Labels of docker compose. Its version's own, com.docker.compose.version, is no word of ours.
const (
	projectLabel = "com.docker.compose.project"
	serviceLabel = "com.docker.compose.service"
)

// build sets the service's build settings to what docker compose hands to buildx for up, where an image for one platform
// is made.
func (s *Service) build(p *Project, of types.ServiceConfig) {
	b, out := of.Build, &s.Build
	out.Context = b.Context
	switch {
	case b.DockerfileInline != "":
		// No file of that name need be there. It is what the text is called, and tells one service's from another's.
		out.Inline, out.File = b.DockerfileInline, filepath.Join(b.Context, s.Name+".dockerfile_inline")
	case b.Dockerfile == "Dockerfile":
		// The default, for which docker also takes "dockerfile".
	case b.Dockerfile != "" && !filepath.IsAbs(b.Dockerfile):
		out.File = filepath.Join(b.Context, b.Dockerfile)
	default:
		out.File = b.Dockerfile
	}
	out.Target = b.Target
	out.Tags = append(slices.Clone([]string(b.Tags)), s.Image)
	args := b.Args.Resolve(func(name string) (string, bool) {
		value, ok := p.model.Environment[name]
		return value, ok
	}).ToMapping()
	out.BuildArgs, out.Labels = pairs(args), pairs(b.Labels)
	// By these docker compose finds the images of a project, to list them or to remove them with down --rmi local.
	out.Labels = append(out.Labels, projectLabel+"="+p.Name, serviceLabel+"="+s.Name)
	out.Platform = p.platform(of)
	out.RunNetwork, out.ShmSize, out.Pull = b.Network, int64(b.ShmSize), b.Pull
	out.ExtraHosts, out.Ulimits = hosts(b.ExtraHosts), ulimits(b.Ulimits)
	out.Uncached = slices.Clone([]string(b.NoCacheFilter))
	if b.NoCache {
		out.Uncached = []string{"*"}
	}
	for _, key := range b.SSH {
		id := strings.TrimSuffix(key.ID, "=")
		if key.Path != "" {
			id += "=" + key.Path
		}
		out.SSH = append(out.SSH, id)
	}
	slices.Sort(out.SSH)
	for _, ref := range b.Secrets {
		out.Secrets = append(out.Secrets, secret(ref, p.model.Secrets[ref.Source]))
	}
	s.contexts(p, b.AdditionalContexts)
	s.Lacks = lacks(p, of)
}

// Config returns what to build for the service: its own settings, and those that the command line has for all of them.
func (s Service) Config(all config.Config) config.Config {
	b := s.Build
	b.BuildArgs = append(slices.Clone(b.BuildArgs), all.BuildArgs...)
	b.SSH = append(slices.Clone(b.SSH), all.SSH...)
	b.Pull, b.NoCache = b.Pull || all.Pull, all.NoCache
	b.Proxies = all.Proxies // which its own arguments come after
	b.ShowValues, b.PlainGraph, b.Ignore, b.Outputs = all.ShowValues, all.PlainGraph, all.Ignore, all.Outputs
	all.Build, all.Service = b, s.Name
	return all
}

// contexts sets the named contexts. That of another service is the image that its build makes.
func (s *Service) contexts(p *Project, named types.Mapping) {
	s.Build.BuildContexts = map[string]string{}
	for name, ref := range named {
		if other, ok := strings.CutPrefix(ref, types.ServicePrefix); ok {
			s.On[name] = other
			ref = "docker-image://" + p.image(p.model.AllServices()[other])
		}
		s.Build.BuildContexts[name] = ref
	}
}

// platform returns the platform that an image is built for, empty for the engine's own.
func (p *Project) platform(s types.ServiceConfig) string {
	if s.Platform != "" {
		return s.Platform
	}
	if set := p.model.Environment["DOCKER_DEFAULT_PLATFORM"]; set != "" {
		return set
	}
	if len(s.Build.Platforms) == 1 {
		return s.Build.Platforms[0]
	}
	return ""
}

// secret returns the value of --secret for a secret of the project.
func secret(ref types.ServiceSecretConfig, of types.SecretConfig) string {
	id := ref.Target
	if id == "" {
		id = ref.Source
	}
	if of.Environment != "" {
		return fmt.Sprintf("id=%s,type=env,env=%s", id, of.Environment)
	}
	return fmt.Sprintf("id=%s,type=file,src=%s", id, of.File)
}

// pairs returns NAME=value for each element, by name.
func pairs(m map[string]string) []string {
	var out []string
	for _, name := range slices.Sorted(maps.Keys(m)) {
		out = append(out, name+"="+m[name])
	}
	return out
}

// hosts returns NAME=address for each address.
func hosts(list types.HostsList) []string {
	out := list.AsList("=")
	slices.Sort(out)
	return out
}

func ulimits(limits map[string]*types.UlimitsConfig) []string {
	var out []string
	for _, name := range slices.Sorted(maps.Keys(limits)) {
		if l := limits[name]; l.Single > 0 {
			out = append(out, fmt.Sprintf("%s=%d", name, l.Single))
		} else {
			out = append(out, fmt.Sprintf("%s=%d:%d", name, l.Soft, l.Hard))
		}
	}
	return out
}
