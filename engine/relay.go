package engine

import (
	"sync"
	"time"

	"github.com/stagewatch/stagewatch/engine/event"
	"github.com/stagewatch/stagewatch/engine/past"
	"github.com/stagewatch/stagewatch/engine/plan"
	"github.com/stagewatch/stagewatch/engine/solve"
)

// relay passes on what a build reports of its steps. Once the build is superseded, it passes on only what is about
// steps that the next one waits for.
type relay struct {
	number  int
	emit    func(build int, body event.Body)
	history *past.Steps

	mu   sync.Mutex
	last map[plan.StepID]event.Step
	// heir is the build that superseded this one, and kept are the steps that it waits for.
	heir *relay
	kept map[plan.StepID]bool
	// ended is called when the last kept step has ended.
	ended func()
	// adopted are the steps that ran to their end in an older build.
	adopted map[plan.StepID]event.Step
}

// handOver makes heir the build for which the running steps among shared are reported, and calls ended after the last
// of them. It returns false where no such step runs.
func (r *relay) handOver(heir *relay, shared map[plan.StepID]bool, ended func()) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.heir, r.ended, r.kept = heir, ended, map[plan.StepID]bool{}
	for id, s := range r.last {
		if s.State == event.Running && shared[id] {
			r.kept[id] = true
			heir.adopt(id, r.handed(s))
		}
	}
	return len(r.kept) > 0
}

// send receives the events of the build.
func (r *relay) send(body event.Body) {
	r.mu.Lock()
	defer r.mu.Unlock()
	s, isStep := body.(event.Step)
	id := plan.StepID{Stage: s.Stage, Index: s.Index}
	if out, ok := body.(event.Output); ok {
		id = plan.StepID{Stage: out.Stage, Index: out.Index}
		r.history.Print(r.number, r.last[id], out)
	}
	var past []event.Output
	if isStep {
		s, past = r.history.Report(r.number, time.Now(), s)
		body = s
		if r.last == nil {
			r.last = map[plan.StepID]event.Step{}
		}
		r.last[id] = s
	}
	switch {
	case r.heir == nil:
		if isStep && s.State == event.Hit && r.hasAdopted(id) {
			// It ran for this build in the solve of an older one, and was reported then.
			return
		}
		r.emit(r.number, body)
		for _, o := range past {
			r.emit(r.number, o)
		}
	case !r.kept[id]:
	case !isStep:
		r.emit(r.heir.number, body)
	default:
		r.heir.adopt(id, r.handed(s))
		if s.State != event.Running {
			delete(r.kept, id)
			if len(r.kept) == 0 {
				r.ended()
			}
		}
	}
}

// handed returns a step of this build as the heir reports it.
func (r *relay) handed(s event.Step) event.Step {
	s.FromBuild, s.Reason = r.number, event.Reason{Kind: event.ReasonStarted, Build: r.number}
	s.Because = s.Reason.String()
	return s
}

func (r *relay) hasAdopted(id plan.StepID) bool {
	_, ok := r.adopted[id]
	return ok
}

func (r *relay) adopt(id plan.StepID, s event.Step) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if s.State == event.Canceled || r.heir != nil {
		return
	}
	if s.State == event.Ran {
		if r.adopted == nil {
			r.adopted = map[plan.StepID]event.Step{}
		}
		r.adopted[id] = s
	}
	r.emit(r.number, s)
}

// reported returns what this build's own solve reported of a step last. It returns false where that is nothing.
func (r *relay) reported(id plan.StepID) (event.Step, bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	s, ok := r.last[id]
	return s, ok
}

// ran reports whether a step ran for this build, in its own solve or in that of an older one.
func (r *relay) ran(id plan.StepID) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.hasAdopted(id) || r.last[id].State == event.Ran
}

// adjust counts steps that ran for this build in the solve of an older one as run.
func (r *relay) adjust(p *plan.Plan, res *solve.Result) {
	r.mu.Lock()
	defer r.mu.Unlock()
	for id, s := range r.adopted {
		if _, ran := res.Times[id]; ran {
			continue
		}
		res.Hits--
		res.Ran++
		res.Times[id] = time.Duration(s.MS) * time.Millisecond
	}
}
