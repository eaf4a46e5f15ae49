package plan

import (
	"fmt"
	"strings"

	"github.com/moby/buildkit/solver/pb"
	"github.com/opencontainers/go-digest"
)

// op is one vertex of the graph, inputs before users.
type op struct {
	pb     *pb.Op
	digest digest.Digest
	// name is what progress calls the op: "[build 4/6] RUN …".
	name string
	// lines are the first Dockerfile lines of the instructions that the op comes from, more than one
	// where identical instructions were merged; ends are their last lines.
	lines, ends []int
	// inputs index ops, in the order of pb.Inputs.
	inputs []int
	// key covers what the op does, and what the ops below do that its cache key is bound to; fullKey covers
	// the ops that are read by content as well. Local contexts count as their name.
	key, fullKey digest.Digest
	// noCache tells that BuildKit is told to run the op in any case.
	noCache bool
	// steps index the steps that the op is part of, more than one where identical ones were merged.
	steps []int
	// serves index the steps that the op is a part of, where it comes from no instruction of its own: the source of
	// an ADD, a file out of the Dockerfile, the image that a COPY --from names.
	serves []int
}

const (
	localPrefix = "local://"
	imagePrefix = "docker-image://"
)

// local returns the name of the local context that the op is, if it is one.
func (o *op) local() (string, bool) {
	src := o.pb.GetSource()
	if src == nil || !strings.HasPrefix(src.Identifier, localPrefix) {
		return "", false
	}
	return strings.TrimPrefix(src.Identifier, localPrefix), true
}

// readGraph decodes the definition's ops and computes their keys.
func (p *Plan) readGraph() error {
	images, err := contentOf(p.told.Bases)
	if err != nil {
		return err
	}
	at := make(map[digest.Digest]int, len(p.def.Def))
	for i, dt := range p.def.Def {
		o := op{pb: &pb.Op{}, digest: digest.FromBytes(dt)}
		if err := o.pb.UnmarshalVT(dt); err != nil {
			return fmt.Errorf("decoding op %d: %w", i, err)
		}
		for _, in := range o.pb.Inputs {
			j, ok := at[digest.Digest(in.Digest)]
			if !ok {
				return fmt.Errorf("op %d needs %s, which does not come before it", i, in.Digest)
			}
			o.inputs = append(o.inputs, j)
		}
		if md := p.def.Metadata[string(o.digest)]; md != nil {
			o.name = md.Description["llb.customname"]
			o.noCache = md.IgnoreCache
		}
		if p.def.Source != nil {
			if locs := p.def.Source.Locations[string(o.digest)]; locs != nil {
				for _, l := range locs.Locations {
					if len(l.Ranges) > 0 {
						o.lines = append(o.lines, int(l.Ranges[0].Start.Line))
						o.ends = append(o.ends, int(l.Ranges[len(l.Ranges)-1].End.Line))
					}
				}
			}
		}
		if err := p.setKeys(&o, images); err != nil {
			return err
		}
		at[o.digest] = i
		p.ops = append(p.ops, o)
	}
	return nil
}

// setKeys computes the op's keys. An image counts as what is in it, where that is known, and not as its name or as how
// it is to be looked up.
func (p *Plan) setKeys(o *op, images map[string]string) error {
	if name, ok := o.local(); ok {
		o.key = digest.FromString(localPrefix + name)
		o.fullKey = o.key
		return nil
	}
	own := o.pb.CloneVT()
	for _, in := range own.Inputs {
		in.Digest = ""
	}
	if ref, ok := strings.CutPrefix(own.GetSource().GetIdentifier(), imagePrefix); ok {
		src := own.GetSource()
		delete(src.Attrs, pb.AttrImageResolveMode)
		if content, ok := images[undigested(ref)]; ok {
			src.Identifier, own.Platform = imagePrefix+content, nil
		}
	}
	dt, err := marshal(own)
	if err != nil {
		return err
	}
	key := string(digest.FromBytes(dt))
	fullKey := key
	for i, j := range o.inputs {
		fullKey += "\n" + string(p.ops[j].fullKey)
		if o.readsByContent(i) {
			key += "\ncontent"
		} else {
			key += "\n" + string(p.ops[j].key)
		}
	}
	o.key, o.fullKey = digest.FromString(key), digest.FromString(fullKey)
	return nil
}

// readsByContent tells whether BuildKit keys input i of the op by the content of what the op selects of
// it. The other inputs are keyed by how they were made. See CacheMap of BuildKit's file and exec ops.
func (o *op) readsByContent(i int) bool {
	switch t := o.pb.Op.(type) {
	case *pb.Op_File:
		read := false
		for _, a := range t.File.Actions {
			if int(a.Input) == i {
				return false
			}
			if a.GetCopy() != nil && int(a.SecondaryInput) == i {
				read = true
			}
		}
		return read
	case *pb.Op_Exec:
		read := false
		for _, m := range t.Exec.Mounts {
			if int(m.Input) != i {
				continue
			}
			if m.Output != int64(pb.SkipOutput) && (!m.Readonly || m.Dest == pb.RootMount) {
				return false
			}
			read = true
		}
		return read
	}
	return false
}
