package solve

import (
	"time"

	"github.com/moby/buildkit/client"
	"github.com/opencontainers/go-digest"

	"github.com/stagewatch/stagewatch/engine/event"
	"github.com/stagewatch/stagewatch/engine/plan"
)

// finish settles every step once the solve is over, and returns the step to blame for err, -1 for none.
func (t *tracker) finish(err error, canceled bool) (blame int) {
	t.mu.Lock()
	defer t.mu.Unlock()
	blame = -1
	if t.bound == nil {
		return blame
	}
	t.flush()
	if d := failedVertex(err); d != "" && len(t.of(d)) > 0 {
		t.failed = d
	}
	if v := t.vertices[t.failed]; v != nil && exited(v.err) {
		t.settleInputs(v.inputs)
	}
	for i := range t.steps {
		if t.open(i) {
			t.settle(i, err)
		}
	}
	if steps := t.of(t.failed); !canceled && err != nil && len(steps) > 0 {
		blame = steps[0]
		t.set(blame, event.Fail, t.steps[blame].took)
	}
	return blame
}

// open tells that nothing certain was said of step i.
func (t *tracker) open(i int) bool {
	state := t.steps[i].state
	return state == event.Running || state == ""
}

// settle says what became of step i, which the solve left open.
func (t *tracker) settle(i int, err error) {
	switch {
	case err == nil:
		t.settleThere(i)
	case t.steps[i].state == event.Running || t.isFrom(i) && t.running(i):
		t.set(i, event.Canceled, 0)
	default:
		t.set(i, event.Skip, 0)
	}
}

// hear takes in what v says of being canceled, and returns false where that is all and came late. An error once
// reported stays beside all that BuildKit reports of the vertex later.
func (v *vertex) hear(news *client.Vertex) bool {
	canceled := isCanceled(news.Error)
	var at time.Time
	for _, t := range []*time.Time{news.Started, news.Completed} {
		if t != nil && t.After(at) {
			at = *t
		}
	}
	if canceled && !news.Cached && !at.After(v.said) {
		return false
	}
	if at.After(v.said) {
		v.said = at
	}
	switch {
	case v.canceled && !news.Cached && news.Started != nil && v.ended != nil && news.Started.After(*v.ended):
		v.anew = true
	case canceled && news.Cached && !v.anew:
		// What was canceled was another solve's run of it.
		v.started, v.ended, v.took = nil, nil, 0
	}
	v.canceled = canceled
	return true
}

// settleInputs says of what a step needed, whose command ran, that it was there, whatever was reported of it: a
// solve that shares it with another one hears of the other's start and cancellation of it, too.
func (t *tracker) settleInputs(inputs []digest.Digest) {
	t.upstream(inputs, func(i int, _ *vertex) {
		if t.open(i) {
			t.settleThere(i)
		}
	})
}

// settleThere says of step i, which the solve left open and had the result of, how that came to be there. Not
// reported to have ended, or reported as cached, or canceled with another solve and no more: it was there before.
func (t *tracker) settleThere(i int) {
	state, took := event.Hit, time.Duration(0)
	for _, d := range t.vertexOf[i] {
		if v := t.vertices[d]; v != nil && v.ended != nil && (v.pulled || v.anew && !t.isFrom(i)) {
			state, took = event.Ran, took+v.took
		}
	}
	t.set(i, state, took)
}

func (t *tracker) running(i int) bool {
	for _, d := range t.vertexOf[i] {
		if v := t.vertices[d]; v != nil && v.started != nil && !v.done() {
			return true
		}
	}
	return false
}

func (t *tracker) result() *Result {
	r := &Result{Times: map[plan.StepID]time.Duration{}}
	for i, s := range t.steps {
		if t.plan.Steps[i].MergedWith != nil {
			continue
		}
		step := t.plan.Steps[i]
		switch s.state {
		case event.Hit:
			r.Hits++
			r.Saved += t.saved(step.Stage, step.Instruction)
		case event.Ran:
			r.Ran++
			r.Times[step.ID()] = s.took
		}
	}
	return r
}
