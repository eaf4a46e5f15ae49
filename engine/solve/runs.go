package solve

import (
	"sync"
	"time"

	"github.com/moby/buildkit/client"
	"github.com/opencontainers/go-digest"
)

// runs knows which solve of this session reported the end of a vertex that ran.
//
// An engine that keeps a history of builds holds on to the vertices of a canceled solve until its record is written. A
// solve that comes meanwhile and needs one of them is told of its whole run, output included, as if it were its own.
type runs struct {
	mu    sync.Mutex
	ended map[digest.Digest]run
	// solves counts the solves, to forget what is long over.
	solves int
}

type run struct {
	started time.Time
	by      *tracker
	solve   int
}

// keepRuns is for how many solves a run is remembered. An engine writes a record within seconds.
const keepRuns = 20

// begin forgets the runs of old solves.
func (r *runs) begin() {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.solves++
	for d, run := range r.ended {
		if r.solves-run.solve > keepRuns {
			delete(r.ended, d)
		}
	}
}

// elsewhere reports whether the run of a vertex ended in an earlier solve than that of t. It records the end of one that is
// t's own.
func (r *runs) elsewhere(t *tracker, v *client.Vertex) bool {
	if v.Started == nil || v.Cached {
		return false
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	known, ok := r.ended[v.Digest]
	if ok && known.by != t && known.started.Equal(*v.Started) {
		return true
	}
	if v.Completed != nil && v.Error == "" && (!ok || known.started.Before(*v.Started)) {
		if r.ended == nil {
			r.ended = map[digest.Digest]run{}
		}
		r.ended[v.Digest] = run{*v.Started, t, r.solves}
	}
	return false
}
