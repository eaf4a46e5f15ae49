package watch

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"time"
)

// ending is why a source stopped seeing what happens.
type ending int

const (
	running    ending = iota // it has not
	closed                   // it was told to stop
	overflowed               // more happened than the system keeps
	outdated                 // Rewatch was called
	exhausted                // the system has no watches left
	rootLost                 // the root is not there, or another one
)

// source sees writes and reports them as hits.
type source interface {
	// serve runs until it ends for one of the reasons above.
	serve(ctx context.Context) ending
	close()
}

// run keeps a source running, whatever ends one, until ctx ends.
func (w *Watcher) run(ctx context.Context, src source, end ending) {
	defer close(w.notices)
	defer close(w.hits)
	for {
		if end == running {
			end = src.serve(ctx)
		}
		if src != nil {
			src.close()
		}
		if ctx.Err() != nil {
			return
		}
		switch end {
		case exhausted:
			w.poll.Store(true)
		case overflowed:
			w.say(Notice{Code: Overflow, Message: "more was written at once than the system tells of: comparing the whole tree"})
		case rootLost:
			if _, ok := w.identity(); ok {
				w.say(Notice{Code: RootReplaced, Message: w.root + " is another folder now: comparing all of it"})
				break
			}
			w.say(Notice{Code: RootGone, Message: w.root + " was deleted or moved away"})
			if !w.awaitRoot(ctx) {
				return
			}
			w.say(Notice{Code: RootBack, Message: w.root + " is back"})
		}
		if src, end = w.open(ctx); end == running {
			w.hit(ctx, hit{at: time.Now(), rescan: true})
		}
	}
}

// open starts seeing writes.
func (w *Watcher) open(ctx context.Context) (source, ending) {
	if !w.poll.Load() {
		if src, end := w.openNotify(ctx); end != exhausted {
			return src, end
		}
		w.poll.Store(true)
	}
	return w.openPoll(ctx)
}

// awaitRoot looks for the root until it is there; it returns false where ctx ended first. A look costs one
// stat, and no event would tell: what came back may be under a new parent of the same name.
func (w *Watcher) awaitRoot(ctx context.Context) bool {
	tick := time.NewTicker(min(w.opts.PollEvery, 250*time.Millisecond))
	defer tick.Stop()
	for {
		if _, ok := w.identity(); ok {
			return true
		}
		select {
		case <-ctx.Done():
			return false
		case <-tick.C:
		}
	}
}

// identity stats the root; ok tells whether it is a folder.
func (w *Watcher) identity() (root os.FileInfo, ok bool) {
	info, err := os.Stat(w.root)
	return info, err == nil && info.IsDir()
}

// resolve is identity, with the path that it has when all links are followed.
func (w *Watcher) resolve() (root os.FileInfo, dir string, ok bool) {
	dir, err := filepath.EvalSymlinks(w.root)
	if err != nil {
		return nil, "", false
	}
	root, ok = w.identity()
	return root, dir, ok
}

// isRoot tells whether the root is still the folder given.
func (w *Watcher) isRoot(was os.FileInfo) bool {
	info, ok := w.identity()
	return ok && was != nil && os.SameFile(info, was)
}

// hit passes on a sign of a write.
func (w *Watcher) hit(ctx context.Context, h hit) {
	select {
	case w.hits <- h:
	case <-ctx.Done():
	}
}

// say passes on a notice where there is room.
func (w *Watcher) say(n Notice) {
	select {
	case w.notices <- n:
	default:
	}
}

// unreadable says once of a folder that it is left out.
func (w *Watcher) unreadable(dir string, err error) {
	if !w.refused[dir] {
		w.refused[dir] = true
		w.say(Notice{Code: Unreadable, Message: fmt.Sprintf("not watching %s: %v", dir, err)})
	}
}

// rel returns the path to report for one below the folder dir, which is the root; ok tells whether it is to be
// reported at all.
func (w *Watcher) rel(dir, abs string, isDir bool) (rel string, ok bool) {
	rel, err := filepath.Rel(dir, abs)
	if err != nil || rel == "." || !filepath.IsLocal(rel) {
		return "", false
	}
	rel = filepath.ToSlash(rel)
	return rel, !w.opts.Ignore(rel, isDir)
}

// maxHalf is how many paths are looked at for a half-written one: more are the work of a tool.
const maxHalf = 32

// half reports whether one of the paths is an empty file: many editors empty a file, and fill it then.
func (w *Watcher) half(paths map[string]struct{}) bool {
	if len(paths) > maxHalf {
		return false
	}
	for p := range paths {
		if !filepath.IsAbs(p) {
			p = filepath.Join(w.root, filepath.FromSlash(p))
		}
		if info, err := os.Lstat(p); err == nil && info.Mode().IsRegular() && info.Size() == 0 {
			return true
		}
	}
	return false
}
