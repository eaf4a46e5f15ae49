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

// noticedWithin is how long a write may take to be told of: longer than any batch of the watcher.
const noticedWithin = time.Second

// audit looks, after a build and beside the loop, for what changed on the disk without a notice: builds are made
// of the tree in memory. What it finds is built, and said. And it gives back the memory that the build took, a
// multiple of what is kept.
func (l *loop) audit() {
	if l.auditing != nil {
		l.auditing()
	}
	ctx, cancel := context.WithCancel(l.ctx)
	l.auditing = cancel
	l.aside(&l.audits, func() {
		for _, f := range l.project.folders {
			if f.watcher != nil && f.watcher.Mode() == watch.ModePoll {
				continue // which is such a comparison itself
			}
			missed, err := f.unnoticed(ctx)
			if err == nil && len(missed) > 0 {
				l.do(func() { l.unnoticed(ctx, f, missed) })
			}
		}
		if ctx.Err() == nil {
			debug.FreeOSMemory()
		}
	})
}

// unnoticed returns what differs from the disk and goes on to differ while a notice could still come.
func (f *folder) unnoticed(ctx context.Context) ([]string, error) {
	first, err := f.tree.Unnoticed(ctx)
	if err != nil || len(first) == 0 {
		return nil, err
	}
	select {
	case <-time.After(noticedWithin):
	case <-ctx.Done():
		return nil, ctx.Err()
	}
	again, err := f.tree.Unnoticed(ctx)
	return slices.DeleteFunc(again, func(p string) bool { return !slices.Contains(first, p) }), err
}

// unnoticed takes in what the audit found.
func (l *loop) unnoticed(ctx context.Context, f *folder, missed []string) {
	if ctx.Err() != nil || l.paused {
		return
	}
	what := f.show(missed[0])
	if len(missed) > 1 {
		what = fmt.Sprintf("%s and %d more", what, len(missed)-1)
	}
	l.emit(0, event.Warning{Code: "watch-missed", Message: what + " changed without a notice of the system, and was found by comparing", Paths: missed,
		Hint: "Start with --poll if that happens again: some network and virtual file systems give no notices."})
	now := time.Now()
	l.onBatch(written{f.name, watch.Batch{Paths: missed, First: now, Last: now}})
}
