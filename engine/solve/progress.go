package solve

import (
	"strings"
	"sync"
	"time"

	"github.com/moby/buildkit/client"
	"github.com/moby/buildkit/solver/pb"
	"github.com/opencontainers/go-digest"

	"github.com/stagewatch/stagewatch/engine/carry"
	"github.com/stagewatch/stagewatch/engine/event"
	"github.com/stagewatch/stagewatch/engine/plan"
)

// tracker converts BuildKit's stream of vertices to the states of the plan's steps.
//
// BuildKit marks a vertex as cached or completed more than once, and in a failing solve it marks vertices as cached
// that it never looked at. So a cached mark counts as a hit only when something that needs the vertex starts to run, or
// when the whole solve succeeds.
type tracker struct {
	plan     *plan.Plan
	lastTook func(stage, instruction string) time.Duration
	emit     func(event.Body)
	// runs are those of all solves of the session.
	runs *runs

	mu    sync.Mutex
	bound *plan.Bound
	// session is the session that serves what the engine must be sent.
	session string
	// vertexOf are the vertices that carry out each step, partsOf those that only serve it.
	vertexOf, partsOf [][]digest.Digest
	steps             []stepState
	vertices          map[digest.Digest]*vertex
	partial           map[outputKey][]byte
	failed            digest.Digest
	// exportedAs are the engine's own words on the image, nil where the solve was not waited for to its end.
	exportedAs map[string]string
	// load is what comes from a builder elsewhere, nil for none, and brought how many bytes of it came.
	load    *carry.Load
	brought int64
	// misled is set where the graph took a shortcut that does not hold.
	misled bool
}

type stepState struct {
	state event.State
	took  time.Duration
}

func (r *runs) track(p *plan.Plan, lastTook func(string, string) time.Duration, emit func(event.Body)) *tracker {
	r.begin()
	if lastTook == nil {
		lastTook = func(string, string) time.Duration { return 0 }
	}
	return &tracker{plan: p, lastTook: lastTook, emit: emit, runs: r, steps: make([]stepState, len(p.Steps)), vertices: map[digest.Digest]*vertex{}, partial: map[outputKey][]byte{}}
}

// bind sets the digests under which the steps will be reported, and the session that serves the solve.
func (t *tracker) bind(b *plan.Bound, session string) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.bound, t.session = b, session
	t.vertexOf, t.partsOf = make([][]digest.Digest, len(t.plan.Steps)), make([][]digest.Digest, len(t.plan.Steps))
	for d, steps := range b.Steps {
		for _, i := range steps {
			t.vertexOf[i] = append(t.vertexOf[i], d)
		}
	}
	for d, steps := range b.Parts {
		for _, i := range steps {
			t.partsOf[i] = append(t.partsOf[i], d)
		}
	}
}

// of returns the steps that a vertex carries out or, if there are none, those that it serves.
func (t *tracker) of(d digest.Digest) []int {
	if steps := t.bound.Steps[d]; len(steps) > 0 {
		return steps
	}
	return t.bound.Parts[d]
}

// definition returns the graph that is solved.
func (t *tracker) definition() *pb.Definition {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.bound.Definition
}

func (t *tracker) update(s *client.SolveStatus) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.bound == nil {
		return
	}
	for _, v := range s.Vertexes {
		t.vertex(v)
	}
	for _, st := range s.Statuses {
		// Progress in bytes is the only sign that a source was fetched and not just looked up.
		v := t.vertices[st.Vertex]
		if v != nil && st.Total > 0 {
			v.pulled = true
		}
		// Engine 20.10 does not always report the end of a transfer.
		if v != nil && st.Started != nil && strings.HasPrefix(st.ID, "transferring ") {
			v.sending = st.Started
		}
	}
	for _, l := range s.Logs {
		t.log(l)
	}
}

func (t *tracker) vertex(v *client.Vertex) {
	known := t.vertices[v.Digest]
	if known == nil {
		known = &vertex{}
		t.vertices[v.Digest] = known
	}
	known.inputs = v.Inputs
	if known.elsewhere = t.runs.elsewhere(t, v); known.elsewhere {
		// To this solve it is a result that was there.
		known.cached = true
		return
	}
	if !known.noteCanceled(v) {
		return
	}
	if v.Cached {
		known.cached = true
	}
	if v.Started != nil && !v.Cached {
		known.started = v.Started
		t.confirmInputs(v.Inputs)
	}
	if v.Error != "" && !known.canceled {
		known.err = v.Error
		if t.failed == "" {
			t.failed = v.Digest
		}
	}
	if v.Completed != nil && v.Started != nil && !v.Cached {
		if known.ended == nil || v.Completed.After(*known.ended) {
			known.ended = v.Completed
			known.took = v.Completed.Sub(*v.Started)
		}
		if v.Error == "" {
			t.useInputs(v.Inputs)
		}
	}
	for _, i := range t.of(v.Digest) {
		t.advance(i)
	}
}

// confirmInputs records hits among what a running vertex needed: cached results, and bases that were looked up and not
// pulled.
func (t *tracker) confirmInputs(inputs []digest.Digest) {
	t.upstream(inputs, func(i int, v *vertex) {
		if v.cached && v.started == nil || t.isFrom(i) && !v.pulled && v.done() {
			t.set(i, event.Hit, 0)
		}
	})
}

// upstream calls fn for each step that the inputs carry out and for the steps before those, with the vertex that does
// it. It visits a vertex once, however many ways lead to it.
func (t *tracker) upstream(inputs []digest.Digest, fn func(i int, v *vertex)) {
	seen := map[digest.Digest]bool{}
	var walk func([]digest.Digest)
	walk = func(inputs []digest.Digest) {
		for _, d := range inputs {
			v := t.vertices[d]
			if v == nil || seen[d] {
				continue
			}
			seen[d] = true
			for _, i := range t.bound.Steps[d] {
				fn(i, v)
			}
			walk(v.inputs)
		}
	}
	walk(inputs)
}

// advance emits the new state of step i, as far as it is certain before the solve ends.
func (t *tracker) advance(i int) {
	var running, ran bool
	var took time.Duration
	for _, d := range t.vertexOf[i] {
		v := t.vertices[d]
		switch {
		case v == nil || v.started == nil:
		case v.err != "" && t.isFrom(i):
			// The base may be found at another try: this is decided at the end.
			return
		case v.err != "":
			t.set(i, event.Fail, v.took)
			return
		case !v.done():
			running = true
		case t.isFrom(i) && !v.pulled:
			// A base image that is there is looked up, not pulled. BuildKit reports that as run.
		case v.lookedUp():
		default:
			ran = true
			took += v.took
		}
	}
	for _, d := range t.partsOf[i] {
		v := t.vertices[d]
		switch {
		case v == nil || v.started == nil:
		case v.err != "":
			t.set(i, event.Fail, v.took)
			return
		case !v.done() && t.steps[i].state == "" && (v.pulled || t.bound.Remote[d]):
			running = true
		}
	}
	switch {
	case running && !t.isFrom(i):
		t.set(i, event.Running, 0)
	case ran:
		t.set(i, event.Ran, took)
	}
}

// useInputs marks the inputs of a vertex that ran. A vertex that failed may have failed while its cache key was
// computed, which BuildKit reports as run, too.
func (t *tracker) useInputs(inputs []digest.Digest) {
	for _, d := range inputs {
		if v := t.vertices[d]; v != nil && !v.cached && !v.used {
			v.used = true
			for _, i := range t.bound.Steps[d] {
				t.advance(i)
			}
		}
	}
}

func (t *tracker) isFrom(i int) bool {
	return t.plan.Steps[i].From
}

func (t *tracker) set(i int, state event.State, took time.Duration) {
	now := &t.steps[i]
	if now.state == state && now.took == took {
		return
	}
	*now = stepState{state, took}
	s := t.plan.Steps[i]
	body := event.Step{Stage: s.Stage, Index: s.Index, Total: s.Total, Instruction: s.Instruction, Line: s.Line, State: state, MS: took.Milliseconds()}
	if state == event.Hit {
		body.SavedMS = t.lastTook(s.Stage, s.Instruction).Milliseconds()
	}
	if m := s.MergedWith; m != nil {
		body.Reason = event.Reason{Kind: event.ReasonMerged, Step: m}
		body.Because = body.Reason.String()
		body.MergedWith = m
		body.SavedMS = 0
	}
	t.emit(body)
}
