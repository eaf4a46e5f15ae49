package plan

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"github.com/moby/buildkit/solver/pb"
	"github.com/opencontainers/go-digest"
)

// Local is a source of the graph: a local context, or a part of it, that is sent to the engine.
type Local struct {
	// Context is the context's name, "context" for the main one.
	Context string
	// Paths are the paths where a change can matter, with the targets of those that are links; none for all.
	Paths []string
	// Key is equal for sources that send the same part of the same context.
	Key string
	// Session is the session id in a [Bound] graph.
	Session string
}

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

// narrow gives each reader of a local context its own source, which sends only what the reader reads. The converter
// makes one source for all readers. Then BuildKit compares the whole context file by file after any edit, and steps that
// read a few files wait for all of them.
//
// The cache keys do not change, as those of the readers depend on the content that they read. A reader whose key may
// depend on more, on the target of a link somewhere below, keeps the source of the whole context.
func (p *Plan) narrow() error {
	n := narrowing{plan: p, moved: make([]int, len(p.ops)), own: map[string]int{}}
	for i := range p.ops {
		n.moved[i] = -1
	}
	for i := range p.ops {
		o := p.ops[i]
		if _, ok := o.local(); ok {
			continue // Its copies come before their readers.
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

// narrowing builds the list of a plan's ops with narrower sources.
type narrowing struct {
	plan *Plan
	ops  []op
	// moved maps the index of an old op to its new one, -1 for none yet.
	moved []int
	// own holds the indexes of the new sources, by the old source and the paths.
	own map[string]int
}

// source returns the new index of input k of o, whose old index is j.
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
	fresh.pb, fresh.whole = old.pb.CloneVT(), paths == nil
	attrs := fresh.pb.GetSource().Attrs
	if paths != nil {
		dt, err := json.Marshal(paths)
		if err != nil {
			return 0, fmt.Errorf("encoding the paths of context %q: %w", name, err)
		}
		attrs[pb.AttrFollowPaths] = string(dt)
	}
	if of := attrs[pb.AttrFollowPaths]; of != "" {
		// BuildKit stores received files under this hint, and reuses them for the next transfer with the same hint.
		attrs[pb.AttrSharedKeyHint] += "#" + digest.FromString(of).Encoded()[:16]
	}
	n.own[key] = len(n.ops)
	n.ops = append(n.ops, fresh)
	return n.own[key], nil
}

// paths returns the paths that the op reads of input k, nil where it may read all of it.
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
