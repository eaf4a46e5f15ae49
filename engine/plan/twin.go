package plan

import (
	"fmt"
	"path"
	"slices"

	"github.com/moby/buildkit/solver/pb"
	"github.com/opencontainers/go-digest"
)

// Twin is an op that a shortcut adds and copies are taken from. At the paths its result holds what the result of another op
// holds.
//
// A twin has a cache key of its own, which ends with the mark of its plan. Else BuildKit would have files for it that an
// earlier run of the same step has made: it looks results up by what they are made of, and that need not have changed.
type Twin struct {
	// Op and Of are indexes into Ops.
	Op, Of int
	Paths  []string
}

// Twins returns the twins of the graph, each before what is made of it.
func (b *Bound) Twins() []Twin { return b.twins }

// AddTwins adds the twins by which steps can be done aside with shortcuts of s, however many steps are passed over.
func (b *Bound) AddTwins(s Shortcuts) error {
	for at, over := range s {
		first := -1
		for _, here := range over {
			if here.aside {
				first = here.op
			}
			if first < 0 {
				continue
			}
			if _, err := b.before(at.op, at.input, b.Plan.writesOn(here.op), first); err != nil {
				return err
			}
		}
	}
	return nil
}

// provide returns the op that input k of the plan's op i is taken from, and adds the ops for its shortcut.
func (b *Bound) provide(i, k int) (int, error) {
	if len(b.Plan.shortcuts[port{i, k}]) == 0 {
		return b.Plan.ops[i].inputs[k], nil
	}
	at, done := b.Plan.way(i, k)
	if len(done) == 0 {
		return b.pinned(i, k, at)
	}
	at, err := b.before(i, k, at, done[0])
	if err != nil {
		return 0, err
	}
	for _, j := range done {
		o := &b.Plan.ops[j]
		own := o.pb.CloneVT()
		for n := range o.inputs {
			from := at
			if n != o.writesInput() {
				if from, err = b.provide(j, n); err != nil {
					return 0, err
				}
			}
			own.Inputs[n].Digest = string(b.Digests[from])
		}
		if at, err = b.addOp(own, b.Plan.def.Metadata[string(o.digest)], o); err != nil {
			return 0, err
		}
		b.aside[j] = append(b.aside[j], b.Digests[at])
	}
	return at, nil
}

// pinned adds a twin of the op from, for input k of the plan's op i: the whole result as it is.
func (b *Bound) pinned(i, k, from int) (int, error) {
	return b.addTwin(from, b.Plan.ops[i].selects(k), &b.Plan.ops[i], "[internal] what was there before the last steps", b.marked("", 0))
}

// before adds a twin of the op from: of its result the folder that input k of the plan's op i selects, at the same place of an
// empty file system. It is what is there before the op first is done aside.
func (b *Bound) before(i, k, from, first int) (int, error) {
	folder := b.Plan.ops[i].selects(k)[0]
	parent := path.Dir("/" + folder)
	if parent != "/" {
		parent += "/"
	}
	o := &b.Plan.ops[first]
	return b.addTwin(from, []string{folder}, o, "[internal] what is there before "+o.name,
		&pb.FileAction{Input: -1, SecondaryInput: 0, Output: -1, Action: &pb.FileAction_Copy{Copy: &pb.FileActionCopy{
			Src: "/" + folder, Dest: parent, Mode: -1, CreateDestPath: true, Timestamp: -1,
		}}}, b.marked(b.Digests[from], 1))
}

// marked returns an action that changes nothing but the cache key of its op: it removes a file that no image has. What is
// copied goes by its content, which another run of from can have made, too.
func (b *Bound) marked(from digest.Digest, input int64) *pb.FileAction {
	mark := digest.FromString(b.Plan.mark + string(from)).Encoded()
	return &pb.FileAction{Input: input, SecondaryInput: -1, Output: 0, Action: &pb.FileAction_Rm{Rm: &pb.FileActionRm{
		Path: "/.stagewatch-" + mark, AllowNotFound: true,
	}}}
}

// addTwin adds a twin of the op from that these actions make. It runs where like runs.
func (b *Bound) addTwin(from int, paths []string, like *op, name string, actions ...*pb.FileAction) (int, error) {
	own := &pb.Op{
		Inputs:      []*pb.Input{{Digest: string(b.Digests[from])}},
		Platform:    like.pb.Platform.CloneVT(),
		Constraints: like.pb.Constraints.CloneVT(),
		Op:          &pb.Op_File{File: &pb.FileOp{Actions: actions}},
	}
	at, err := b.addOp(own, &pb.OpMetadata{Description: map[string]string{"llb.customname": name}}, like)
	if err != nil {
		return 0, err
	}
	n := slices.IndexFunc(b.twins, func(t Twin) bool { return t.Op == at })
	if n < 0 {
		b.twins = append(b.twins, Twin{Op: at, Of: from})
		n = len(b.twins) - 1
	}
	for _, p := range paths {
		if !slices.Contains(b.twins[n].Paths, p) {
			b.twins[n].Paths = append(b.twins[n].Paths, p)
		}
	}
	return at, nil
}

// addOp adds an op that a shortcut needs, unless another shortcut needs it, too.
func (b *Bound) addOp(own *pb.Op, md *pb.OpMetadata, of *op) (int, error) {
	dt, err := marshal(own)
	if err != nil {
		return 0, fmt.Errorf("encoding what a shortcut adds for %q: %w", of.name, err)
	}
	if i, ok := b.At[digest.FromBytes(dt)]; ok {
		return i, nil
	}
	i := len(b.Ops)
	b.Ops, b.encoded, b.Digests = append(b.Ops, nil), append(b.encoded, nil), append(b.Digests, "")
	return i, b.set(i, own, md, of)
}
