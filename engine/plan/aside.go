package plan

import (
	"fmt"
	"path"

	"github.com/moby/buildkit/solver/pb"
	"github.com/opencontainers/go-digest"
)

// provide returns the op that input k of the plan's op i is taken from, and adds the ops for the steps that are done aside.
func (b *Bound) provide(i, k int) (int, error) {
	at, done := b.Plan.way(i, k)
	if len(done) == 0 {
		return at, nil
	}
	first := &b.Plan.ops[done[0]]
	folder := b.folderOf(at, b.Plan.ops[i].selects(k)[0], first.pb)
	at, err := b.addOp(folder, &pb.OpMetadata{Description: map[string]string{"llb.customname": "[internal] what is there before " + first.name}}, first)
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

// folderOf returns an op that copies a folder of an op's result, and nothing else, to the same place of an empty file
// system. It runs where like runs.
func (b *Bound) folderOf(from int, folder string, like *pb.Op) *pb.Op {
	parent := path.Dir("/" + folder)
	if parent != "/" {
		parent += "/"
	}
	return &pb.Op{
		Inputs:      []*pb.Input{{Digest: string(b.Digests[from])}},
		Platform:    like.Platform.CloneVT(),
		Constraints: like.Constraints.CloneVT(),
		Op: &pb.Op_File{File: &pb.FileOp{Actions: []*pb.FileAction{{
			Input: -1, SecondaryInput: 0, Output: 0,
			Action: &pb.FileAction_Copy{Copy: &pb.FileActionCopy{Src: "/" + folder, Dest: parent, Mode: -1, CreateDestPath: true, Timestamp: -1}},
		}}}},
	}
}

// addOp adds an op that a shortcut needs, unless another shortcut needs it, too.
func (b *Bound) addOp(own *pb.Op, md *pb.OpMetadata, of *op) (int, error) {
	dt, err := marshal(own)
	if err != nil {
		return 0, fmt.Errorf("encoding what is done aside for %q: %w", of.name, err)
	}
	if i, ok := b.At[digest.FromBytes(dt)]; ok {
		return i, nil
	}
	i := len(b.Ops)
	b.Ops, b.encoded, b.Digests = append(b.Ops, nil), append(b.encoded, nil), append(b.Digests, "")
	return i, b.set(i, own, md, of)
}
