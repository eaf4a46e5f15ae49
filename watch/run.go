package watch

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"time"
)

// ending is why a source stopped.
type ending int

const (
	running    ending = iota // it has not stopped
	closed                   // ctx ended
	overflowed               // more happened than the system remembers
	outdated                 // Rewatch was called
	exhausted                // the system has no watches left
	rootLost                 // the root does not exist, or is another folder
)

// source sees writes and reports them as hits.
type source interface {
	// serve runs until it ends for one of the reasons above.
	serve(ctx context.Context) ending
	close()
}

// run runs one source after another until ctx ends.
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
			w.say(Notice{Code: Overflow, Message: "more was written at once than the system reports, so the whole tree is compared"})
		case rootLost:
			if _, ok := w.identity(); ok {
				w.say(Notice{Code: RootReplaced, Message: w.root + " is another folder now, so all of it is compared"})
				break
			}
			w.say(Notice{Code: RootGone, Message: w.root + " was deleted or moved away", Hint: "Nothing is watched until it is back."})
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

// open returns a source that sees every write from now on.
func (w *Watcher) open(ctx context.Context) (source, ending) {
	if !w.poll.Load() {
		if src, end := w.openNotify(ctx); end != exhausted {
			return src, end
		}
		w.poll.Store(true)
	}
	return w.openPoll(ctx)
}

// awaitRoot waits until the root exists. It returns false if ctx ends first. It looks at intervals, which costs one
// stat each: there is no event to wait for, because the folder above may be a new one, too.
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

// identity stats the root. ok reports whether it is a folder.
func (w *Watcher) identity() (root os.FileInfo, ok bool) {
	info, err := os.Stat(w.root)
	return info, err == nil && info.IsDir()
}

// resolve is identity that also returns the root's path with all links followed.
func (w *Watcher) resolve() (root os.FileInfo, dir string, ok bool) {
	dir, err := filepath.EvalSymlinks(w.root)
	if err != nil {
		return nil, "", false
	}
	root, ok = w.identity()
	return root, dir, ok
}

// isRoot reports whether the root is still the given folder.
func (w *Watcher) isRoot(was os.FileInfo) bool {
	info, ok := w.identity()
	return ok && was != nil && os.SameFile(info, was)
}

// hit sends a sign of a write to debounce.
func (w *Watcher) hit(ctx context.Context, h hit) {
	select {
	case w.hits <- h:
	case <-ctx.Done():
	}
}

// say sends a notice unless the channel is full.
func (w *Watcher) say(n Notice) {
	select {
	case w.notices <- n:
	default:
	}
}

// unreadable sends a notice of a folder that is left out, once.
func (w *Watcher) unreadable(dir string, err error) {
	if !w.refused[dir] {
		w.refused[dir] = true
		w.say(Notice{Code: Unreadable, Message: fmt.Sprintf("not watching %s: %v", dir, err)})
	}
}

// rel returns the path to report for a path below dir, which is the root with all links followed. ok reports whether
// the path is to be reported at all.
func (w *Watcher) rel(dir, abs string, isDir bool) (rel string, ok bool) {
	rel, err := filepath.Rel(dir, abs)
	if err != nil || rel == "." || !filepath.IsLocal(rel) {
		return "", false
	}
	rel = filepath.ToSlash(rel)
	return rel, !w.opts.Ignore(rel, isDir)
}

// maxHalf is how many paths are checked for a half-written file. A larger batch is the work of a tool.
const maxHalf = 32

// half reports whether one of the paths is an empty file. Many editors empty a file before they fill it.
func (w *Watcher) half(paths map[string]struct{}) bool {
	if len(paths) > maxHalf {
		return false
	}
	for p := range paths {
		if info, err := os.Lstat(w.abs(p)); err == nil && info.Mode().IsRegular() && info.Size() == 0 {
			return true
		}
	}
	return false
}

// calm is how long nothing has to be written before a write that may be all of a save.
const calm = time.Second

// maxSave is how many paths one file's save leads to at most: its own, and those of a backup, a lock and a copy that took its
// place.
const maxSave = 5

// whole reports whether the paths look like all that a save of one file leads to: it is there and has content, and the
// others are gone.
func (w *Watcher) whole(paths map[string]struct{}) bool {
	if len(paths) > maxSave {
		return false
	}
	files := 0
	for p := range paths {
		switch info, err := os.Lstat(w.abs(p)); {
		case errors.Is(err, fs.ErrNotExist):
		case err != nil || !info.Mode().IsRegular() || info.Size() == 0:
			return false
		default:
			files++
		}
	}
	return files == 1
}

// abs returns the path of a file that is reported as p.
func (w *Watcher) abs(p string) string {
	if filepath.IsAbs(p) {
		return p
	}
	return filepath.Join(w.root, filepath.FromSlash(p))
}
