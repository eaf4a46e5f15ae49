package plan

import (
	"fmt"
	"slices"

	"github.com/moby/buildkit/solver/pb"
	"github.com/opencontainers/go-digest"
	"google.golang.org/protobuf/proto"
)

// Bound is a plan's graph prepared for one solve.
type Bound struct {
	Definition *pb.Definition
	// Ops are the decoded ops of Definition, each after its inputs. At maps their digests to their indexes.
	Ops []*pb.Op
	At  map[digest.Digest]int
	// Steps maps a vertex to the steps that it executes, as indexes into the plan's Steps. There are several where
	// BuildKit merges identical instructions; the first is the one that is counted.
	Steps map[digest.Digest][]int
	// Parts maps a vertex to the steps that it serves without executing their instruction: it fetches what they copy,
	// or merges what they copied with the layers below.
	Parts map[digest.Digest][]int
	// Remote marks the parts that are sources.
	Remote map[digest.Digest]bool
	// Results has, for each step of the plan, the vertex whose result is the step's.
	Results []digest.Digest
	// Locals are the sources that are local contexts.
	Locals map[digest.Digest]Local
}

func marshal(m proto.Message) ([]byte, error) {
	return proto.MarshalOptions{Deterministic: true}.Marshal(m)
}

// Bind writes the session's id into all local sources, so that solves of different sessions never share one, and
// returns the graph with its new digests.
func (p *Plan) Bind(session string) (*Bound, error) {
	return p.BindEach(func(Local) string { return session })
}

// BindEach is Bind with a session id for each source. For the id of a session that sent the same content before, even one
// that has ended, BuildKit uses what it has instead of asking for it again.
func (p *Plan) BindEach(session func(Local) string) (*Bound, error) { return p.bind(session, "") }

// BindAnew is Bind for a build in which every step runs, like docker build --no-cache: base images and contexts still come
// from the cache, and later builds find the results in it.
//
// Its steps have their own digests, so that no other build on the engine shares one of them. Docker Engine 20.10 crashes
// where one build has a step with the cache and another one has it without. A worker constraint that every worker meets
// makes the digests differ; it is part of no cache key.
func (p *Plan) BindAnew(session string) (*Bound, error) {
	return p.bind(func(Local) string { return session }, "labels.stagewatch-build!="+session)
}

// bind returns the graph with the session ids in its local sources. A constraint, where it is not empty, is put on every
// op that is no source, and makes it run.
func (p *Plan) bind(session func(Local) string, constraint string) (*Bound, error) {
	bound := make([]digest.Digest, len(p.ops))
	def := &pb.Definition{
		Def:      make([][]byte, len(p.ops)),
		Metadata: make(map[string]*pb.OpMetadata, len(p.ops)),
		Source:   &pb.Source{Locations: map[string]*pb.Locations{}},
	}
	if p.def.Source != nil {
		def.Source.Infos = p.def.Source.Infos
	}
	locals := map[digest.Digest]Local{}
	ops, at := make([]*pb.Op, len(p.ops)), make(map[digest.Digest]int, len(p.ops))
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
			if o.whole {
				local.Paths = nil
			}
			local.Session = session(local)
			own.GetSource().Attrs[pb.AttrLocalSessionID] = local.Session
		}
		anew := constraint != "" && own.GetSource() == nil
		if anew {
			own.Constraints = &pb.WorkerConstraints{Filter: append(own.GetConstraints().GetFilter(), constraint)}
		}
		dt, err := marshal(own)
		if err != nil {
			return nil, fmt.Errorf("encoding op %q: %w", o.name, err)
		}
		bound[i] = digest.FromBytes(dt)
		ops[i], at[bound[i]] = own, i
		if isLocal {
			locals[bound[i]] = local
		}
		def.Def[i] = dt
		if md := p.def.Metadata[string(o.digest)]; md != nil {
			if anew {
				// Later builds use the plan's own metadata too.
				md = md.CloneVT()
				md.IgnoreCache = true
			}
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
	return &Bound{Definition: def, Ops: ops, At: at, Steps: steps, Parts: parts, Remote: remote, Results: results, Locals: locals}, nil
}

// UpTo returns the graph that the op with the index last is the result of.
func (b *Bound) UpTo(last int) (*pb.Definition, error) {
	needed := make([]bool, last+1)
	needed[last] = true
	part := &pb.Definition{Metadata: b.Definition.Metadata, Source: b.Definition.Source}
	for i := last; i >= 0; i-- {
		if !needed[i] {
			continue
		}
		for _, in := range b.Ops[i].Inputs {
			if j, ok := b.At[digest.Digest(in.Digest)]; ok {
				needed[j] = true
			}
		}
		part.Def = append(part.Def, b.Definition.Def[i])
	}
	slices.Reverse(part.Def)
	end, err := (&pb.Op{Inputs: []*pb.Input{{Digest: string(digest.FromBytes(b.Definition.Def[last]))}}}).MarshalVT()
	if err != nil {
		return nil, fmt.Errorf("encoding the end of a graph: %w", err)
	}
	part.Def = append(part.Def, end)
	return part, nil
}
