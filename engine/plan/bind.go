package plan

import (
	"fmt"
	"slices"

	"github.com/moby/buildkit/solver/pb"
	"github.com/opencontainers/go-digest"
	"google.golang.org/protobuf/proto"
)

// Bound is a plan's graph made ready for one solve.
type Bound struct {
	Definition *pb.Definition
	// Steps finds the steps of the plan, by index, that a vertex of the solve carries out. It carries out several
	// where BuildKit merges identical instructions: first comes the one that counts as built.
	Steps map[digest.Digest][]int
	// Parts finds the steps that a vertex only serves: one that brings what they copy, or puts what they copied onto
	// what is below.
	Parts map[digest.Digest][]int
	// Remote are the parts that bring something from elsewhere.
	Remote map[digest.Digest]bool
	// Results are the vertices whose results the steps' are.
	Results []digest.Digest
	// Locals are the sources that bring local contexts.
	Locals map[digest.Digest]Local

	sources map[digest.Digest]bool
}

// IgnoreCache makes every step run. Base images and contexts are looked up as ever, as by docker build --no-cache: they
// are what solves on one engine share, and Docker Engine 20.10 was seen to crash where these differ in it.
func (b *Bound) IgnoreCache() {
	for d, md := range b.Definition.Metadata {
		if b.sources[digest.Digest(d)] {
			continue
		}
		// The plan's own metadata serves later builds too.
		md = md.CloneVT()
		md.IgnoreCache = true
		b.Definition.Metadata[d] = md
	}
}

func marshal(m proto.Message) ([]byte, error) {
	return proto.MarshalOptions{Deterministic: true}.Marshal(m)
}

// Bind writes the session's id into the plan's local sources, so that solves of different sessions never
// share one, and returns the graph with its new digests.
func (p *Plan) Bind(session string) (*Bound, error) {
	return p.BindEach(func(Local) string { return session })
}

// BindEach is Bind with a session for each source. Under the id of the session that brought just the same
// before, which may have ended, BuildKit takes what it has, without asking for it.
func (p *Plan) BindEach(session func(Local) string) (*Bound, error) {
	bound := make([]digest.Digest, len(p.ops))
	def := &pb.Definition{
		Def:      make([][]byte, len(p.ops)),
		Metadata: make(map[string]*pb.OpMetadata, len(p.ops)),
		Source:   &pb.Source{Locations: map[string]*pb.Locations{}},
	}
	if p.def.Source != nil {
		def.Source.Infos = p.def.Source.Infos
	}
	locals, sources := map[digest.Digest]Local{}, map[digest.Digest]bool{}
	for i := range p.ops {
		o := &p.ops[i]
		own := o.pb.CloneVT()
		for k, j := range o.inputs {
			own.Inputs[k].Digest = string(bound[j])
		}
		local, isLocal := Local{}, false
		if name, ok := o.local(); ok && own.GetSource().Attrs[pb.AttrLocalSessionID] != "" {
			var err error
			if local, err = localOf(name, own.GetSource()); err != nil {
				return nil, err
			}
			isLocal = true
			local.Session = session(local)
			own.GetSource().Attrs[pb.AttrLocalSessionID] = local.Session
		}
		dt, err := marshal(own)
		if err != nil {
			return nil, fmt.Errorf("encoding op %q: %w", o.name, err)
		}
		bound[i] = digest.FromBytes(dt)
		if own.GetSource() != nil {
			sources[bound[i]] = true
		}
		if isLocal {
			locals[bound[i]] = local
		}
		def.Def[i] = dt
		if md := p.def.Metadata[string(o.digest)]; md != nil {
			def.Metadata[string(bound[i])] = md
		}
		if p.def.Source != nil {
			if locs := p.def.Source.Locations[string(o.digest)]; locs != nil {
				def.Source.Locations[string(bound[i])] = locs
			}
		}
	}
	remote := map[digest.Digest]bool{}
	results := make([]digest.Digest, len(p.Steps))
	steps, parts := map[digest.Digest][]int{}, map[digest.Digest][]int{}
	for i, s := range p.Steps {
		results[i] = bound[s.ops[len(s.ops)-1]]
		for _, o := range s.ops {
			if p.merges(s.ops, o) {
				parts[bound[o]] = append(parts[bound[o]], i)
			} else if d := bound[o]; s.MergedWith == nil {
				steps[d] = slices.Insert(steps[d], 0, i)
			} else {
				steps[d] = append(steps[d], i)
			}
		}
		for _, o := range s.parts {
			parts[bound[o]] = append(parts[bound[o]], i)
			remote[bound[o]] = p.ops[o].pb.GetSource() != nil
		}
	}
	return &Bound{Definition: def, Steps: steps, Parts: parts, Remote: remote, Results: results, Locals: locals, sources: sources}, nil
}
