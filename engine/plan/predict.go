package plan

import (
	"strings"

	"github.com/stagewatch/stagewatch/engine/event"
)

// Change is a changed path of a local context.
type Change struct {
	event.Change
	// Context is the name of the local context, empty for the main one.
	Context string
	// Dir is set for a folder. What changed is the folder itself, not its files.
	Dir bool
}

// Prediction is what is expected of one step.
type Prediction struct {
	event.Prediction
	// Reason says why the step is expected to run. Its kind is empty for a hit.
	Reason event.Reason
	// Read is set where the step itself reads a changed path, Edited where it differs from the last build's step.
	Read, Edited bool
}

// Predict returns what is expected of each of p.Steps in the next build. prev is the plan of the last successful build
// on the same engine, nil for none; changes are all changes since that build.
//
// A hit is a promise: the changes alone do not make the step rerun. A rerun is certain, unless BuildKit still has the
// result of an earlier build with the same content. A maybe is a step that reads files made by a step that may run.
func (p *Plan) Predict(prev *Plan, changes []Change, tree Tree) []Prediction {
	out := make([]Prediction, len(p.Steps))
	verdicts := p.verdicts(prev, changes, tree)
	for i, s := range p.Steps {
		v := verdict{prediction: event.WillHit}
		for _, o := range s.ops {
			if !p.merges(s.ops, o) {
				v = combine(v, verdicts[o])
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
	// read is set where the op itself reads a changed path, direct where the reason is about what the op reads and not
	// about the step before it.
	read, direct bool
	// edited is set where the op differs from that of the last build.
	edited bool
}

// combine returns the verdict where both a and b apply. Of two with the same prediction it keeps the reason that is
// direct, as it explains more.
func combine(a, b verdict) verdict {
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
	last := newComparison(p, prev)
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
		v := last.verdict(p, i)
		for k, j := range o.inputs {
			if changed, ok := read[[2]int{i, k}]; ok {
				v = combine(v, changed)
			} else {
				v = combine(v, p.through(i, k, out[j]))
			}
		}
		out[i] = v
	}
	return out
}

// through returns what is expected of op i because of its input k, of which from is expected.
func (p *Plan) through(i, k int, from verdict) verdict {
	o := &p.ops[i]
	j := o.inputs[k]
	if _, ok := p.ops[j].local(); ok {
		if !o.readsByContent(k) {
			// BuildKit's key of such an input is that of the transfer, not of the content.
			return verdict{prediction: event.MayRerun, reason: event.Reason{Kind: event.ReasonTouched}, direct: true}
		}
		return verdict{prediction: event.WillHit}
	}
	if from.prediction == event.WillHit {
		return from
	}
	if p.isInline(j) {
		// The content of a heredoc is in the Dockerfile: another key means another content.
		return verdict{prediction: event.WillRerun, reason: event.Reason{Kind: event.ReasonDockerfile}}
	}
	if o.readsByContent(k) {
		return verdict{prediction: event.MayRerun, reason: p.inputReason(event.ReasonReads, i, j), direct: true}
	}
	return verdict{prediction: from.prediction, reason: p.inputReason(event.ReasonAfter, i, j)}
}

// isInline reports whether op j is a file whose content is in the Dockerfile: a heredoc.
func (p *Plan) isInline(j int) bool {
	f := p.ops[j].pb.GetFile()
	return f != nil && len(p.ops[j].inputs) == 0 && len(f.Actions) == 1 && f.Actions[0].GetMkfile() != nil
}

// inputReason returns the reason of op i where its input, op j, may run. Where several steps share op j, it names the one
// of op i's own stage, which the user sees next to it.
func (p *Plan) inputReason(kind event.ReasonKind, i, j int) event.Reason {
	r := event.Reason{Kind: kind}
	if src := p.ops[j].pb.GetSource(); src != nil {
		ref, isImage := strings.CutPrefix(src.Identifier, imagePrefix)
		if isImage {
			r.Names = []string{ref}
		} else if len(p.ops[j].steps) == 0 {
			// The URL may hold a password, so it is left out.
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

// pathReason returns the reason of a step that reads count changed paths, the first of which is c.
func pathReason(c Change, count int) event.Reason {
	return event.Reason{Kind: event.ReasonPath, Path: c.Path, Context: c.Context, Change: c.Kind, Count: count}
}

// Reads reports whether any step reads the changed path.
func (p *Plan) Reads(c Change, tree Tree) bool { return len(p.Relevant([]Change{c}, tree)) > 0 }

// Relevant returns the changes that any step reads, in their order. For many changes it is much faster than Reads for
// each of them.
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
