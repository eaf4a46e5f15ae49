package engine

import (
	"errors"
	"os"
	"slices"
	"syscall"
	"time"

	"github.com/stagewatch/stagewatch/engine/event"
	"github.com/stagewatch/stagewatch/engine/solve"
)

const (
	// readEvery is how often it is looked whether something can be read again: nothing tells. It doubles with each build
	// that fails for such a thing all the same, up to readSeldom.
	readEvery  = time.Second
	readSeldom = 30 * time.Second
	// spare is how many file descriptors have to be free for another try.
	spare = 16
)

// unreadable is what could not be read. Of the contexts it counts as what it was, and a build that asks for it fails.
type unreadable struct {
	// blocked is what the last build failed for, nil where it did not fail for anything of the kind.
	blocked *blocked
	// every is how long to wait between two looks, 0 for the usual time.
	every time.Duration
	// awaiting tells that somebody looks.
	awaiting bool
}

// blocked is a try that failed for something that may pass by itself, with nobody who tells.
type blocked struct {
	// passed reports whether it has passed. It is called beside the loop.
	passed func() bool
	// again is the next try.
	again func()
}

// blame finds out whether a build failed for what could not be read, and looks out for it.
func (l *loop) blame(err error) {
	l.unreadable.blocked = nil
	again := func() {
		l.reread()
		l.pending.saved = time.Now()
		l.order(event.Reason{Kind: event.ReasonReadable}, false)
	}
	if errors.Is(err, syscall.EMFILE) || errors.Is(err, syscall.ENFILE) || solve.OutOfFiles(err) {
		l.block(descriptors, again)
	} else if readable := l.project.Unreadable(err); readable != nil {
		l.block(readable, again)
	}
	l.awaitReadable()
}

// reread takes in the Dockerfile and the ignore files as they are now, as if they had been written to: the notice of
// what made them readable may be still to come, and then is of nothing new.
func (l *loop) reread() {
	for _, b := range l.project.ControlFiles() {
		d, err := l.project.Update(l.Ctx(), b)
		d.Unchanged, d.Ignored, d.RuleFiles = nil, nil, nil
		l.record(d, err, b.Last)
	}
	if l.plan == nil {
		l.replan()
	}
}

// block has again called when what a try failed for has passed.
func (l *loop) block(passed func() bool, again func()) {
	l.unreadable.blocked = &blocked{passed, again}
	l.awaitReadable()
}

// unblock takes in a success.
func (l *loop) unblock() { l.unreadable.blocked, l.unreadable.every = nil, 0 }

// awaitReadable goes on when something that could not be read can be read again.
func (l *loop) awaitReadable() {
	unread, blocked := l.project.Unread(), l.unreadable.blocked
	if len(unread) == 0 && blocked == nil || l.unreadable.awaiting || l.cfg.Once {
		return
	}
	l.unreadable.awaiting = true
	every := max(readEvery, l.unreadable.every)
	l.Aside(&l.audits, func() {
		tick := time.NewTicker(every)
		defer tick.Stop()
		for {
			select {
			case <-tick.C:
			case <-l.Ctx().Done():
				return
			}
			if blocked != nil && blocked.passed() || slices.ContainsFunc(unread, l.project.Readable) {
				l.Do(l.readAgain)
				return
			}
		}
	})
}

// readAgain reads what could not be read, and tries again what failed for it.
func (l *loop) readAgain() {
	l.unreadable.awaiting = false
	if l.paused {
		l.missed = true
		return
	}
	changed := false
	for _, b := range l.project.Unread() {
		d, err := l.project.Update(l.Ctx(), b)
		d.Unchanged, d.Ignored = nil, nil
		changed = l.record(d, err, b.Last) || changed
	}
	b := l.unreadable.blocked
	switch {
	case b != nil && l.job == nil && b.passed():
		l.unreadable.blocked = nil
		l.unreadable.every = min(2*max(readEvery, l.unreadable.every), readSeldom)
		b.again()
	case changed:
		l.next(trigger{news: true})
	default:
		l.awaitReadable()
	}
}

// descriptors reports whether there are file descriptors to spare.
func descriptors() bool {
	for range spare {
		f, err := os.Open(os.DevNull)
		if err != nil {
			return false
		}
		defer f.Close()
	}
	return true
}
