package tree

import (
	"slices"
	"time"
)

// reconcile decides between a node that was just read and the old one of the same path. It keeps what was known of the
// content if that still holds. If it can't find that out, it returns the new node without facts, which reads as a
// change: building once too often is safe.
func (s *scanner) reconcile(rel string, n, old *node) *node {
	if s.bare {
		return n
	}
	n.racy = isRacy(n.meta, time.Now())
	n.faulty = n.fault != nil || slices.ContainsFunc(n.kids, func(k *node) bool { return k.faulty })
	if old == nil || !sameKind(n.mode, old.mode) {
		return n
	}
	known := old.known.Load()
	racy := old.racy
	if known != nil {
		racy = known.racy
	}
	if n.meta == old.meta && n.link == old.link && !racy {
		if slices.Equal(n.kids, old.kids) && n.fault == nil && old.fault == nil {
			return old
		}
		n.known.Store(known)
		return n
	}
	if known == nil || n.size != old.size || !n.wantsFacts() {
		return n
	}
	if fresh, err := examine(s.abs(rel), n.meta); err == nil {
		n.known.Store(fresh)
	}
	return n
}
