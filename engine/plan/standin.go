package plan

import (
	"cmp"
	"context"
	"strings"

	"github.com/moby/buildkit/client/llb"
	"github.com/moby/buildkit/frontend/dockerui"
	"github.com/moby/buildkit/solver/pb"
	"github.com/opencontainers/go-digest"
	ocispecs "github.com/opencontainers/image-spec/specs-go/v1"
)

// contexts finds what the options put in the place of images and stages: the named contexts.
type contexts struct {
	in     Input
	client *dockerui.Client
	// platform is that of the target, asked the one that was asked for.
	platform ocispecs.Platform
	asked    *ocispecs.Platform
}

// standIn is a named context that stands in for a base or a stage.
type standIn struct {
	of     *contexts
	found  *dockerui.NamedContext
	loaded bool
	// name is the context's. place is the image or the folder that it is, and for what is fetched from elsewhere the
	// name again: an address may have a secret in it.
	name, place string
	// image tells that it is an image.
	image bool
	// digest is that of its op; local is its name where it is a local context, whose op depends on its readers.
	digest digest.Digest
	local  string
	// layers are what it brings: an image's own, one for anything else. triggers are the image's.
	layers   int
	triggers []string
}

// find returns what stands in for name, nil for nothing.
func (c *contexts) find(name string, platform *ocispecs.Platform) *standIn {
	if name == "" || strings.EqualFold(name, scratch) || strings.EqualFold(name, mainContext) {
		return nil
	}
	found, err := c.client.NamedContext(name, dockerui.ContextOpt{Platform: platform, ResolveMode: c.client.ImageResolveMode.String()})
	if err != nil || found == nil {
		return nil
	}
	return &standIn{of: c, found: found, name: name, place: name}
}

// load looks up what it is.
func (s *standIn) load(ctx context.Context) {
	if s.loaded {
		return
	}
	s.loaded = true
	state, img, err := s.found.Load(ctx)
	if err != nil {
		return // the converter did not come to it, or it would have failed
	}
	if img != nil {
		s.layers, s.triggers = len(img.RootFS.DiffIDs), img.Config.OnBuild
	}
	def, err := state.Marshal(ctx, llb.WithCaps(*s.of.in.Caps), llb.Platform(s.of.platform))
	if err != nil || len(def.Def) < 2 {
		return // nothing but the end of a graph: scratch
	}
	dt := def.Def[len(def.Def)-2]
	s.digest = digest.FromBytes(dt)
	var o pb.Op
	if o.UnmarshalVT(dt) == nil {
		id := o.GetSource().GetIdentifier()
		if ref, ok := strings.CutPrefix(id, imagePrefix); ok {
			s.place, s.image = ref, true
		}
		if local, ok := strings.CutPrefix(id, localPrefix); ok {
			s.local, s.place = local, cmp.Or(s.of.in.Folders[local], local)
		}
		if !s.image {
			s.layers = 1
		}
	}
}

// is tells whether op o brings the context.
func (s *standIn) is(o *op) bool {
	if name, ok := o.local(); ok {
		return name == s.local
	}
	return s.digest != "" && o.digest == s.digest
}
