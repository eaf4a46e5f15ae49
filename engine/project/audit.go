package project

import (
	"context"
	"slices"
	"time"

	"github.com/stagewatch/stagewatch/watch"
)

// NoticedWithin is how long a notice of a write may take: longer than any batch of the watcher.
const NoticedWithin = time.Second

// Unnoticed compares the contexts with the disk, and returns what goes on to differ while a notice of it could still
// come: a batch for each context that has any. cost is the time that the comparing took, without the waiting. Contexts
// that are polled are passed over. It may be called from any goroutine.
func (p *Project) Unnoticed(ctx context.Context) (missed []Batch, cost time.Duration) {
	for _, f := range p.folders {
		if f.watcher != nil && f.watcher.Mode() == watch.ModePoll {
			continue // which is such a comparison itself
		}
		began := time.Now()
		differs, err := f.tree.Unnoticed(ctx)
		cost += time.Since(began)
		if err != nil || len(differs) == 0 {
			continue
		}
		if paths := f.missed(ctx, differs); len(paths) > 0 {
			now := time.Now()
			missed = append(missed, Batch{f.name, watch.Batch{Paths: paths, First: now, Last: now}})
		}
	}
	return missed, cost
}

// missed returns what of the paths goes on to differ from the disk while a notice could still come.
func (f *folder) missed(ctx context.Context, differs []string) []string {
	select {
	case <-time.After(NoticedWithin):
	case <-ctx.Done():
		return nil
	}
	again, err := f.tree.Unnoticed(ctx)
	if err != nil {
		return nil
	}
	return slices.DeleteFunc(again, func(p string) bool { return !slices.Contains(differs, p) })
}

// HintUnnoticed returns why there was no notice of the changed paths of a context, and what to do. A file that got
// another name since it was last looked at was most likely written to by that one; from now on such writes are looked
// for.
func (p *Project) HintUnnoticed(context string, changed []string) string {
	snap := p.folder(context).tree.Snapshot()
	for _, rel := range changed {
		if !snap.HasOtherNames(rel) {
			return "Start with --poll if that happens again: some network and virtual file systems give no notices, nor does what is written through mapped memory."
		}
	}
	return "What changed has another name (a hard link), and was written to by that. From now on such writes are noticed."
}
