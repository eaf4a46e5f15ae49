package engine

import (
	"github.com/stagewatch/stagewatch/engine/advice"
	"github.com/stagewatch/stagewatch/engine/project"
)

// advise emits what there is to advise after a build: about the saves so far and, after the first build, the context.
func (l *loop) advise(j *job) {
	b := advice.Build{Plan: j.plan, Context: j.main(), Edited: j.edited, Times: j.result.Times}
	if !j.recalled && !j.noCache {
		b.Changed = project.Paths(j.changes)
	}
	for _, w := range l.advisor.Built(b) {
		l.Emit(j.number, w)
	}
	if l.builds.good != nil {
		return
	}
	links, checked := l.project.Links(), l.checks.Plans()
	l.Aside(&l.running, func() {
		if w, ok := advice.Unread(j.plan, j.main(), links, checked...); ok {
			l.Emit(j.number, w)
		}
	})
}
