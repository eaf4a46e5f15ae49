// Package watch tells which paths of a source tree were written to, in batches: one per burst of writes,
// whether that is an editor's save or the switch of a branch.
//
//	w, err := watch.New(root, watch.Options{Ignore: rules.SkipDir})
//	for batch := range w.Batches() { … }
//
// It watches folders, not files: editors save by renaming, and a watch on a file is lost with the file. A
// folder that is new is watched first and listed then, so that what was put into it meanwhile is reported
// too. Symbolic links below the root are not followed. Where the system has no watches left, the tree is compared at
// intervals instead; a notice says which setting to raise.
//
// The package reports that something was written, not what it amounts to: a path in a batch may hold what
// it held before, or never have existed when the batch is read. It reads no file's content and knows
// nothing of ignore files or of Docker.
package watch

import (
	"cmp"
	"context"
	"fmt"
	"os"
	"path/filepath"
	"sync"
	"sync/atomic"
	"time"
)

// Options are what to watch beside the root, and how. The zero value is good for use.
type Options struct {
	// Ignore tells which folders are not to be looked into; it is asked for every path, slash-separated and
	// relative to the root, and what it says true to is neither watched nor reported. It must not depend on
	// what is on the disk; where its answers change otherwise, Rewatch has to be called. It is called from one
	// goroutine. Nil ignores nothing.
	Ignore func(rel string, isDir bool) bool
	// Extra are files to watch whether or not they lie below the root and are ignored, e.g. a Dockerfile
	// elsewhere. Where one is a link, or in a folder that is, what it leads to is watched too; it is reported
	// by the name given here.
	Extra []string
	// Quiet is how long there has to be silence before a batch is handed out, 40 ms unless set; MaxWait is
	// how long after its first write it is handed out at the latest, 300 ms unless set.
	Quiet, MaxWait time.Duration
	// PollEvery is the interval of comparing, 500 ms unless set; it grows with the time that comparing takes.
	PollEvery time.Duration
	// Poll compares at intervals from the start.
	Poll bool
}

// Notice is something about watching itself that a person should know.
type Notice struct {
	// Code is one of limit, overflow, unreadable, root-gone, root-back and root-replaced.
	Code    string
	Message string
	// Hint says what to do about it; empty where there is nothing to do.
	Hint string
}

// The codes of a Notice.
const (
	// Limit: the system has no watches left, the tree is compared at intervals.
	Limit = "limit"
	// Overflow: more was written than the system keeps notices of. A batch that asks for a rescan follows.
	Overflow = "overflow"
	// Unreadable: a folder may not be read, and is left out.
	Unreadable = "unreadable"
	// RootGone: the root was deleted or renamed. Nothing is reported until it is back.
	RootGone = "root-gone"
	// RootBack: the root is there again. A batch that asks for a rescan follows.
	RootBack = "root-back"
	// RootReplaced: there is another folder in the root's place, or it is a link that leads elsewhere now. A
	// batch that asks for a rescan follows.
	RootReplaced = "root-replaced"
)

// The modes of a Watcher.
const (
	ModeNotify = "notify"
	ModePoll   = "poll"
)

// maxNotices is how many notices wait for a reader; further ones are dropped, never waited for.
const maxNotices = 64

// Watcher watches one tree until it is closed.
type Watcher struct {
	root    string // absolute
	opts    Options
	extra   map[string]string // absolute path → the path to report
	notify  func() (notifier, error)
	refused map[string]bool // folders that could not be read; of the source's goroutine
	poll    atomic.Bool
	hits    chan hit
	batches chan Batch
	notices chan Notice
	again   chan struct{} // asks for Rewatch
	more    chan struct{} // tells of more linked files
	stop    context.CancelFunc
	done    sync.WaitGroup

	mu     sync.Mutex
	linked map[string]time.Time // guarded by mu
}

// New starts watching the folder root. When it returns, every write from then on will be reported: read
// the tree after, not before. It fails where root is no folder that can be read.
func New(root string, opts Options) (*Watcher, error) {
	return start(root, opts, newNotifier)
}

func start(root string, opts Options, notify func() (notifier, error)) (*Watcher, error) {
	abs, err := filepath.Abs(root)
	if err != nil {
		return nil, fmt.Errorf("watching %s: %w", root, err)
	}
	if _, err := os.ReadDir(abs); err != nil {
		return nil, fmt.Errorf("watching %s: %w", root, err)
	}
	opts.Quiet = cmp.Or(opts.Quiet, 40*time.Millisecond)
	opts.MaxWait = cmp.Or(opts.MaxWait, 300*time.Millisecond)
	opts.PollEvery = cmp.Or(opts.PollEvery, 500*time.Millisecond)
	if opts.Ignore == nil {
		opts.Ignore = func(string, bool) bool { return false }
	}
	ctx, stop := context.WithCancel(context.Background())
	w := &Watcher{
		root:    abs,
		opts:    opts,
		notify:  notify,
		refused: map[string]bool{},
		hits:    make(chan hit, 64),
		batches: make(chan Batch),
		notices: make(chan Notice, maxNotices),
		again:   make(chan struct{}, 1),
		more:    make(chan struct{}, 1),
		linked:  map[string]time.Time{},
		stop:    stop,
	}
	w.poll.Store(opts.Poll)
	if w.extra, err = w.extras(); err != nil {
		stop()
		return nil, err
	}
	src, end := w.open(ctx)
	w.done.Go(func() { debounce(w.hits, w.batches, opts.Quiet, opts.MaxWait, w.half) })
	w.done.Go(func() { w.run(ctx, src, end) })
	return w, nil
}

// extras maps the extra files to the path that they are reported by.
func (w *Watcher) extras() (map[string]string, error) {
	extra := map[string]string{}
	for _, name := range w.opts.Extra {
		abs, err := filepath.Abs(name)
		if err != nil {
			return nil, fmt.Errorf("watching %s: %w", name, err)
		}
		extra[abs] = abs
		if rel, err := filepath.Rel(w.root, abs); err == nil && filepath.IsLocal(rel) {
			extra[abs] = filepath.ToSlash(rel)
		}
	}
	return extra, nil
}

// Batches hands out the batches; it is closed by Close.
func (w *Watcher) Batches() <-chan Batch { return w.batches }

// Notices hands out the notices; it is closed by Close. Nothing waits for a reader: where 64 notices are
// unread, further ones are dropped.
func (w *Watcher) Notices() <-chan Notice { return w.notices }

// Mode is how the tree is watched at the moment: ModeNotify or ModePoll.
func (w *Watcher) Mode() string {
	if w.poll.Load() {
		return ModePoll
	}
	return ModeNotify
}

// Rewatch asks Options.Ignore about everything again, because its answers changed: folders that were left
// out are watched from now on, others no more. It returns at once. When it is done a batch asks for a rescan.
func (w *Watcher) Rewatch() {
	select {
	case w.again <- struct{}{}:
	default: // it is asked for already
	}
}

// Close ends the watching and closes both channels. A batch that nobody has taken is dropped. It may be
// called more than once.
func (w *Watcher) Close() error {
	w.stop()
	w.done.Wait()
	return nil
}
