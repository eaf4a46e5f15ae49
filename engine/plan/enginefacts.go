package plan

import (
	"cmp"
	"context"
	"encoding/json"
	"slices"
	"strings"
	"sync"

	"github.com/containerd/platforms"
	"github.com/distribution/reference"
	"github.com/moby/buildkit/client/llb/sourceresolver"
	"github.com/moby/buildkit/solver/pb"
	"github.com/moby/buildkit/util/apicaps"
	"github.com/opencontainers/go-digest"
	ocispecs "github.com/opencontainers/image-spec/specs-go/v1"
)

// EngineFacts are an engine's answers for a plan, about itself and about base images. With them the same plan can be made
// without an engine.
type EngineFacts struct {
	// Caps are the capabilities of its BuildKit.
	Caps     []string          `json:"caps"`
	Platform ocispecs.Platform `json:"platform"`
	// HostGateway is the address of its host for containers, empty where it does not say.
	HostGateway string `json:"host_gateway,omitempty"`
	Bases       []Base `json:"bases,omitempty"`
}

// Base is a resolved base image, with the part of its config that a graph depends on.
type Base struct {
	// Name and Platform are what was asked for. A [Memory] has a digest of the name, as it may be a build argument.
	Name     string `json:"name"`
	Platform string `json:"platform,omitempty"`
	// Ref and Digest are the answer. In a Memory, an empty Ref stands for the name.
	Ref    string        `json:"ref,omitempty"`
	Digest digest.Digest `json:"digest,omitempty"`
	Config BaseConfig    `json:"config"`
}

// BaseConfig is the part of an image config that the graph of a stage on it depends on. The rest is left out: the history
// may hold secrets that people passed to their builds.
type BaseConfig struct {
	ocispecs.Platform
	Config struct {
		User       string   `json:"User,omitempty"`
		Env        []string `json:"Env,omitempty"`
		WorkingDir string   `json:"WorkingDir,omitempty"`
		Shell      []string `json:"Shell,omitempty"`
		OnBuild    []string `json:"OnBuild,omitempty"`
	} `json:"config"`
	RootFS ocispecs.RootFS `json:"rootfs"`
}

// Fill sets the capabilities and the platform of an input. Facts that are nil change nothing.
func (f *EngineFacts) Fill(in *Input) {
	if f == nil {
		return
	}
	in.Caps, in.Platform, in.HostGateway = capSet(f.Caps), f.Platform, f.HostGateway
}

// WithoutMergeOp returns the facts of an engine of this machine's platform that can do everything but merge layers.
func WithoutMergeOp() *EngineFacts {
	all := pb.Caps.CapSet(pb.Caps.All())
	caps := slices.DeleteFunc(capsOf(&all), func(id string) bool { return id == string(pb.CapMergeOp) })
	return &EngineFacts{Caps: caps, Platform: platforms.Normalize(platforms.DefaultSpec())}
}

// Merges reports whether the graph merges layers, as COPY --link does on an engine that can.
func (p *Plan) Merges() bool {
	return slices.ContainsFunc(p.ops, func(o op) bool { return o.pb.GetMerge() != nil })
}

// hashed returns a copy with the names of images as digests.
func (f EngineFacts) hashed() EngineFacts {
	f.Bases = slices.Clone(f.Bases)
	for i := range f.Bases {
		b := &f.Bases[i]
		if b.Ref == b.Name {
			b.Ref = ""
		}
		b.Name = fingerprint("FROM", b.Name)
	}
	return f
}

// Resolve answers as the engine did. The facts are those of a [Memory]. It reports false for an image that the engine was
// not asked for.
func (f *EngineFacts) Resolve(name string, opt sourceresolver.Opt) (ref string, dgst digest.Digest, config []byte, ok bool) {
	if f == nil {
		return name, "", nil, false
	}
	kept, platform := fingerprint("FROM", name), platformOf(opt)
	i := slices.IndexFunc(f.Bases, func(b Base) bool { return b.Name == kept && b.Platform == platform })
	if i < 0 {
		return name, "", nil, false
	}
	b := f.Bases[i]
	config, err := json.Marshal(b.Config)
	return cmp.Or(b.Ref, name), b.Digest, config, err == nil
}

func platformOf(opt sourceresolver.Opt) string {
	switch {
	case opt.ImageOpt != nil && opt.ImageOpt.Platform != nil:
		return platforms.FormatAll(*opt.ImageOpt.Platform)
	case opt.OCILayoutOpt != nil && opt.OCILayoutOpt.Platform != nil:
		return platforms.FormatAll(*opt.OCILayoutOpt.Platform)
	}
	return ""
}

func capSet(ids []string) *apicaps.CapSet {
	var list []*apicaps.PBCap
	for _, id := range ids {
		list = append(list, &apicaps.PBCap{ID: id, Enabled: true})
	}
	caps := pb.Caps.CapSet(list)
	return &caps
}

// capsOf returns the ids of the capabilities that the set has, of all that this program knows.
func capsOf(set *apicaps.CapSet) []string {
	var ids []string
	for _, c := range pb.Caps.All() {
		if set.Supports(apicaps.CapID(c.ID)) == nil {
			ids = append(ids, c.ID)
		}
	}
	return ids
}

// baseRecorder records the base images that a conversion resolves. The converter does not return the triggers in their
// configs.
type baseRecorder struct {
	Resolver

	mu    sync.Mutex
	bases []Base
}

func (r *baseRecorder) ResolveImageConfig(ctx context.Context, name string, opt sourceresolver.Opt) (string, digest.Digest, []byte, error) {
	ref, dgst, config, err := r.Resolver.ResolveImageConfig(ctx, name, opt)
	if err == nil {
		b := Base{Name: name, Platform: platformOf(opt), Ref: ref, Digest: dgst}
		if err := json.Unmarshal(config, &b.Config); err == nil {
			r.add(b)
		}
	}
	return ref, dgst, config, err
}

// add inserts a base in sorted order. The converter resolves several at once, in any order.
func (r *baseRecorder) add(b Base) {
	r.mu.Lock()
	defer r.mu.Unlock()
	at, found := slices.BinarySearchFunc(r.bases, b, func(a, b Base) int {
		return cmp.Or(cmp.Compare(a.Name, b.Name), cmp.Compare(a.Platform, b.Platform))
	})
	if !found {
		r.bases = slices.Insert(r.bases, at, b)
	}
}

// recorded returns the bases so far.
func (r *baseRecorder) recorded() []Base {
	r.mu.Lock()
	defer r.mu.Unlock()
	return slices.Clone(r.bases)
}

// triggers returns the ONBUILD instructions of an image by its name in FROM.
func (r *baseRecorder) triggers(name string) []string {
	ref, err := reference.ParseNormalizedNamed(name)
	if err != nil {
		return nil
	}
	name = reference.TagNameOnly(ref).String()
	for _, b := range r.recorded() {
		if b.Name == name {
			return b.Config.Config.OnBuild
		}
	}
	return nil
}

// contentOf returns digests of the images' layers, by name without digest. BuildKit's cache goes by the layers: an image
// that was renamed, pinned, or rebuilt with the same layers reruns nothing.
func contentOf(bases []Base) (map[string]string, error) {
	out := map[string]string{}
	for _, b := range bases {
		dt, err := json.Marshal(b.Config.RootFS)
		if err != nil {
			return nil, err
		}
		out[undigested(b.Ref)] += string(digest.FromBytes(dt))
	}
	return out, nil
}

func undigested(ref string) string {
	name, _, _ := strings.Cut(ref, "@")
	return name
}
