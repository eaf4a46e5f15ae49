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
	// Ops are those of Definition, decoded, each after its inputs. At maps their digests to their indexes.
	Ops []*pb.Op
	At  map[digest.Digest]int
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
func (p *Plan) BindEach(session func(Local) string) (*Bound, error) { return p.bind(session, "") }

// BindAnew is Bind for a build that makes every step run. Base images and contexts are looked up as ever, as by docker
// build --no-cache. What runs is found in the cache afterwards, by builds that use it.
//
// Its steps have digests of their own, by which no other build on the engine takes one of them for its own: Docker
// Engine 20.10 ends, with all that runs on it, where one build has a step with the cache and another one without. The
// mark makes them: a demand that every worker meets, which is part of no cache key.
func (p *Plan) BindAnew(session string) (*Bound, error) {
	return p.bind(func(Local) string { return session }, "labels.stagewatch-build!="+session)
}

// bind writes the sessions into the local sources. A demand on the worker makes every step run.
func (p *Plan) bind(session func(Local) string, demand string) (*Bound, error) {
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
			local.Session = session(local)
			own.GetSource().Attrs[pb.AttrLocalSessionID] = local.Session
		}
		anew := demand != "" && own.GetSource() == nil
		if anew {
			own.Constraints = &pb.WorkerConstraints{Filter: append(own.GetConstraints().GetFilter(), demand)}
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
				// The plan's own metadata serves later builds too.
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

// UpTo returns the part of the graph that ends in the op with the index last.
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
