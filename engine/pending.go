package engine

import (
	"cmp"
	"maps"
	"slices"
	"time"

	"github.com/stagewatch/stagewatch/engine/event"
	"github.com/stagewatch/stagewatch/engine/plan"
	"github.com/stagewatch/stagewatch/engine/project"
)

// pending holds the changes that no successful build contains yet.
type pending struct {
	changes map[string]pendingChange
	// last is the number of the change that was added last.
	last int
	// savedAt is the time of the last write in the newest batch, and edits the number of batches so far.
	savedAt time.Time
	edits   int
	// source is the number of the last edit of the Dockerfile, 0 for none that is pending.
	source int
	// renamed maps old paths to new ones. Rules is the ignore file whose rules changed, empty for none.
	renamed map[string]string
	rules   string
	// saves are the numbers of the newest save of each path in the session, as a person reads it, and control that of the
	// newest one of the Dockerfile or an ignore file.
	saves   map[string]int
	control int
}

type pendingChange struct {
	plan.Change
	seq int
}

// add adds a save, some of whose changes are relevant.
func (p *pending) add(relevant []plan.Change, d project.Delta, savedAt time.Time) {
	if p.changes == nil {
		p.changes, p.renamed, p.saves = map[string]pendingChange{}, map[string]string{}, map[string]int{}
	}
	maps.Copy(p.renamed, d.Renamed)
	if d.Rules && len(d.RuleFiles) > 0 {
		p.rules = d.RuleFiles[0]
	}
	for _, c := range relevant {
		p.last++
		path := project.Shown(c)
		if known, ok := p.changes[path]; ok {
			c.Kind = combine(known.Kind, c.Kind)
		}
		p.changes[path] = pendingChange{c, p.last}
	}
	if d.Dockerfile {
		p.last++
		p.source = p.last
	}
	p.edits++
	p.savedAt = savedAt
	for _, c := range relevant {
		p.saves[project.Shown(c)] = p.edits
	}
	if d.Dockerfile || d.Rules || d.Broke {
		p.control = p.edits
	}
}

// newest returns the number of the newest save of a path at the place, 0 for none in the session.
func (p *pending) newest(at project.Place) int {
	n := 0
	if at.Control {
		n = p.control
	}
	for path, edit := range p.saves {
		if at.Holds(path) {
			n = max(n, edit)
		}
	}
	return n
}

// combine returns how a path differs from the last build after two changes.
func combine(first, second string) string {
	if first == event.ModeChanged || second == event.Deleted {
		return second
	}
	if first == event.Deleted && second == event.Added {
		return event.ContentChanged
	}
	return first
}

// list returns the changes by path.
func (p *pending) list() []plan.Change {
	out := make([]plan.Change, 0, len(p.changes))
	for _, c := range p.changes {
		out = append(out, c.Change)
	}
	slices.SortFunc(out, func(a, b plan.Change) int { return cmp.Compare(project.Shown(a), project.Shown(b)) })
	return out
}

// after returns the changes that came after number seq, by path.
func (p *pending) after(seq int) []plan.Change {
	var out []plan.Change
	for _, c := range p.list() {
		if p.changes[project.Shown(c)].seq > seq {
			out = append(out, c)
		}
	}
	return out
}

// contained drops what a successful build contains: the changes up to number seq.
func (p *pending) contained(seq int) {
	if p.source <= seq {
		p.source = 0
	}
	for path, c := range p.changes {
		if c.seq <= seq {
			delete(p.changes, path)
		}
	}
	if len(p.changes) == 0 {
		p.rules = ""
		clear(p.renamed)
	}
}
