package engine

import (
	"context"
	"fmt"
	"runtime/debug"
	"slices"
	"time"

	"github.com/stagewatch/stagewatch/engine/event"
	"github.com/stagewatch/stagewatch/engine/project"
)

const (
	// auditEvery is how often the folders are compared while nothing happens. Large ones are compared less often, for
	// one part in auditShare of the time: the system tells nobody that a file got a name elsewhere, nor of writes by it.
	auditEvery = 10 * time.Second
	auditShare = 200
)

// audit looks, after a build and beside the loop, for what changed on the disk without a notice: builds are made
// of the tree in memory. What it finds is built, and said. And it gives back the memory that the build took, a
// multiple of what is kept. It goes on to look until the next build.
func (l *loop) audit() {
	l.stopAudit()
	ctx, cancel := context.WithCancel(l.Ctx())
	l.auditing = cancel
	l.Aside(&l.audits, func() {
		for first := true; ; first = false {
			missed, cost := l.project.Unnoticed(ctx)
			for _, b := range missed {
				l.Do(func() { l.unnoticed(ctx, b) })
			}
			if first && ctx.Err() == nil {
				debug.FreeOSMemory()
			}
			select {
			case <-time.After(max(auditEvery, auditShare*cost)):
			case <-ctx.Done():
				return
			}
		}
	})
}

// stopAudit ends the audit that is under way, if one is.
func (l *loop) stopAudit() {
	if l.auditing != nil {
		l.auditing()
	}
}

// unnoticed takes in what the audit found. Most often nothing comes of it: a file got another name somewhere else, or
// another owner, which is no change.
func (l *loop) unnoticed(ctx context.Context, missed project.Batch) {
	if ctx.Err() != nil || l.paused {
		return
	}
	d, err := l.project.Update(l.Ctx(), missed)
	d.Unchanged, d.Ignored = nil, nil
	changed := project.Paths(d.Changed)
	if d.Dockerfile && len(changed) == 0 {
		changed = []string{l.project.Name()}
	}
	changed = slices.DeleteFunc(changed, func(p string) bool { return l.found[p] }) // one that is written again and again
	if len(changed) > 0 {
		what := changed[0]
		if len(changed) > 1 {
			what = fmt.Sprintf("%s and %d more", what, len(changed)-1)
		}
		for _, p := range changed {
			l.found[p] = true
		}
		l.Emit(0, event.Warning{Code: event.CodeWatchMissed, Message: what + " changed without a notice of the system, and was found by comparing", Paths: changed, Hint: l.project.HintUnnoticed(missed.Context, changed)})
	}
	news := l.record(d, err, missed.Last)
	l.next(trigger{news: news, paced: true, paths: len(missed.Paths)})
}
