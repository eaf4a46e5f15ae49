package engine

import (
	"context"
	"time"
)

const (
	// manyRecords is how many builds the engine's history may get before it is trimmed although builds go on. It lists
	// 50, with those of others among them.
	manyRecords = 20
	// trimWithin bounds the trimming.
	trimWithin = 20 * time.Second
)

// recordName returns what the engine's build history calls a build: "python-app: app/main.py changed".
func (l *loop) recordName(because string) string {
	return l.values.Load().Text(l.cfg.ImageName() + ": " + because)
}

// trimHistory removes older builds of ours from the engine's build history, beside the loop, if that got at least so
// many since the last time. Where it fails, the next time makes up for it.
func (l *loop) trimHistory(least int) {
	if l.builds.recorded < least {
		return
	}
	l.builds.recorded = 0
	l.Aside(&l.running, func() {
		ctx, cancel := context.WithTimeout(l.Ctx(), trimWithin)
		defer cancel()
		_ = l.solver.TrimHistory(ctx)
	})
}
