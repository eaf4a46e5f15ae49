package plan

import (
	"context"
	"encoding/json"
	"sync"

	"github.com/distribution/reference"
	"github.com/moby/buildkit/client/llb/sourceresolver"
	dockerspec "github.com/moby/docker-image-spec/specs-go/v1"
	"github.com/opencontainers/go-digest"
)

// listener keeps the image configs that a conversion asks for: the converter does not tell which triggers a base
// brought along.
type listener struct {
	Resolver

	mu      sync.Mutex
	configs map[string][]byte
}

func (l *listener) ResolveImageConfig(ctx context.Context, ref string, opt sourceresolver.Opt) (string, digest.Digest, []byte, error) {
	resolved, dgst, config, err := l.Resolver.ResolveImageConfig(ctx, ref, opt)
	if err == nil {
		l.mu.Lock()
		defer l.mu.Unlock()
		l.configs[ref] = config
	}
	return resolved, dgst, config, err
}

// triggers are the ONBUILD instructions of an image, by the name that stands after FROM.
func (l *listener) triggers(name string) []string {
	ref, err := reference.ParseNormalizedNamed(name)
	if err != nil {
		return nil
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	var img dockerspec.DockerOCIImage
	if json.Unmarshal(l.configs[reference.TagNameOnly(ref).String()], &img) != nil {
		return nil
	}
	return img.Config.OnBuild
}
