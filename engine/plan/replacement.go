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

// contexts finds the named contexts that replace images and stages.
type contexts struct {
	in     Input
	client *dockerui.Client
	// platform is the target's platform, asked the one that was asked for, nil for none.
	platform ocispecs.Platform
	asked    *ocispecs.Platform
}

// replacement is a named context that replaces a base or a stage.
type replacement struct {
	of     *contexts
	found  *dockerui.NamedContext
	loaded bool
	// name is the context's name. place is the image or the folder, or name again for any other source, as a URL may hold
	// a secret.
	name, place string
	// image is set where the context is an image.
	image bool
	// digest is the digest of its op. For a local context, local is its name instead, as narrow changes its op.
	digest digest.Digest
	local  string
	// layers is the number of the image's layers, 1 for any other context. triggers are the image's ONBUILD instructions.
	layers   int
	triggers []string
}

// find returns the named context that replaces the image or stage called name, nil for none.
func (c *contexts) find(name string, platform *ocispecs.Platform) *replacement {
	if name == "" || strings.EqualFold(name, scratch) || strings.EqualFold(name, mainContext) {
		return nil
	}
	found, err := c.client.NamedContext(name, dockerui.ContextOpt{Platform: platform, ResolveMode: c.client.ImageResolveMode.String()})
	if err != nil || found == nil {
		return nil
	}
	return &replacement{of: c, found: found, name: name, place: name}
}

// load resolves the context and sets the fields that describe it.
func (s *replacement) load(ctx context.Context) {
	if s.loaded {
		return
	}
	s.loaded = true
	state, img, err := s.found.Load(ctx)
	if err != nil {
		return // The converter did not use it, or else it would have failed before.
	}
	if img != nil {
		s.layers, s.triggers = len(img.RootFS.DiffIDs), img.Config.OnBuild
	}
	def, err := state.Marshal(ctx, llb.WithCaps(*s.of.in.Caps), llb.Platform(s.of.platform))
	if err != nil || len(def.Def) < 2 {
		return // The graph has only its end: scratch.
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

// is reports whether op o is the source of the context.
func (s *replacement) is(o *op) bool {
	if name, ok := o.local(); ok {
		return name == s.local
	}
	return s.digest != "" && o.digest == s.digest
}
