package solve

import (
	"sync"

	"github.com/tonistiigi/fsutil"

	"github.com/stagewatch/stagewatch/engine/plan"
	"github.com/stagewatch/stagewatch/engine/tree"
)

// sent remembers which local contexts the engine was sent, and by which session.
//
// BuildKit keys a local source by the session that serves it. A source in which nothing changed is bound to the session
// that served it last, which has ended: BuildKit then uses what it has, without asking for the stats of a hundred
// thousand files. If it no longer has the source, it asks the present session.
type sent struct {
	mu    sync.Mutex
	byKey map[string]shipment
}

// shipment is a source that was sent completely.
type shipment struct {
	session string
	snap    *tree.Snapshot
}

// session returns the session to bind a source to: the former one if nothing in the source changed, else now.
func (s *sent) session(l plan.Local, contexts map[string]fsutil.FS, now string) string {
	served, ok := contexts[l.Context].(*tree.FS)
	if !ok {
		return now // a context that can't be compared
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if before, ok := s.byKey[l.Key]; ok && before.snap.Same(served.Snapshot(), l.Paths) {
		return before.session
	}
	return now
}

// arrived records that a source was sent by the session that it is bound to.
func (s *sent) arrived(l plan.Local, contexts map[string]fsutil.FS) {
	served, ok := contexts[l.Context].(*tree.FS)
	if !ok || len(served.Moved()) > 0 {
		return // other content than the snapshot's was sent
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

// Binding returns which session to bind each of a plan's sources to, in a solve whose session serves the contexts.
func (b *Builder) Binding(contexts map[string]fsutil.FS, session string) func(plan.Local) string {
	return func(l plan.Local) string { return b.sent.session(l, contexts, session) }
}

// noteSent records what a solve has sent: all that it was bound to, or as far as it got before it failed.
func (b *Builder) noteSent(t *tracker, req Request, failed bool) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.bound == nil {
		return
	}
	for d, l := range t.bound.Locals {
		// BuildKit also reports the computing of the cache key, before. What counts is the end of the transfer, of which
		// Engine 20.10 loses the report now and then.
		v := t.vertices[d]
		arrived := !failed || v != nil && v.err == "" && v.sending != nil && v.ended != nil && !v.ended.Before(*v.sending)
		if arrived && l.Session == t.session {
			b.sent.arrived(l, req.Contexts)
		}
	}
}
