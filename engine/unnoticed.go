package engine

import (
	"context"
	"fmt"
	"runtime/debug"
	"slices"
	"sync"
	"time"

	"github.com/stagewatch/stagewatch/engine/event"
	"github.com/stagewatch/stagewatch/engine/project"
)

const (
	// auditEvery is how often the folders are compared with the disk while nothing happens. Large ones are compared
	// less often, so that it takes one part in auditShare of the time. The system gives no notice of a new name for a
	// file elsewhere, nor of writes through that name.
	auditEvery = 10 * time.Second
	auditShare = 200
)

// audits are the searches for changes without a notice.
type audits struct {
	// cancel ends the one that is under way, nil for none, and running counts them.
	cancel  context.CancelFunc
	running sync.WaitGroup
	// found are the paths that were found, and reported.
	found map[string]bool
}

// audit looks beside the loop for what has changed on the disk without a notice, after a build and until the next one:
// builds are made of the tree in memory. What it finds is reported and built. It also gives back the memory that the
// build took, a multiple of what is kept.
func (l *loop) audit() {
	l.stopAudit()
	ctx, cancel := context.WithCancel(l.Ctx())
	l.audits.cancel = cancel
	l.Aside(&l.audits.running, func() {
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
	if l.audits.cancel != nil {
		l.audits.cancel()
	}
}

// unnoticed handles what an audit found. Most often it is no change: a file got another name elsewhere, or another
// owner.
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
	changed = slices.DeleteFunc(changed, func(p string) bool { return l.audits.found[p] }) // one that is written again and again
	if len(changed) > 0 {
		what := changed[0]
		if len(changed) > 1 {
			what = fmt.Sprintf("%s and %d more", what, len(changed)-1)
		}
		for _, p := range changed {
			l.audits.found[p] = true
		}
		l.Emit(0, event.Warning{Code: event.CodeWatchMissed, Message: what + " changed without a notice of the system, and was found by comparing", Paths: changed, Hint: l.project.HintUnnoticed(missed.Context, changed)})
	}
	news := l.record(d, err, missed.Last)
	l.next(trigger{news: news, paced: true, paths: len(missed.Paths)})
}
