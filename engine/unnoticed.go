package engine

import (
	"context"
	"fmt"
	"runtime/debug"
	"slices"
	"time"

	"github.com/stagewatch/stagewatch/engine/event"
	"github.com/stagewatch/stagewatch/watch"
)

const (
	// noticedWithin is how long a write may take to be told of: longer than any batch of the watcher.
	noticedWithin = time.Second
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
			var cost time.Duration
			for _, f := range l.project.folders {
				if f.watcher != nil && f.watcher.Mode() == watch.ModePoll {
					continue // which is such a comparison itself
				}
				began := time.Now()
				differs, err := f.tree.Unnoticed(ctx)
				cost += time.Since(began)
				if err == nil && len(differs) > 0 {
					if missed := f.missed(ctx, differs); len(missed) > 0 {
						l.Do(func() { l.unnoticed(ctx, f, missed) })
					}
				}
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

// unnoticedHint says why there was no notice of the paths. A file that got another name since it was last looked at was
// most likely written to by that one; from now on such writes are looked for.
func (f *folder) unnoticedHint(changed []string) string {
	snap := f.tree.Snapshot()
	for _, rel := range changed {
		if !snap.HasOtherNames(rel) {
			return "Start with --poll if that happens again: some network and virtual file systems give no notices, nor does what is written through mapped memory."
		}
	}
	return "What changed has another name (a hard link), and was written to by that. From now on such writes are noticed."
}

// missed returns what of the paths goes on to differ from the disk while a notice could still come.
func (f *folder) missed(ctx context.Context, differs []string) []string {
	select {
	case <-time.After(noticedWithin):
	case <-ctx.Done():
		return nil
	}
	again, err := f.tree.Unnoticed(ctx)
	if err != nil {
		return nil
	}
	return slices.DeleteFunc(again, func(p string) bool { return !slices.Contains(differs, p) })
}

// unnoticed takes in what the audit found. Most often nothing comes of it: a file got another name somewhere else, or
// another owner, which is no change.
func (l *loop) unnoticed(ctx context.Context, f *folder, missed []string) {
	if ctx.Err() != nil || l.paused {
		return
	}
	now := time.Now()
	d, err := l.project.take(l.Ctx(), written{f.name, watch.Batch{Paths: missed, First: now, Last: now}})
	d.unchanged, d.ignored = nil, nil
	changed := paths(d.changed)
	if d.dockerfile && len(changed) == 0 {
		changed = []string{l.project.name()}
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
		l.Emit(0, event.Warning{Code: event.CodeWatchMissed, Message: what + " changed without a notice of the system, and was found by comparing", Paths: changed, Hint: f.unnoticedHint(changed)})
	}
	news := l.record(d, err, now)
	l.next(trigger{news: news, paced: true, paths: len(missed)})
}
