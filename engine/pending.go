package engine

import (
	"cmp"
	"maps"
	"slices"
	"time"

	"github.com/stagewatch/stagewatch/engine/event"
	"github.com/stagewatch/stagewatch/engine/plan"
)

// pending holds the changes that no successful build contains yet.
type pending struct {
	changes map[string]pendingChange
	// last numbers the last change taken in.
	last int
	// saved is the last write of the newest batch, edits counts the batches so far.
	saved time.Time
	edits int
	// source numbers the last edit of the Dockerfile, 0 for none that is pending.
	source int
	// renamed are new paths by old ones, rules is the ignore file whose rules changed.
	renamed map[string]string
	rules   string
}

type pendingChange struct {
	plan.Change
	seq int
}

// add takes in one save, of whose changes some are relevant.
func (p *pending) add(relevant []plan.Change, d delta, saved time.Time) {
	if p.changes == nil {
		p.changes, p.renamed = map[string]pendingChange{}, map[string]string{}
	}
	maps.Copy(p.renamed, d.renamed)
	if d.rules && len(d.ruleFiles) > 0 {
		p.rules = d.ruleFiles[0]
	}
	for _, c := range relevant {
		p.last++
		path := shown(c)
		if known, ok := p.changes[path]; ok {
			c.Kind = combine(known.Kind, c.Kind)
		}
		p.changes[path] = pendingChange{c, p.last}
	}
	if d.dockerfile {
		p.last++
		p.source = p.last
	}
	p.edits++
	p.saved = saved
}

// combine says how a path differs from the last build after two changes.
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
	slices.SortFunc(out, func(a, b plan.Change) int { return cmp.Compare(shown(a), shown(b)) })
	return out
}

// since returns the changes that came after seq, by path.
func (p *pending) since(seq int) []plan.Change {
	var out []plan.Change
	for _, c := range p.list() {
		if p.changes[shown(c)].seq > seq {
			out = append(out, c)
		}
	}
	return out
}

// settle drops what a successful build contains: the changes up to seq.
func (p *pending) settle(seq int) {
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

// shown is a changed path as a person reads it: with the context's name before those of a named one.
func shown(c plan.Change) string {
	if c.Context == "" {
		return c.Path
	}
	return c.Context + ":" + c.Path
}

func paths(changes []plan.Change) []string {
	out := make([]string, len(changes))
	for i, c := range changes {
		out[i] = shown(c)
	}
	return out
}

// changeEvents are the changes as events have them: a path that went and the one that it became are one.
func changeEvents(changes []plan.Change, renamed map[string]string) []event.Change {
	kind := make(map[string]string, len(changes))
	for _, c := range changes {
		kind[shown(c)] = c.Kind
	}
	from, gone := map[string]string{}, map[string]bool{}
	for old, path := range renamed {
		if kind[old] == event.Deleted && kind[path] == event.Added {
			from[path], gone[old] = old, true
		}
	}
	out := make([]event.Change, 0, len(changes))
	for _, c := range changes {
		path := shown(c)
		switch {
		case gone[path]:
		case from[path] != "":
			out = append(out, event.Change{Path: path, Kind: event.Renamed, From: from[path]})
		default:
			out = append(out, event.Change{Path: path, Kind: c.Kind})
		}
	}
	return out
}
