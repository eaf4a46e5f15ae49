package engine

import (
	"context"
	"errors"
	"time"

	"github.com/tonistiigi/fsutil"

	"github.com/stagewatch/stagewatch/engine/check"
	"github.com/stagewatch/stagewatch/engine/plan"
	"github.com/stagewatch/stagewatch/engine/solve"
	"github.com/stagewatch/stagewatch/engine/tree"
)

// job is one build.
type job struct {
	number  int
	plan    *plan.Plan
	changes []plan.Change
	// snaps are the contexts as they were when the build began, or a moment before.
	snaps map[string]*tree.Snapshot
	// contexts are what is served to the build of them.
	contexts map[string]fsutil.FS
	// predictions are what was expected of each of the plan's steps.
	predictions []plan.Prediction
	// previous is the number of the build that the predictions compare with, 0 for none of this session.
	previous int
	noCache  bool
	// asked: a person asked for it.
	asked bool
	// edited: the Dockerfile was written to.
	edited bool
	// recalled: the predictions rest on what an earlier session built.
	recalled bool
	// seq is the number of the last change that the build contains, and edits the number of saves.
	seq, edits int
	// savedAt is the time of the save that caused it, or at which it was asked for.
	savedAt time.Time
	cancel  context.CancelCauseFunc
	result  *solve.Result
	// sized: its sizes are known.
	sized bool
	// checks is its part for the checks, and checked: they were begun.
	checks  *check.Build
	checked bool
	// judged: it was compared with its budget.
	judged bool
	// followed: what is to be done with a build that was measured is done.
	followed bool
	began    time.Time
	relay    *relay
}

// main is the main context as it was.
func (j *job) main() *tree.Snapshot { return j.snaps[""] }

var errSuperseded = errors.New("superseded by a newer change")
