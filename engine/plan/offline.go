package plan

import (
	"context"
	"encoding/json"

	"github.com/moby/buildkit/client/llb/sourceresolver"
	dockerspec "github.com/moby/docker-image-spec/specs-go/v1"
	"github.com/opencontainers/go-digest"
)

// Offline resolves every base image to an empty config with one layer. That is enough to plan without an engine, but the
// plan has nothing of the base's config: ONBUILD, working directory, environment. [EngineFacts] has these.
type Offline struct{}

// ResolveImageConfig never fails.
func (Offline) ResolveImageConfig(_ context.Context, ref string, opt sourceresolver.Opt) (string, digest.Digest, []byte, error) {
	var img dockerspec.DockerOCIImage
	if opt.ImageOpt != nil && opt.ImageOpt.Platform != nil {
		img.Platform = *opt.ImageOpt.Platform
	}
	img.RootFS.Type = "layers"
	// Without a layer the converter would take the base for scratch.
	img.RootFS.DiffIDs = []digest.Digest{digest.FromString(ref)}
	dt, err := json.Marshal(img)
	return ref, "", dt, err
}
