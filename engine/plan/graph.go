package plan

import (
	"fmt"
	"slices"
	"strings"

	"github.com/moby/buildkit/solver/pb"
	"github.com/opencontainers/go-digest"
)

// op is one vertex of the graph. Plan.ops has each one after its inputs.
type op struct {
	pb     *pb.Op
	digest digest.Digest
	// name is the op's name in BuildKit's progress: "[build 4/6] RUN …".
	name string
	// lines are the first lines of the instructions that the op comes from, ends their last lines. There are several
	// where BuildKit merged identical instructions.
	lines, ends []int
	// inputs are indexes into Plan.ops, in the order of pb.Inputs.
	inputs []int
	// key identifies the op together with the inputs that its cache key depends on by how they were made. fullKey also
	// covers the inputs that are read by content. The key of a local context is its name.
	key, fullKey digest.Digest
	// noCache is set where BuildKit must not use the cache for the op.
	noCache bool
	// anew is set for these, and for all that stands on them: for BuildKit they are the same as before, whatever came out of
	// a step without the cache.
	anew bool
	// whole is set for a local context of which a change anywhere may matter. The paths that BuildKit's converter gives it
	// are patterns that say neither how deep they reach nor that the folders above them count.
	whole bool
	// steps are the steps that the op executes, as indexes into Plan.Steps: several where identical ones were merged.
	steps []int
	// serves are, for an op that executes no instruction, the steps that use it: as the source of an ADD, as a file
	// that is in the Dockerfile, or as the image of a COPY --from.
	serves []int
}

const (
	localPrefix = "local://"
	imagePrefix = "docker-image://"
)

// local returns the name of the local context that the op is. It reports false for any other op.
func (o *op) local() (string, bool) {
	src := o.pb.GetSource()
	if src == nil || !strings.HasPrefix(src.Identifier, localPrefix) {
		return "", false
	}
	return strings.TrimPrefix(src.Identifier, localPrefix), true
}

// readGraph decodes the definition's ops and computes their keys.
func (p *Plan) readGraph() error {
	images, err := contentOf(p.engine.Bases)
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
		o.anew = o.noCache || slices.ContainsFunc(o.inputs, func(j int) bool { return p.ops[j].anew })
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

// setKeys computes the op's keys. An image of known content is keyed by its content, whatever its name is and however it
// is looked up.
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
	if meta := own.GetExec().GetMeta(); meta != nil {
		meta.ProxyEnv = nil // which BuildKit's cache leaves out, too
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

// readsByContent reports whether the op's cache key depends on the content that it selects from input i. For other inputs
// it depends on how they were made. See CacheMap of BuildKit's file and exec ops.
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
