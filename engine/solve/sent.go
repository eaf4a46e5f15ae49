package solve

import (
	"sync"

	"github.com/tonistiigi/fsutil"

	"github.com/stagewatch/stagewatch/engine/plan"
	"github.com/stagewatch/stagewatch/engine/tree"
)

// sent remembers what the engine was sent of local contexts, and by which session.
//
// BuildKit keys a local source by the session that brings it. A source in which nothing changed is bound to
// the session that brought it last, which has ended: BuildKit then takes what it has, and asks nobody for the
// stats of a hundred thousand files. Where it has that no more it asks the session of the day.
type sent struct {
	mu    sync.Mutex
	byKey map[string]shipment
}

// shipment is a source that arrived whole.
type shipment struct {
	session string
	snap    *tree.Snapshot
}

// session returns the session to bind a source to: now, unless what it brings was there before.
func (s *sent) session(l plan.Local, contexts map[string]fsutil.FS, now string) string {
	served, ok := contexts[l.Context].(*tree.FS)
	if !ok {
		return now // a context that nobody can compare
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if before, ok := s.byKey[l.Key]; ok && before.snap.Same(served.Snapshot(), l.Paths) {
		return before.session
	}
	return now
}

// arrived notes that a source was brought by the session that it is bound to.
func (s *sent) arrived(l plan.Local, contexts map[string]fsutil.FS) {
	served, ok := contexts[l.Context].(*tree.FS)
	if !ok || served.Moved() {
		return // what was sent is not what the snapshot says
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.byKey == nil {
		s.byKey = map[string]shipment{}
	}
	s.byKey[l.Key] = shipment{l.Session, served.Snapshot()}
}

func (s *sent) forget() {
	s.mu.Lock()
	defer s.mu.Unlock()
	clear(s.byKey)
}

// Binding returns the way to bind a plan's sources for a session that serves the contexts: each to the session
// that brought it.
func (b *Builder) Binding(contexts map[string]fsutil.FS, session string) func(plan.Local) string {
	return func(l plan.Local) string { return b.sent.session(l, contexts, session) }
}

// noteSent notes what a solve has brought, as far as it got.
func (b *Builder) noteSent(t *tracker, req Request) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.bound == nil {
		return
	}
	for d, l := range t.bound.Locals {
		// BuildKit also reports the making of the cache key: what counts is the end after the transfer.
		v := t.vertices[d]
		arrived := v != nil && v.err == "" && v.sent != nil && v.ended != nil && !v.ended.Before(*v.sent)
		if arrived && l.Session == t.session {
			b.sent.arrived(l, req.Contexts)
		}
	}
}
