package engine

import (
	"errors"
	"os"
	"path/filepath"
	"slices"
	"syscall"
	"time"

	"github.com/stagewatch/stagewatch/engine/event"
	"github.com/stagewatch/stagewatch/engine/solve"
	"github.com/stagewatch/stagewatch/engine/tree"
	"github.com/stagewatch/stagewatch/watch"
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
	var unread *solve.UnreadError
	switch {
	case errors.Is(err, syscall.EMFILE), errors.Is(err, syscall.ENFILE), solve.OutOfFiles(err):
		l.block(descriptors, again)
	case errors.As(err, &unread):
		if i := slices.IndexFunc(l.project.folders, func(f *folder) bool { return f.localName() == unread.Context }); i >= 0 && !errors.Is(err, tree.ErrNotUTF8) {
			f := l.project.folders[i]
			l.block(func() bool { return f.tree.Readable(unread.Path) }, again)
		}
	case l.project.broken != nil && !l.project.missing():
		file := l.project.dockerfile
		l.block(func() bool { return readable(file) }, again)
	default:
		for _, f := range l.project.folders {
			if f.broken != nil {
				l.block(func() bool { _, err := f.load(); return err == nil }, again)
			}
		}
	}
	l.awaitReadable()
}

// reread takes in the Dockerfile and the ignore files as they are now, as if they had been written to: the notice of
// what made them readable may be still to come, and then is of nothing new.
func (l *loop) reread() {
	now := time.Now()
	for _, f := range l.project.folders {
		b := watch.Batch{First: now, Last: now}
		files := f.ruleFiles
		if f == l.project.main() {
			files = append(files[:len(files):len(files)], l.project.dockerfile)
		}
		for _, file := range files {
			if rel, err := filepath.Rel(f.root, file); err == nil && filepath.IsLocal(rel) {
				file = filepath.ToSlash(rel)
			}
			b.Paths = append(b.Paths, file)
		}
		d, err := l.project.take(l.Ctx(), written{f.name, b})
		d.unchanged, d.ignored, d.ruleFiles = nil, nil, nil
		l.record(d, err, now)
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

// faults lists what can't be read of the contexts.
func (l *loop) faults() map[*folder][]string {
	out := map[*folder][]string{}
	for _, f := range l.project.folders {
		for _, e := range f.tree.Snapshot().Unread() {
			out[f] = append(out[f], e.Path)
		}
	}
	return out
}

// awaitReadable goes on when something that could not be read can be read again.
func (l *loop) awaitReadable() {
	faults, blocked := l.faults(), l.unreadable.blocked
	if len(faults) == 0 && blocked == nil || l.unreadable.awaiting || l.cfg.Once {
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
			passed := blocked != nil && blocked.passed()
			for f, paths := range faults {
				passed = passed || slices.ContainsFunc(paths, f.tree.Readable)
			}
			if passed {
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
	for f, paths := range l.faults() {
		now := time.Now()
		d, err := l.project.take(l.Ctx(), written{f.name, watch.Batch{Paths: paths, First: now, Last: now}})
		d.unchanged, d.ignored = nil, nil
		changed = l.record(d, err, now) || changed
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

// readable reports whether a file can be opened, or is gone.
func readable(file string) bool {
	if info, err := os.Stat(file); err == nil && !info.Mode().IsRegular() {
		return false
	}
	f, err := os.Open(file)
	if err == nil {
		f.Close()
	}
	return err == nil || os.IsNotExist(err)
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
