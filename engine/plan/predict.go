package plan

import (
	"strings"

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

// Prediction is what is expected of one step.
type Prediction struct {
	event.Prediction
	// Reason says why, for a step that is no hit.
	Reason event.Reason
	// Read tells that the step itself reads a changed path, Edited that it is another step than before.
	Read, Edited bool
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
			if !p.merges(s.ops, o) {
				v = worse(v, verdicts[o])
			}
		}
		if prev == nil && v.prediction != event.WillHit {
			v.reason = event.Reason{Kind: event.ReasonFirstBuild}
		}
		out[i] = Prediction{Prediction: v.prediction, Reason: v.reason, Read: v.read, Edited: v.edited}
	}
	return out
}

// verdict is what is expected of an op.
type verdict struct {
	prediction event.Prediction
	reason     event.Reason
	// read tells that the op itself reads a changed path, direct that the reason is about something that
	// the op reads and not about the step before it.
	read, direct bool
	// edited tells that the op is not what it was.
	edited bool
}

// worse returns the verdict that decides where both hold. Of two alike the one that names what the op
// itself reads tells a person more.
func worse(a, b verdict) verdict {
	rank := map[event.Prediction]int{event.WillHit: 0, event.MayRerun: 1, event.WillRerun: 2}
	ra, rb := rank[a.prediction], rank[b.prediction]
	if rb > ra || rb == ra && b.direct && !a.direct {
		b.read, b.edited = a.read || b.read, a.edited || b.edited
		return b
	}
	a.read, a.edited = a.read || b.read, a.edited || b.edited
	return a
}

func (p *Plan) verdicts(prev *Plan, changes []Change, tree Tree) []verdict {
	known := newKnown(p, prev)
	read := map[[2]int]verdict{}
	if prev != nil {
		x := newIndex(changes, tree)
		for _, r := range p.readers {
			if found := x.read(r); len(found) > 0 {
				read[[2]int{r.op, r.input}] = verdict{prediction: event.WillRerun, reason: pathReason(changes[found[0]], len(found)), read: true, direct: true}
			}
		}
	}
	out := make([]verdict, len(p.ops))
	for i := range p.ops {
		o := &p.ops[i]
		v := known.verdict(p, i)
		for k, j := range o.inputs {
			if seen, ok := read[[2]int{i, k}]; ok {
				v = worse(v, seen)
			} else {
				v = worse(v, p.through(i, k, out[j]))
			}
		}
		out[i] = v
	}
	return out
}

// through tells what the input k of op i, of which from is expected, means for the op.
func (p *Plan) through(i, k int, from verdict) verdict {
	o := &p.ops[i]
	j := o.inputs[k]
	if _, ok := p.ops[j].local(); ok {
		if !o.readsByContent(k) {
			// BuildKit knows it by the transfer that brought it, not by what it holds.
			return verdict{prediction: event.MayRerun, reason: event.Reason{Kind: event.ReasonTouched}, direct: true}
		}
		return verdict{prediction: event.WillHit}
	}
	if from.prediction == event.WillHit {
		return from
	}
	if p.isInline(j) {
		// What a heredoc holds is in the Dockerfile: another key is another content.
		return verdict{prediction: event.WillRerun, reason: event.Reason{Kind: event.ReasonDockerfile}}
	}
	if o.readsByContent(k) {
		return verdict{prediction: event.MayRerun, reason: p.following(event.ReasonReads, i, j), direct: true}
	}
	return verdict{prediction: from.prediction, reason: p.following(event.ReasonAfter, i, j)}
}

// isInline tells whether op j is a file written out of the Dockerfile itself.
func (p *Plan) isInline(j int) bool {
	f := p.ops[j].pb.GetFile()
	return f != nil && len(p.ops[j].inputs) == 0 && len(f.Actions) == 1 && f.Actions[0].GetMkfile() != nil
}

// following is the reason of op i that comes of its input j. The input is named as a person finds it on the screen: where
// several steps share it, as the one of the stage that op i is in.
func (p *Plan) following(kind event.ReasonKind, i, j int) event.Reason {
	r := event.Reason{Kind: kind}
	if src := p.ops[j].pb.GetSource(); src != nil {
		ref, isImage := strings.CutPrefix(src.Identifier, imagePrefix)
		if isImage {
			r.Names = []string{ref}
		} else if len(p.ops[j].steps) == 0 {
			// An address may hold a password, so it is left out.
			r.Kind = event.ReasonFetched
		}
	}
	for k, n := range p.ops[j].steps {
		s := p.Steps[n]
		sameStage := len(p.ops[i].steps) > 0 && p.Steps[p.ops[i].steps[0]].Stage == s.Stage
		if k == 0 || sameStage {
			id := s.ID()
			r.Step, r.Total, r.Names = &id, s.Total, nil
		}
	}
	return r
}

// pathReason is the reason of a step that reads count changed paths, of which c is the first.
func pathReason(c Change, count int) event.Reason {
	return event.Reason{Kind: event.ReasonPath, Path: c.Path, Context: c.Context, Change: c.Kind, Count: count}
}

// Reads tells whether a step that the target needs reads the change.
func (p *Plan) Reads(c Change, tree Tree) bool { return len(p.Relevant([]Change{c}, tree)) > 0 }

// Relevant returns the changes that a step which the target needs reads, in their order. For many changes it is
// much faster than asking for each.
func (p *Plan) Relevant(changes []Change, tree Tree) []Change {
	x := newIndex(changes, tree)
	read := make([]bool, len(changes))
	for _, r := range p.readers {
		for _, i := range x.read(r) {
			read[i] = true
		}
	}
	var out []Change
	for i, c := range changes {
		if read[i] {
			out = append(out, c)
		}
	}
	return out
}
