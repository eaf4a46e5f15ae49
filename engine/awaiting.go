package engine

import (
	"fmt"
	"slices"
	"time"

	"github.com/stagewatch/stagewatch/engine/event"
	"github.com/stagewatch/stagewatch/engine/fault"
	"github.com/stagewatch/stagewatch/engine/project"
	"github.com/stagewatch/stagewatch/engine/serve"
)

// awaited are the requests for an answer to what serves; see [event.Await].
type awaited struct {
	open map[string]*asking
	// fresh are those for which the contexts have not been compared with the disk, and comparing: that is under way for
	// others.
	fresh     []*asking
	comparing bool
	// found are the paths that a comparison found, and when. A notice of them may still come, and is of nothing new.
	found map[string]time.Time
}

// asking is a request that waits for its answer.
type asking struct {
	event.Await
	// compared: the contexts are as the disk was when it was asked, or later. What follows is known then.
	compared bool
	// hurry: it is answered at once, as things stand.
	hurry bool
	at    project.Place
	// edits is the number of saves that have to be served, and build that of the first build which may serve them.
	edits, build int
	// unread is why no build reads the path, and err why the contexts could not be compared.
	unread string
	err    error
	// sure: with [event.Await.All], nothing new was found after all that was known had been served.
	sure bool
}

// await takes in a request. Its answer comes at the end of a turn of the desk, see answer.
func (l *loop) await(i event.Await) {
	if a := l.awaited.open[i.ID]; a != nil && i.Now {
		a.hurry = true
		return
	}
	if l.awaited.open == nil {
		l.awaited.open, l.awaited.found = map[string]*asking{}, map[string]time.Time{}
	}
	a := &asking{Await: i}
	l.awaited.open[i.ID] = a
	l.compareFor(a)
}

// compareFor has the contexts compared with the disk, from now on.
func (l *loop) compareFor(a *asking) {
	a.compared = false
	l.awaited.fresh = append(l.awaited.fresh, a)
	l.compare()
}

// compare compares the contexts with the disk, beside the loop, for all requests so far: a write that was made before a
// request is then in the contexts, whatever the watcher has reported of it.
func (l *loop) compare() {
	if l.awaited.comparing || len(l.awaited.fresh) == 0 {
		return
	}
	l.awaited.comparing = true
	asked := l.awaited.fresh
	l.awaited.fresh = nil
	l.Aside(&l.audits.running, func() {
		written, err := l.project.Written(l.Ctx())
		l.Do(func() {
			l.awaited.comparing = false
			if err == nil {
				err = l.takeIn(written)
			}
			for _, a := range asked {
				l.settle(a, err)
			}
			l.compare()
		})
	})
}

// takeIn reads what was written, and has it built unless watching is off.
func (l *loop) takeIn(written map[string][]string) error {
	for path, at := range l.awaited.found {
		if time.Since(at) > project.NoticedWithin {
			delete(l.awaited.found, path)
		}
	}
	news := false
	var failed error
	for _, b := range l.project.AsWritten(written) {
		d, err := l.project.Update(l.Ctx(), b)
		if failed == nil {
			failed = err
		}
		// What was only in doubt is not worth a word.
		d.Unchanged, d.Ignored = nil, nil
		for _, path := range project.Paths(d.Changed) {
			l.awaited.found[path] = b.Last
		}
		news = l.record(d, err, b.Last) || news
	}
	if !l.paused {
		l.next(trigger{news: news})
	}
	return failed
}

// unlessFound returns what a batch left as it was, but for what a comparison found a moment before: the notice is of that.
func (l *loop) unlessFound(unchanged []string, b project.Batch) []string {
	return slices.DeleteFunc(unchanged, func(path string) bool {
		at, found := l.awaited.found[path]
		delete(l.awaited.found, path)
		return found && b.First.Before(at.Add(project.NoticedWithin))
	})
}

// settle finds out what has to be served for a request, now that the contexts are as the disk was.
func (l *loop) settle(a *asking, err error) {
	a.compared, a.err = true, err
	// Who asked for a build and waits then, waits for that one, also where only its container is still to come.
	if r, g := l.builds.running, l.builds.good; r != nil && r.asked {
		a.build = r.number
	} else if g != nil && g.asked {
		a.build = g.number
	}
	if a.Path == "" {
		a.edits = l.pending.edits
		return
	}
	a.at = l.project.Place(a.Path)
	a.edits = l.pending.newest(a.at)
	switch {
	case a.at.Outside != "":
		a.unread = a.at.Outside
	case a.edits > 0 || a.at.Control || l.plan == nil || l.project.Frontend() != "":
	case len(l.withChecked(l.plan.Relevant(l.project.At(a.at), l.project.Links()), l.project.At(a.at))) == 0:
		a.unread = event.Skipped{Reason: event.Unused}.Why()
	}
}

// answer answers the requests that there is an answer to. It is called after each turn of the desk, when all that the
// turn has done is in place.
func (l *loop) answer() {
	for id, a := range l.awaited.open {
		if !a.compared && !a.hurry {
			continue
		}
		build, ans := l.answerTo(a)
		if ans.Result == event.AnswerPending && !a.Now && !a.hurry {
			continue
		}
		if a.All && !a.hurry && ans.Result == event.AnswerServed && !a.sure {
			a.sure = true
			l.compareFor(a)
			continue
		}
		delete(l.awaited.open, id)
		l.Emit(build, ans)
	}
}

// answerTo returns the answer to a request as things stand, and the build that it is about.
func (l *loop) answerTo(a *asking) (build int, ans event.Answer) {
	var app serve.Standing
	if l.app != nil {
		app = l.app.Standing()
	}
	ans = event.Answer{ID: a.ID, For: a.at.Shown, Result: event.AnswerPending, EditsBehind: l.pending.edits}
	if app.Serves != nil {
		ans.ServingBuild, ans.EditsBehind = app.Serves.Build, l.pending.edits-app.Serves.Edits
	}
	if a.All && a.edits < l.pending.edits {
		a.edits, a.sure = l.pending.edits, false
	}
	failure := l.builds.failure
	switch {
	case !a.compared:
		ans.Message = "the contexts are still compared with the disk"
	case a.err != nil:
		ans.Result, ans.Message, ans.Hint = event.AnswerFailed, a.err.Error(), fault.Hint(a.err)
	case a.unread != "":
		ans.Result, ans.Message = event.AnswerUnread, a.unread
	case a.Path != "" && a.edits == 0 && !a.at.Exists:
		ans.Result, ans.Message, ans.Hint = event.AnswerFailed, "no such file in the context", "It was not there in this session either: look at its spelling."
	case app.Serves != nil && app.Serves.Edits >= a.edits && app.Serves.Build >= a.build:
		ans.Result = event.AnswerServed
		if a.Checks {
			return l.checkedAnswer(ans)
		}
		return app.Serves.Build, ans
	case l.engine.gone:
		ans.Message, ans.Hint = "the engine does not answer", "Start it again; the session goes on by itself when it answers."
	case l.builds.running != nil:
		ans.Message = fmt.Sprintf("build #%d is under way", l.builds.running.number)
		return l.builds.running.number, ans
	case l.gates.under != nil:
		ans.Message = fmt.Sprintf("the gates of build #%d are being built", l.gates.under.number)
		return l.gates.under.number, ans
	case l.pace.held != nil:
		ans.Message = "no build has begun, as " + string(l.pace.held.why)
	case failure != nil && failure.edits >= a.edits && failure.number >= a.build:
		ans.Result, ans.Failed = event.AnswerFailed, &failure.event
		ans.Message, ans.Hint = fmt.Sprintf("build #%d failed", failure.number), failure.event.Hint
		return failure.number, ans
	case l.gates.held != nil && l.gates.held.edits >= a.edits && l.gates.held.number >= a.build:
		return l.gates.held.number, l.heldAnswer(ans)
	default:
		return l.unbuilt(a, app, ans)
	}
	return 0, ans
}

// unbuilt returns the answer where no build runs that could serve what was asked about: none is to come, or its container
// is.
func (l *loop) unbuilt(a *asking, app serve.Standing, ans event.Answer) (int, event.Answer) {
	switch {
	case l.builds.count == 0 && l.project.Missing():
		ans.Result, ans.Message, ans.Hint = event.AnswerFailed, string(holdNoDockerfile), "The first build starts as soon as there is one."
	case l.builds.edits < a.edits && l.paused:
		ans.Result, ans.Message, ans.Hint = event.AnswerOff, string(holdPaused)+", and what was saved is not built", "stagewatch trigger builds it; w on the dashboard watches again."
	case l.builds.good == nil || l.builds.good.edits < a.edits || l.builds.good.number < a.build:
		ans.Message = "no build has begun yet"
	case app.Coming:
		ans.Message = fmt.Sprintf("the container of build #%d is starting", l.builds.good.number)
		return l.builds.good.number, ans
	case app.Trouble != nil:
		ans.Result, ans.Message, ans.Hint = event.AnswerFailed, app.Trouble.Message, app.Trouble.Hint
		return l.builds.good.number, ans
	default:
		ans.Message = fmt.Sprintf("the container of build #%d has ended, and is started again", l.builds.good.number)
		return l.builds.good.number, ans
	}
	return 0, ans
}
