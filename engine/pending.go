package engine

import (
	"cmp"
	"slices"
	"time"

	"github.com/stagewatch/stagewatch/engine/event"
)

// pending holds the changes that no successful build contains yet.
type pending struct {
	changes map[string]pendingChange
	// last numbers the last change taken in.
	last int
	// saved is the last write of the newest batch, edits counts the batches so far.
	saved time.Time
	edits int
	// source numbers the last edit of the Dockerfile or the ignore file, 0 for none that is pending.
	source int
}

type pendingChange struct {
	event.Change
	seq int
}

// add takes in one save; source tells that the Dockerfile or the ignore file is part of it.
func (p *pending) add(changes []event.Change, source bool, saved time.Time) {
	if p.changes == nil {
		p.changes = map[string]pendingChange{}
	}
	for _, c := range changes {
		p.last++
		if known, ok := p.changes[c.Path]; ok {
			c.Kind = combine(known.Kind, c.Kind)
		}
		p.changes[c.Path] = pendingChange{c, p.last}
	}
	if source {
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
func (p *pending) list() []event.Change {
	out := make([]event.Change, 0, len(p.changes))
	for _, c := range p.changes {
		out = append(out, c.Change)
	}
	slices.SortFunc(out, func(a, b event.Change) int { return cmp.Compare(a.Path, b.Path) })
	return out
}

// since returns the changes that came after seq, by path.
func (p *pending) since(seq int) []event.Change {
	var out []event.Change
	for _, c := range p.list() {
		if p.changes[c.Path].seq > seq {
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
}

func paths(changes []event.Change) []string {
	out := make([]string, len(changes))
	for i, c := range changes {
		out[i] = c.Path
	}
	return out
}
