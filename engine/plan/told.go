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

// Told is what an engine told for a plan, of itself and of base images: with it the plan is made again without one.
type Told struct {
	// Caps are the capabilities of its BuildKit.
	Caps     []string          `json:"caps"`
	Platform ocispecs.Platform `json:"platform"`
	Bases    []Base            `json:"bases,omitempty"`
}

// Base is a base image as it was resolved, as far as a graph depends on it.
type Base struct {
	// Name and Platform are what was asked for. A [Memory] has a digest of the name: it may come of a build argument.
	Name     string `json:"name"`
	Platform string `json:"platform,omitempty"`
	// Ref and Digest are the answer. In a Memory, an empty Ref is the name.
	Ref    string        `json:"ref,omitempty"`
	Digest digest.Digest `json:"digest,omitempty"`
	Config BaseConfig    `json:"config"`
}

// BaseConfig is what of an image's config the graph of what stands on it depends on. The rest, the history with what
// people pass to their builds among it, is nobody's business here.
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

// Fill has the input be for the engine that told.
func (t *Told) Fill(in *Input) {
	if t == nil {
		return
	}
	var list []*apicaps.PBCap
	for _, id := range t.Caps {
		list = append(list, &apicaps.PBCap{ID: id, Enabled: true})
	}
	caps := pb.Caps.CapSet(list)
	in.Caps, in.Platform = &caps, t.Platform
}

// Unmerging is an engine that nothing is known of but that it can't merge what COPY --link copies.
func Unmerging() *Told {
	all := pb.Caps.CapSet(pb.Caps.All())
	caps := slices.DeleteFunc(capsOf(&all), func(id string) bool { return id == string(pb.CapMergeOp) })
	return &Told{Caps: caps, Platform: platforms.Normalize(platforms.DefaultSpec())}
}

// Merges tells whether the plan has an engine merge what COPY --link copies.
func (p *Plan) Merges() bool {
	return slices.ContainsFunc(p.ops, func(o op) bool { return o.pb.GetMerge() != nil })
}

// remembered is what is kept of what was told: names by their digests.
func (t Told) remembered() Told {
	t.Bases = slices.Clone(t.Bases)
	for i := range t.Bases {
		b := &t.Bases[i]
		if b.Ref == b.Name {
			b.Ref = ""
		}
		b.Name = fingerprint("FROM", b.Name)
	}
	return t
}

// Resolve answers as the engine did, out of a Memory; ok tells whether it was asked for the image.
func (t *Told) Resolve(name string, opt sourceresolver.Opt) (ref string, dgst digest.Digest, config []byte, ok bool) {
	if t == nil {
		return name, "", nil, false
	}
	kept, platform := fingerprint("FROM", name), platformOf(opt)
	i := slices.IndexFunc(t.Bases, func(b Base) bool { return b.Name == kept && b.Platform == platform })
	if i < 0 {
		return name, "", nil, false
	}
	b := t.Bases[i]
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

// capsOf lists what of all that this program knows the set has.
func capsOf(set *apicaps.CapSet) []string {
	var ids []string
	for _, c := range pb.Caps.All() {
		if set.Supports(apicaps.CapID(c.ID)) == nil {
			ids = append(ids, c.ID)
		}
	}
	return ids
}

// listener keeps what a conversion is told of base images: the converter does not tell which triggers they brought along.
type listener struct {
	Resolver

	mu    sync.Mutex
	bases []Base
}

func (l *listener) ResolveImageConfig(ctx context.Context, name string, opt sourceresolver.Opt) (string, digest.Digest, []byte, error) {
	ref, dgst, config, err := l.Resolver.ResolveImageConfig(ctx, name, opt)
	if err == nil {
		b := Base{Name: name, Platform: platformOf(opt), Ref: ref, Digest: dgst}
		if err := json.Unmarshal(config, &b.Config); err == nil {
			l.add(b)
		}
	}
	return ref, dgst, config, err
}

// add takes in a base, in an order that is always the same: the converter asks for several at once.
func (l *listener) add(b Base) {
	l.mu.Lock()
	defer l.mu.Unlock()
	at, known := slices.BinarySearchFunc(l.bases, b, func(a, b Base) int {
		return cmp.Or(cmp.Compare(a.Name, b.Name), cmp.Compare(a.Platform, b.Platform))
	})
	if !known {
		l.bases = slices.Insert(l.bases, at, b)
	}
}

// told returns what is known so far.
func (l *listener) told() []Base {
	l.mu.Lock()
	defer l.mu.Unlock()
	return slices.Clone(l.bases)
}

// triggers are the ONBUILD instructions of an image, by the name that stands after FROM.
func (l *listener) triggers(name string) []string {
	ref, err := reference.ParseNormalizedNamed(name)
	if err != nil {
		return nil
	}
	name = reference.TagNameOnly(ref).String()
	for _, b := range l.told() {
		if b.Name == name {
			return b.Config.Config.OnBuild
		}
	}
	return nil
}

// contentOf tells by name, without a digest, which layers the images are made of. It is by them that BuildKit knows an
// image in the end: one that was renamed, pinned, or built anew to the same layers reruns nothing.
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
