package engine

import (
	"context"

	"github.com/stagewatch/stagewatch/engine/event"
	"github.com/stagewatch/stagewatch/engine/git"
)

// commit returns what says which commit the context is at, nil where nobody reads it later: a report does.
func (l *loop) commit() func(context.Context) event.Commit {
	if !l.cfg.Once && !l.cfg.Inspect {
		return nil
	}
	dir, outputs := l.project.Root(), l.cfg.Outputs
	return func(ctx context.Context) event.Commit {
		c, changed := git.Head(ctx, dir, outputs.Holds)
		return event.Commit{ID: c.ID, At: c.At, Changed: changed}
	}
}
