// Package watch reports which paths of a source tree were written to, in batches: one for each burst of writes, be it
// an editor's save or the switch of a branch.
//
//	w, err := watch.New(root, watch.Options{Ignore: rules.SkipDir})
//	for batch := range w.Batches() { … }
//
// It watches folders, not files: editors save by renaming, and a watch on a file is lost with the file. A new folder is
// watched first and listed then, so that what was put into it meanwhile is reported too. Symbolic links below the root
// are not followed. If the system has no watches left, the tree is compared at intervals instead; a notice says which
// setting to raise.
//
// A path in a batch was written to, but its content may be what it was, and it may not exist any more. The package
// reads no content, and knows nothing of ignore files or of Docker.
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

// Options say what to watch besides the root, and how. The zero value is ready for use.
type Options struct {
	// Ignore reports whether a path, slash-separated and relative to the root, is to be ignored: neither watched nor
	// reported. It is called for every path, from one goroutine. Its answers must not depend on the file system; call
	// Rewatch when they change for another reason. Nil ignores nothing.
	Ignore func(rel string, isDir bool) bool
	// Extra are files to watch wherever they are and whatever Ignore says, such as a Dockerfile elsewhere. If one is a
	// link, or in a folder that is a link, its target is watched too. It is reported by the name given here.
	Extra []string
	// Quiet is how long nothing must be written before a batch is sent, by default 40 ms. It is a quarter of that where
	// the batch looks like one file's save after a second in which nothing was written. MaxWait is how long after its
	// first write a batch is sent at the latest, by default 300 ms.
	Quiet, MaxWait time.Duration
	// PollEvery is the interval of polling, by default 500 ms. It grows with the time that a comparison takes.
	PollEvery time.Duration
	// Poll polls from the start.
	Poll bool
	// notify opens the system's notifications, newNotifier unless a test says otherwise.
	notify func() (notifier, error)
}

// Notice is something about the watching itself that a person should know.
type Notice struct {
	// Code is one of the codes below.
	Code    string
	Message string
	// Hint says what to do, empty if there is nothing to do.
	Hint string
}

// The codes of a Notice.
const (
	// Limit: the system has no watches left, so the tree is compared at intervals.
	Limit = "limit"
	// Overflow: more was written than the system's queue holds. A batch with Rescan follows.
	Overflow = "overflow"
	// Unreadable: a folder can't be read and is left out.
	Unreadable = "unreadable"
	// RootGone: the root was deleted or renamed. Nothing is reported until it is back.
	RootGone = "root-gone"
	// RootBack: the root exists again. A batch with Rescan follows.
	RootBack = "root-back"
	// RootReplaced: another folder is in the root's place, or the root is a link that leads elsewhere now. A batch with
	// Rescan follows.
	RootReplaced = "root-replaced"
)

// The modes of a Watcher.
const (
	ModeNotify = "notify"
	ModePoll   = "poll"
)

// maxNotices is how many notices wait for a reader. Further ones are dropped.
const maxNotices = 64

// Watcher watches one tree until it is closed.
type Watcher struct {
	root    string // absolute
	opts    Options
	extra   map[string]string // absolute path → the path to report
	refused map[string]bool   // folders that could not be read; only the source's goroutine uses it
	poll    atomic.Bool
	hits    chan hit
	batches chan Batch
	notices chan Notice
	again   chan struct{} // Rewatch was called
	more    chan struct{} // Linked was called
	stop    context.CancelFunc
	done    sync.WaitGroup

	mu     sync.Mutex
	linked map[string]time.Time // guarded by mu
}

// New starts to watch the folder root. Every write after it returns is reported, so read the tree afterwards, not
// before. New fails if root is not a folder that can be read.
func New(root string, opts Options) (*Watcher, error) {
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
	if opts.notify == nil {
		opts.notify = newNotifier
	}
	if opts.Ignore == nil {
		opts.Ignore = func(string, bool) bool { return false }
	}
	ctx, stop := context.WithCancel(context.Background())
	w := &Watcher{
		root:    abs,
		opts:    opts,
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
	p := pace{quiet: opts.Quiet, brief: opts.Quiet / 4, calm: calm, whole: w.whole, maxWait: opts.MaxWait, half: w.half}
	w.done.Go(func() { debounce(w.hits, w.batches, p) })
	w.done.Go(func() { w.run(ctx, src, end) })
	return w, nil
}

// extras maps the absolute paths of the extra files to the paths to report.
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

// Batches returns the channel of batches. Close closes it.
func (w *Watcher) Batches() <-chan Batch { return w.batches }

// Notices returns the channel of notices. Close closes it. It holds 64 notices; further ones are dropped until they are
// received.
func (w *Watcher) Notices() <-chan Notice { return w.notices }

// Mode returns how the tree is watched at the moment: ModeNotify or ModePoll.
func (w *Watcher) Mode() string {
	if w.poll.Load() {
		return ModePoll
	}
	return ModeNotify
}

// Rewatch calls Options.Ignore for every path again, because its answers changed. It returns at once. When the folders
// are watched accordingly, a batch with Rescan follows.
func (w *Watcher) Rewatch() {
	select {
	case w.again <- struct{}{}:
	default: // one is pending already
	}
}

// Close stops the watching and closes both channels. A batch that was not received is dropped. Close may be called more
// than once.
func (w *Watcher) Close() error {
	w.stop()
	w.done.Wait()
	return nil
}
