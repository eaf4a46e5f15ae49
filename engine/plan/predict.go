package plan

import (
	"fmt"
	"strings"

	"github.com/moby/buildkit/solver/pb"
	"github.com/opencontainers/go-digest"

	"github.com/stagewatch/stagewatch/engine/event"
)

// Change is a path of a local context that changed.
type Change struct {
	event.Change
	// Context names the local context; empty is the main one.
	Context string
	// Dir marks a folder, of which only the folder itself changed.
	Dir bool
}

// Tree is what a prediction needs to know of the context's files.
type Tree interface {
	// Symlinks lists the main context's symbolic links: slash-separated path to target as written.
	Symlinks() map[string]string
}

// Prediction is what is expected of one step.
type Prediction struct {
	event.Prediction
	// Because says why, for a step that is no hit.
	Because string
	// Read tells that the step itself reads a changed path.
	Read bool
}

// Predict tells for each of p.Steps what a build makes of it after changes, where prev is the plan of the
// last successful build on the same engine (nil for none) and changes is all that changed since.
//
// A hit is a promise that the changes alone do not make the step rerun. Rerun is certain but for a result
// that BuildKit still has from an earlier build of the same content. Maybe stands for a step that reads by
// content what another step makes.
func (p *Plan) Predict(prev *Plan, changes []Change, tree Tree) []Prediction {
	out := make([]Prediction, len(p.Steps))
	verdicts := p.verdicts(prev, changes, tree)
	for i, s := range p.Steps {
		v := verdict{prediction: event.WillHit}
		for _, o := range s.ops {
			// An ADD of a URL has a source op of the same name; what the step does is its last op.
			v = worse(v, verdicts[o])
		}
		if prev == nil && v.prediction != event.WillHit {
			v.because = "first build"
		}
		out[i] = Prediction{Prediction: v.prediction, Because: v.because, Read: v.read}
	}
	return out
}

// verdict is what is expected of an op.
type verdict struct {
	prediction event.Prediction
	because    string
	// read tells that the op itself reads a changed path, direct that because is about something that
	// the op reads and not about the step before it.
	read, direct bool
}

// worse returns the verdict that decides where both hold. Of two alike the one that names what the op
// itself reads tells a person more.
func worse(a, b verdict) verdict {
	rank := map[event.Prediction]int{event.WillHit: 0, event.MayRerun: 1, event.WillRerun: 2}
	ra, rb := rank[a.prediction], rank[b.prediction]
	if rb > ra || rb == ra && b.direct && !a.direct {
		b.read = a.read || b.read
		return b
	}
	a.read = a.read || b.read
	return a
}

func (p *Plan) verdicts(prev *Plan, changes []Change, tree Tree) []verdict {
	known := newKnown(prev)
	out := make([]verdict, len(p.ops))
	for i := range p.ops {
		o := &p.ops[i]
		v := verdict{prediction: event.WillHit}
		switch {
		case prev == nil:
			v = verdict{prediction: event.MayRerun}
		case o.pb.GetSource() != nil:
			if _, ok := o.local(); !ok && !known.full[o.fullKey] {
				v = verdict{prediction: event.WillRerun, because: known.explain(p, i)}
			}
		case !known.key[o.key]:
			v = verdict{prediction: event.WillRerun, because: known.explain(p, i)}
		case !known.full[o.fullKey]:
			v = verdict{prediction: event.MayRerun, because: known.explain(p, i)}
		}
		for k, j := range o.inputs {
			v = worse(v, p.through(o, k, j, out[j], changes, tree))
		}
		out[i] = v
	}
	return out
}

// through tells what the op's input k, which is op j with verdict from, means for the op.
func (p *Plan) through(o *op, k, j int, from verdict, changes []Change, tree Tree) verdict {
	if name, ok := p.ops[j].local(); ok {
		if !o.readsByContent(k) {
			return verdict{prediction: event.WillRerun, because: "mounts the context for writing, which BuildKit never caches"}
		}
		read := o.selects(k, name, changes, tree)
		if len(read) == 0 {
			return verdict{prediction: event.WillHit}
		}
		return verdict{prediction: event.WillRerun, because: describe(read), read: true, direct: true}
	}
	if from.prediction == event.WillHit {
		return from
	}
	if p.isInline(j) {
		// What a heredoc holds is in the Dockerfile: another key is another content.
		return verdict{prediction: event.WillRerun, because: "changed in the Dockerfile"}
	}
	if o.readsByContent(k) {
		return verdict{prediction: event.MayRerun, because: "reads from " + p.who(j), direct: true}
	}
	return verdict{prediction: from.prediction, because: "after " + p.who(j)}
}

// isInline tells whether op j is a file written out of the Dockerfile itself.
func (p *Plan) isInline(j int) bool {
	f := p.ops[j].pb.GetFile()
	return f != nil && len(p.ops[j].inputs) == 0 && len(f.Actions) == 1 && f.Actions[0].GetMkfile() != nil
}

// who names op j as a person finds it on the screen.
func (p *Plan) who(j int) string {
	for _, s := range p.Steps {
		for _, o := range s.ops {
			if o == j {
				return fmt.Sprintf("%s %d/%d", s.Stage, s.Index, s.Total)
			}
		}
	}
	return "an inner step"
}

// describe words what changed: "app/main.py changed", "a.py and 3 more changed".
func describe(changes []Change) string {
	c := changes[0]
	verb := map[string]string{event.ContentChanged: "changed", event.ModeChanged: "changed its mode", event.Added: "was added", event.Deleted: "was deleted"}[c.Kind]
	name := c.Path
	if c.Context != "" {
		name = c.Context + ":" + name
	}
	if n := len(changes) - 1; n > 0 {
		return fmt.Sprintf("%s and %d more changed", name, n)
	}
	return name + " " + verb
}

// knownOps are the keys of an earlier plan's ops.
type knownOps struct {
	key, full map[digest.Digest]bool
	prev      *Plan
}

func newKnown(prev *Plan) knownOps {
	k := knownOps{key: map[digest.Digest]bool{}, full: map[digest.Digest]bool{}, prev: prev}
	if prev != nil {
		for _, o := range prev.ops {
			k.key[o.key], k.full[o.fullKey] = true, true
		}
	}
	return k
}

// explain says what of the Dockerfile or its bases makes op i another than before. What only follows
// from an input is left to the input.
func (k knownOps) explain(p *Plan, i int) string {
	for _, s := range p.Steps {
		if s.ops[len(s.ops)-1] != i && s.ops[0] != i {
			continue
		}
		for _, old := range k.prev.Steps {
			if old.ID() == s.ID() && old.Instruction != s.Instruction {
				if strings.HasPrefix(s.Instruction, "FROM ") && strings.HasPrefix(old.Instruction, "FROM ") {
					return "base was " + strings.TrimPrefix(old.Instruction, "FROM ")
				}
				return "Dockerfile changed: was " + old.Instruction
			}
		}
		for _, j := range p.ops[i].inputs {
			if _, local := p.ops[j].local(); !local && !k.full[p.ops[j].fullKey] && !p.isInline(j) {
				return "after " + p.who(j)
			}
		}
		if src := p.ops[i].pb.GetSource(); src != nil {
			return "base image changed"
		}
		return "new in the Dockerfile"
	}
	return "the Dockerfile changed"
}

// selects returns the changes that the op's input k, the local context called name, brings into its key.
func (o *op) selects(k int, name string, changes []Change, tree Tree) []Change {
	var sels []selector
	switch t := o.pb.Op.(type) {
	case *pb.Op_File:
		for _, a := range t.File.Actions {
			if c := a.GetCopy(); c != nil && int(a.SecondaryInput) == k {
				sels = append(sels, selector{path: c.Src, wildcard: c.AllowWildcard, follow: c.FollowSymlink, includes: c.IncludePatterns, excludes: c.ExcludePatterns})
			}
		}
	case *pb.Op_Exec:
		for _, m := range t.Exec.Mounts {
			if int(m.Input) == k {
				sels = append(sels, selector{path: m.Selector, follow: true})
			}
		}
	}
	var links map[string]string
	if tree != nil && name == "context" {
		links = tree.Symlinks()
	}
	var read []Change
	for _, c := range changes {
		ctx := c.Context
		if ctx == "" {
			ctx = "context"
		}
		if ctx != name {
			continue
		}
		for _, s := range sels {
			if s.reads(c, links) {
				read = append(read, c)
				break
			}
		}
	}
	return read
}

// Reads tells whether a step that the target needs reads the change.
func (p *Plan) Reads(c Change, tree Tree) bool {
	for i := range p.ops {
		o := &p.ops[i]
		for k, j := range o.inputs {
			if name, ok := p.ops[j].local(); ok && len(o.selects(k, name, []Change{c}, tree)) > 0 {
				return true
			}
		}
	}
	return false
}
