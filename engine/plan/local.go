package plan

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"github.com/moby/buildkit/solver/pb"
	"github.com/opencontainers/go-digest"
)

// Local is a source of the graph that brings a local context, or a part of it, to the engine.
type Local struct {
	// Context is the context's name, "context" for the main one.
	Context string
	// Paths are what is brought of it, with the targets of the links that they are; none stand for all.
	Paths []string
	// Key is the same for sources that bring the same of the same context.
	Key string
	// Session is the one that a [Bound] has it bound to.
	Session string
}

// localOf describes a local source.
func localOf(name string, src *pb.SourceOp) (Local, error) {
	l := Local{Context: name}
	if paths := src.Attrs[pb.AttrFollowPaths]; paths != "" {
		if err := json.Unmarshal([]byte(paths), &l.Paths); err != nil {
			return l, fmt.Errorf("decoding the paths of context %q: %w", name, err)
		}
	}
	own := src.CloneVT()
	delete(own.Attrs, pb.AttrLocalSessionID)
	dt, err := marshal(own)
	l.Key = string(digest.FromBytes(dt))
	return l, err
}

// narrow gives each reader of a local context a source of its own, which brings no more than the reader reads.
// The converter makes one for all: then an edit anywhere has BuildKit compare the whole of it with what it has,
// file by file, and steps that read a few files wait for all of them.
//
// Cache keys stay what they were: those of the readers go by the content of what they read. Where a reader's
// key may depend on more than that, on what a link somewhere below leads to, it keeps the source of all.
func (p *Plan) narrow() error {
	n := narrowing{plan: p, moved: make([]int, len(p.ops)), own: map[string]int{}}
	for i := range p.ops {
		n.moved[i] = -1
	}
	for i := range p.ops {
		o := p.ops[i]
		if _, ok := o.local(); ok {
			continue // placed before its first reader
		}
		o.inputs = slices.Clone(o.inputs)
		for k, j := range o.inputs {
			at, err := n.source(&p.ops[i], k, j)
			if err != nil {
				return err
			}
			o.inputs[k] = at
		}
		n.moved[i] = len(n.ops)
		n.ops = append(n.ops, o)
	}
	p.ops = n.ops
	return nil
}

// narrowing is the ops of a plan with narrower sources.
type narrowing struct {
	plan *Plan
	ops  []op
	// moved are the new places of the old ops, -1 for none yet.
	moved []int
	// own are the places of the new sources, by the old one and the paths.
	own map[string]int
}

// source returns the place of what o has as its input k, which was at j.
func (n *narrowing) source(o *op, k, j int) (int, error) {
	old := &n.plan.ops[j]
	name, isLocal := old.local()
	if !isLocal {
		return n.moved[j], nil
	}
	var paths []string
	if o.readsByContent(k) {
		paths = o.paths(k)
	}
	key := fmt.Sprint(j, "\x00", strings.Join(paths, "\x00"))
	if at, ok := n.own[key]; ok {
		return at, nil
	}
	fresh := *old
	fresh.pb = old.pb.CloneVT()
	attrs := fresh.pb.GetSource().Attrs
	if paths != nil {
		dt, err := json.Marshal(paths)
		if err != nil {
			return 0, fmt.Errorf("encoding the paths of context %q: %w", name, err)
		}
		attrs[pb.AttrFollowPaths] = string(dt)
	}
	if of := attrs[pb.AttrFollowPaths]; of != "" {
		// BuildKit keeps what it was sent by this hint, and makes it equal to what it is sent next.
		attrs[pb.AttrSharedKeyHint] += "#" + digest.FromString(of).Encoded()[:16]
	}
	n.own[key] = len(n.ops)
	n.ops = append(n.ops, fresh)
	return n.own[key], nil
}

// paths are what the op reads of its input k, nil where that can't be told apart from the rest.
func (o *op) paths(k int) []string {
	var paths []string
	for _, s := range o.selectors(k, true) {
		if s.path == "" || !s.include.none() || !s.exclude.none() {
			return nil
		}
		paths = append(paths, s.path)
	}
	slices.Sort(paths)
	return slices.Compact(paths)
}
