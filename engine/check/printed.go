package check

import (
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/stagewatch/stagewatch/engine/event"
	"github.com/stagewatch/stagewatch/engine/past"
)

// keptLines and keptBytes bound what is kept of the output of a check.
const (
	keptLines = 200
	keptBytes = 32 << 10
)

// printed is what the steps of a check print. It is safe for concurrent use.
type printed struct {
	build int
	// stage is the check's own.
	stage string
	steps *past.Steps

	mu   sync.Mutex
	last map[event.StepID]event.Step
	out  []stepLine
}

type stepLine struct {
	of event.StepID
	event.OutputLine
}

// take receives the events of a solve. What a step of the check itself printed when it last ran, in an earlier session, counts
// too.
func (p *printed) take(body event.Body) {
	p.mu.Lock()
	defer p.mu.Unlock()
	switch b := body.(type) {
	case event.Step:
		if b.State == event.Hit && b.Stage != p.stage {
			return
		}
		step, past := p.steps.Report(p.build, time.Now(), b)
		if p.last == nil {
			p.last = map[event.StepID]event.Step{}
		}
		p.last[event.StepID{Stage: b.Stage, Index: b.Index}] = step
		for _, o := range past {
			p.add(o)
		}
	case event.Output:
		p.steps.Print(p.build, p.last[event.StepID{Stage: b.Stage, Index: b.Index}], b)
		p.add(b)
	}
}

func (p *printed) add(o event.Output) {
	for line := range strings.SplitSeq(strings.TrimSuffix(o.Text, "\n"), "\n") {
		p.out = append(p.out, stepLine{event.StepID{Stage: o.Stage, Index: o.Index}, event.OutputLine{Stream: o.Stream, Text: line}})
	}
}

// of returns the newest lines that a step printed, and how many there were before.
func (p *printed) of(stage string, index int) (out []event.OutputLine, dropped int) {
	return p.newest(func(id event.StepID) bool { return id == event.StepID{Stage: stage, Index: index} })
}

// ofStage returns the newest lines that the steps of the check's own stage printed, and how many there were before.
func (p *printed) ofStage() (out []event.OutputLine, dropped int) {
	return p.newest(func(id event.StepID) bool { return id.Stage == p.stage })
}

func (p *printed) newest(which func(event.StepID) bool) (out []event.OutputLine, dropped int) {
	p.mu.Lock()
	defer p.mu.Unlock()
	bytes := 0
	for _, l := range slices.Backward(p.out) {
		if !which(l.of) {
			continue
		}
		if bytes += len(l.Text); len(out) == keptLines || bytes > keptBytes && len(out) > 0 {
			dropped++
			continue
		}
		out = append(out, l.OutputLine)
	}
	slices.Reverse(out)
	return out, dropped
}
