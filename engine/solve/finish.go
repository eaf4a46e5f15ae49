package solve

import (
	"slices"
	"time"

	"github.com/opencontainers/go-digest"

	"github.com/stagewatch/stagewatch/engine/event"
	"github.com/stagewatch/stagewatch/engine/plan"
)

// finish decides every step's state when the solve is over, and returns the step to blame for err, -1 for none.
func (t *tracker) finish(err error, canceled bool) (blame int) {
	t.mu.Lock()
	defer t.mu.Unlock()
	blame = -1
	if t.bound == nil {
		return blame
	}
	t.flush()
	if d := blamed(err, t.bound); d != "" && len(t.of(d)) > 0 {
		t.failed = d
	}
	if v := t.vertices[t.failed]; v != nil && exited(v.err) {
		t.decideInputs(v.inputs)
	}
	if steps := t.of(t.failed); !canceled && err != nil && len(steps) > 0 {
		blame = steps[0]
	}
	for i := range t.steps {
		if t.open(i) && i != blame {
			t.decide(i, err)
		}
	}
	if blame >= 0 {
		took := t.steps[blame].took
		if v := t.erred(blame); v != nil && took == 0 {
			took = v.took
		}
		t.set(blame, event.Fail, took)
	}
	return blame
}

// open reports whether step i has no final state yet.
func (t *tracker) open(i int) bool {
	state := t.steps[i].state
	return state == event.Running || state == ""
}

// decide decides the state of step i, which is still open at the end of the solve.
func (t *tracker) decide(i int, err error) {
	switch {
	case err == nil:
		t.decidePresent(i)
	case t.isFrom(i) && t.erred(i) != nil:
		t.set(i, event.Fail, t.erred(i).took)
	case t.steps[i].state == event.Running || t.isFrom(i) && t.running(i):
		t.set(i, event.Canceled, 0)
	default:
		t.set(i, event.Skip, 0)
	}
}

// decideInputs decides the states of the steps before one whose command ran. Their results were there, whatever was
// reported: a solve also gets the reports of starts and cancellations by another solve that shares a step.
func (t *tracker) decideInputs(inputs []digest.Digest) {
	t.upstream(inputs, func(i int, _ *vertex) {
		if t.open(i) {
			t.decidePresent(i)
		}
	})
}

// decidePresent decides how the result of step i, which is still open, came to be there. It was there before if no end
// was reported, or if it was reported as cached, or as canceled only with another solve.
func (t *tracker) decidePresent(i int) {
	state, took := event.Hit, time.Duration(0)
	for _, d := range t.vertexOf[i] {
		if v := t.vertices[d]; v != nil && v.ended != nil && (v.pulled || v.anew && !t.isFrom(i)) {
			state, took = event.Ran, took+v.took
		}
	}
	t.set(i, state, took)
}

// erred returns the vertex of step i that failed, nil for none.
func (t *tracker) erred(i int) *vertex {
	for _, d := range t.vertexOf[i] {
		if v := t.vertices[d]; v != nil && v.err != "" {
			return v
		}
	}
	return nil
}

// failedBase reports whether a base image is to blame for err.
func (t *tracker) failedBase(err error) bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.bound != nil && slices.ContainsFunc(t.of(blamed(err, t.bound)), t.isFrom)
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
	r := &Result{Plan: t.bound.Plan, Exported: t.exportedAs, Times: map[plan.StepID]time.Duration{}}
	for i, s := range t.steps {
		if t.plan.Steps[i].MergedWith != nil {
			continue
		}
		step := t.plan.Steps[i]
		switch s.state {
		case event.Hit:
			r.Hits++
			r.Saved += t.lastTook(step.Stage, step.Instruction)
		case event.Ran:
			r.Ran++
			r.Times[step.ID()] = s.took
		}
	}
	return r
}
