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
	// readEvery is how often a path is tried that could not be read: there is no notice. It doubles with each build
	// that fails for the same reason, up to readSeldom.
	readEvery  = time.Second
	readSeldom = 30 * time.Second
	// spare is the number of file descriptors that have to be free for another try.
	spare = 16
)

// unreadable is what could not be read. The contexts keep it as it last was, and a build that needs it fails.
type unreadable struct {
	// blocked is what the last build failed for, nil where it failed for nothing of the kind.
	blocked *blocked
	// every is the time between two tries, 0 for the usual one.
	every time.Duration
	// awaiting: a goroutine tries.
	awaiting bool
}

// blocked is a failure whose cause may pass by itself, without a notice.
type blocked struct {
	// passed reports whether it has passed. It is called beside the loop.
	passed func() bool
	// again tries once more.
	again func()
}

// blame finds out whether a build failed for a path that could not be read, and waits until it can be.
func (l *loop) blame(err error) {
	l.unreadable.blocked = nil
	again := func() {
		l.reread()
		l.orderNow(event.Reason{Kind: event.ReasonReadable}, false)
	}
	if errors.Is(err, syscall.EMFILE) || errors.Is(err, syscall.ENFILE) || solve.OutOfFiles(err) {
		l.block(descriptors, again)
	} else if readable := l.project.Unreadable(err); readable != nil {
		l.block(readable, again)
	}
	l.awaitReadable()
}

// reread reads the Dockerfile and the ignore files as they are now, as if they had just been written. The notice of
// what made them readable may still come, and is of nothing new then.
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

// block calls again once what a try failed for has passed.
func (l *loop) block(passed func() bool, again func()) {
	l.unreadable.blocked = &blocked{passed, again}
	l.awaitReadable()
}

// unblock records a success.
func (l *loop) unblock() { l.unreadable.blocked, l.unreadable.every = nil, 0 }

// awaitReadable waits, beside the loop, until something can be read that could not.
func (l *loop) awaitReadable() {
	unread, blocked := l.project.Unread(), l.unreadable.blocked
	if len(unread) == 0 && blocked == nil || l.unreadable.awaiting || l.cfg.Once {
		return
	}
	l.unreadable.awaiting = true
	every := max(readEvery, l.unreadable.every)
	l.Aside(&l.audits.running, func() {
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
	case b != nil && l.builds.running == nil && b.passed():
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
