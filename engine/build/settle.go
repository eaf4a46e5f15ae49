package build

import (
	"time"

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
	if d := failedVertex(err); d != "" && t.bound.Steps[d] != nil {
		t.failed = d
	}
	for i := range t.steps {
		switch t.steps[i].state {
		case event.Running, "":
			t.settle(i, err)
		}
	}
	if steps := t.bound.Steps[t.failed]; !canceled && err != nil && len(steps) > 0 {
		blame = steps[0]
		t.set(blame, event.Fail, t.steps[blame].took)
	}
	return blame
}

// settle says what became of step i, which the solve left open.
func (t *tracker) settle(i int, err error) {
	switch {
	case err == nil:
		// Not reported, or reported as cached, in a solve that succeeded: what it makes was there.
		t.set(i, event.Hit, 0)
	case t.steps[i].state == event.Running || t.isFrom(i) && t.running(i):
		t.set(i, event.Canceled, 0)
	default:
		t.set(i, event.Skip, 0)
	}
}

func (t *tracker) running(i int) bool {
	for _, d := range t.vertexOf[i] {
		if v := t.vertices[d]; v != nil && v.started != nil && v.ended == nil {
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
