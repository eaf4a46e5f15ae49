package engine

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/stagewatch/stagewatch/engine/event"
	"github.com/stagewatch/stagewatch/engine/human"
	"github.com/stagewatch/stagewatch/engine/plan"
	"github.com/stagewatch/stagewatch/engine/solve"
)

// outside knows what happens to a builder beside the builds of this session.
type outside interface {
	// Moved returns the base images that have changed since they were last looked up.
	Moved(ctx context.Context) ([]string, error)
	// Pruned reports whether somebody has pruned the build cache since then.
	Pruned(ctx context.Context, since time.Time) (bool, error)
	// Lost reports whether the builder has lost one of the results that it had before then, and made it again.
	Lost(ctx context.Context, results []string, before time.Time) (bool, error)
}

// outsideWithin bounds the search for causes.
const outsideWithin = 10 * time.Second

// forgotten warns where the builder has lost what an earlier session built. That breaks no promise.
func (l *loop) forgotten(j *job) {
	if !j.recalled {
		return
	}
	if gone := j.gone(); gone > 0 {
		l.Emit(j.number, event.Warning{Code: event.CodeCacheGone, Message: fmt.Sprintf("%d steps ran although nothing that they read changed since %s: the builder does not have their results any more", gone, human.Moment(l.earlier.build.At))})
	}
}

// broke warns of promised hits that ran all the same, and of what caused it beside the edit. It asks the engine beside
// the loop, so that what was built need not wait for the answer.
func (l *loop) broke(j *job, steps []plan.Step) {
	if len(steps) == 0 {
		return
	}
	var since time.Time
	if l.builds.good != nil {
		since = l.builds.good.began
	}
	l.Aside(&l.running, func() {
		ctx, cancel := context.WithTimeout(l.Ctx(), outsideWithin)
		defer cancel()
		moved, cause := l.cause(ctx, j, steps, since)
		l.Do(func() { l.warnBroken(j, steps, moved, cause) })
	})
}

// cause returns what made steps of a build run beside an edit, empty where nothing is known. Since is when the build before
// it began.
func (l *loop) cause(ctx context.Context, j *job, steps []plan.Step, since time.Time) (moved []string, cause string) {
	if l.outside == nil {
		return nil, ""
	}
	moved, err := l.outside.Moved(ctx)
	if err == nil && len(moved) > 0 {
		return moved, "the base image " + strings.Join(moved, ", ") + " is another one now"
	}
	if pruned, err := l.outside.Pruned(ctx, since); err == nil && pruned {
		return nil, "the build cache was pruned meanwhile"
	}
	// A prune by buildx makes no event, nor does a builder that makes room.
	var results []string
	for _, s := range steps {
		results = append(results, j.plan.CachedAs(s))
	}
	if lost, err := l.outside.Lost(ctx, results, j.began); err == nil && lost {
		return nil, "the builder had lost the result, by a prune or to make room"
	}
	return nil, ""
}

// warnBroken warns of promised hits that ran. It builds anew on a base image that moved: the configuration of the image
// that was built still comes from the old one.
func (l *loop) warnBroken(j *job, steps []plan.Step, moved []string, cause string) {
	switch {
	case cause != "":
	case l.builds.restarted > 0 && l.builds.restarted >= j.previous:
		cause = "the engine was restarted meanwhile"
	case l.pending.last > j.seq:
		cause = "a file was changed while it was being built"
	}
	w := event.Warning{Code: event.CodePromiseBroken}
	if cause == "" {
		cause = "nothing outside of the edit was seen to explain it"
		w.Hint = "The builder may have dropped the result by itself, for want of space. Else the plan is wrong: please report it with stagewatch --record."
	} else {
		l.tally.score.Excused += len(steps)
	}
	first := steps[0]
	what := fmt.Sprintf("%s %d/%d was", first.Stage, first.Index, first.Total)
	if n := len(steps) - 1; n > 0 {
		what = fmt.Sprintf("%s %d/%d and %s more were", first.Stage, first.Index, first.Total, human.Count(n, "step"))
	}
	w.Message = fmt.Sprintf("%s predicted as a hit but ran: %s", what, cause)
	l.Emit(j.number, w)
	l.rebase(moved)
}

// rebased reports whether something failed as base images moved, and then builds anew.
func (l *loop) rebased(err error) bool {
	var f *solve.Failure
	if l.cfg.Once || !errors.As(err, &f) || len(f.Moved) == 0 {
		return false
	}
	l.rebase(f.Moved)
	return true
}

// rebase builds anew on base images that moved.
func (l *loop) rebase(moved []string) {
	if len(moved) == 0 || l.cfg.Once {
		return
	}
	l.solver.Forget()
	l.replanAnew()
	l.orderNow(event.Reason{Kind: event.ReasonImage, Names: moved}, false)
}
