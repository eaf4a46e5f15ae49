package plan

import (
	"fmt"
	"slices"
	"strings"

	"github.com/moby/buildkit/solver/pb"
	"github.com/opencontainers/go-digest"
	"google.golang.org/protobuf/proto"
)

// Bound is a plan's graph prepared for one solve.
type Bound struct {
	// Plan is the plan that the graph is of.
	Plan *Plan
	// Definition is the graph of the plan's target.
	Definition *pb.Definition
	// Ops are the decoded ops: those of the plan, then those that its shortcuts add. Digests are theirs, and At maps them
	// to their indexes.
	Ops     []*pb.Op
	Digests []digest.Digest
	At      map[digest.Digest]int
	// Inputs are the inputs of the plan's ops as indexes into Ops, as the Dockerfile has them: without shortcuts.
	Inputs [][]int
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

	encoded [][]byte
	// aside are the vertices that do one of the plan's ops aside.
	aside map[int][]digest.Digest
	twins []Twin
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
//
// Its steps take from the cache what is there, those that are to run without it, too: that is for the build alone, and not for
// all that looks into its stages afterwards.
func (p *Plan) BindEach(session func(Local) string) (*Bound, error) {
	return p.bind(session, "", false)
}

// BindAnew is Bind for a build in which every step runs, like docker build --no-cache: base images and contexts still come
// from the cache, and later builds find the results in it.
//
// Its steps have their own digests, so that no other build on the engine shares one of them. Docker Engine 20.10 crashes
// where one build has a step with the cache and another one has it without. A worker constraint that every worker meets
// makes the digests differ; it is part of no cache key.
func (p *Plan) BindAnew(session string) (*Bound, error) {
	return p.bind(func(Local) string { return session }, anewIn(session), true)
}

// BindUncached is BindEach for a build in which the steps run that are to run without the cache, as those of --no-cache-filter, and
// all that stands on them. As with [Plan.BindAnew], they have digests of their own in each build.
func (p *Plan) BindUncached(session func(Local) string, build string) (*Bound, error) {
	return p.bind(session, anewIn(build), false)
}

func anewIn(build string) string { return "labels.stagewatch-build!=" + build }

// Uncached reports whether some steps are to run without the cache.
func (p *Plan) Uncached() bool {
	return slices.ContainsFunc(p.ops, func(o op) bool { return o.noCache })
}

// bind returns the graph with the session ids in its local sources. A constraint, where it is not empty, is put on every
// op that is no source and, unless all are meant, is to run without the cache; it makes the op run.
func (p *Plan) bind(session func(Local) string, constraint string, all bool) (*Bound, error) {
	n := len(p.ops)
	b := &Bound{
		Plan: p, Definition: &pb.Definition{Metadata: make(map[string]*pb.OpMetadata, n), Source: &pb.Source{Locations: map[string]*pb.Locations{}}},
		Ops: make([]*pb.Op, n), Digests: make([]digest.Digest, n), encoded: make([][]byte, n), At: make(map[digest.Digest]int, n), Inputs: make([][]int, n),
		Steps: map[digest.Digest][]int{}, Parts: map[digest.Digest][]int{}, Remote: map[digest.Digest]bool{}, Locals: map[digest.Digest]Local{}, aside: map[int][]digest.Digest{},
	}
	if p.def.Source != nil {
		b.Definition.Source.Infos = p.def.Source.Infos
	}
	for i := range p.ops {
		mark := constraint
		if !all && !p.ops[i].anew {
			mark = ""
		}
		if err := b.add(i, session, mark); err != nil {
			return nil, err
		}
	}
	b.findSteps()
	if n > 0 { // FROM scratch alone is no op.
		b.Definition.Def = b.upTo(n - 1)
	}
	return b, nil
}

// add binds op i of the plan.
func (b *Bound) add(i int, session func(Local) string, constraint string) error {
	o := &b.Plan.ops[i]
	own := o.pb.CloneVT()
	b.Inputs[i] = o.inputs
	for k := range o.inputs {
		from, err := b.provide(i, k)
		if err != nil {
			return err
		}
		own.Inputs[k].Digest = string(b.Digests[from])
	}
	preferLocal(own.GetSource())
	md := b.Plan.def.Metadata[string(o.digest)]
	anew := constraint != "" && own.GetSource() == nil
	if anew {
		own.Constraints = &pb.WorkerConstraints{Filter: append(own.GetConstraints().GetFilter(), constraint)}
	}
	if md != nil && md.IgnoreCache != anew {
		// Later builds use the plan's own metadata too.
		md = md.CloneVT()
		md.IgnoreCache = anew
	}
	name, local := o.local()
	if local = local && own.GetSource().Attrs[pb.AttrLocalSessionID] != ""; !local {
		return b.set(i, own, md, o)
	}
	l, err := localOf(name, own.GetSource())
	if err != nil {
		return err
	}
	if o.whole {
		l.Paths = nil
	}
	l.Session = session(l)
	own.GetSource().Attrs[pb.AttrLocalSessionID] = l.Session
	if err := b.set(i, own, md, o); err != nil {
		return err
	}
	b.Locals[b.Digests[i]] = l
	return nil
}

// preferLocal has BuildKit take a base that is named by its digest from the engine's images where it is one of them. By default
// the containerd image store asks the registry first, in each build.
func preferLocal(src *pb.SourceOp) {
	ref, ok := strings.CutPrefix(src.GetIdentifier(), imagePrefix)
	if !ok || undigested(ref) == ref {
		return
	}
	if src.Attrs == nil {
		src.Attrs = map[string]string{}
	}
	src.Attrs[pb.AttrImageResolveMode] = pb.AttrImageResolveModePreferLocal
}

// set puts an op at index i. of is the plan's op whose place in the Dockerfile it has.
func (b *Bound) set(i int, own *pb.Op, md *pb.OpMetadata, of *op) error {
	dt, err := marshal(own)
	if err != nil {
		return fmt.Errorf("encoding op %q: %w", of.name, err)
	}
	d := digest.FromBytes(dt)
	b.Ops[i], b.encoded[i], b.Digests[i], b.At[d] = own, dt, d, i
	if md != nil {
		b.Definition.Metadata[string(d)] = md
	}
	if b.Plan.def.Source != nil {
		if locs := b.Plan.def.Source.Locations[string(of.digest)]; locs != nil {
			b.Definition.Source.Locations[string(d)] = locs
		}
	}
	return nil
}

// findSteps says which ops execute and serve the steps.
func (b *Bound) findSteps() {
	p := b.Plan
	b.Results = make([]digest.Digest, len(p.Steps))
	for i, s := range p.Steps {
		b.Results[i] = b.Digests[s.ops[len(s.ops)-1]]
		for _, o := range s.ops {
			if p.merges(s.ops, o) {
				b.Parts[b.Digests[o]] = append(b.Parts[b.Digests[o]], i)
				continue
			}
			for _, d := range append(b.aside[o], b.Digests[o]) {
				if s.MergedWith == nil {
					b.Steps[d] = slices.Insert(b.Steps[d], 0, i)
				} else {
					b.Steps[d] = append(b.Steps[d], i)
				}
			}
		}
		for _, o := range s.parts {
			d := b.Digests[o]
			b.Parts[d] = append(b.Parts[d], i)
			b.Remote[d] = p.ops[o].pb.GetSource() != nil
		}
	}
}

// UpTo returns the graph that the op with the index last is the result of.
func (b *Bound) UpTo(last int) (*pb.Definition, error) {
	end, err := (&pb.Op{Inputs: []*pb.Input{{Digest: string(b.Digests[last])}}}).MarshalVT()
	if err != nil {
		return nil, fmt.Errorf("encoding the end of a graph: %w", err)
	}
	return &pb.Definition{Def: append(b.upTo(last), end), Metadata: b.Definition.Metadata, Source: b.Definition.Source}, nil
}

// upTo returns an op and all that it needs, each after its inputs.
func (b *Bound) upTo(last int) [][]byte {
	var def [][]byte
	seen := make([]bool, len(b.Ops))
	var visit func(int)
	visit = func(i int) {
		seen[i] = true
		for _, in := range b.Ops[i].Inputs {
			if j, ok := b.At[digest.Digest(in.Digest)]; ok && !seen[j] {
				visit(j)
			}
		}
		def = append(def, b.encoded[i])
	}
	visit(last)
	return def
}
