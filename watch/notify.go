package watch

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"time"

	"github.com/fsnotify/fsnotify"
)

// lookEvery is how often what no notice tells of is looked at, which takes a few stats.
const lookEvery = time.Second

// notifier is what is used of fsnotify.
type notifier struct {
	add, remove func(dir string) error
	events      <-chan fsnotify.Event
	errors      <-chan error
	close       func() error
}

// newNotifier opens the system's notifications. The buffer keeps the reader of the system's own, bounded
// queue going while a new folder is listed.
func newNotifier() (notifier, error) {
	fw, err := fsnotify.NewBufferedWatcher(1024)
	if err != nil {
		return notifier{}, err
	}
	return notifier{add: fw.Add, remove: fw.Remove, events: fw.Events, errors: fw.Errors, close: fw.Close}, nil
}

// notifySource sees writes by the system's notifications.
type notifySource struct {
	w    *Watcher
	n    notifier
	root os.FileInfo
	// dir is the root with all links followed: a folder that is watched by two names is told of by one of them.
	dir string
	// dirs are the folders watched for their own sake, not just for an extra file in them.
	dirs   map[string]struct{}
	extras *extras
	linked linkedFiles
	lost   chan struct{} // the system's queue overflowed
}

func (w *Watcher) openNotify(ctx context.Context) (source, ending) {
	root, dir, ok := w.resolve()
	if !ok {
		return nil, rootLost
	}
	n, err := w.notify()
	if err != nil {
		w.say(limitNotice(err, instanceSetting()))
		return nil, exhausted
	}
	s := &notifySource{w: w, n: n, root: root, dir: dir, dirs: map[string]struct{}{}, extras: newExtras(w.extra), lost: make(chan struct{}, 1)}
	s.linked = linkedFiles{map[string]*linkedFile{}, map[fileID]*linkedFile{}}
	// fsnotify may hold its lock while it hands out an error: add would wait for whoever waits for add.
	go s.drain()
	end := s.watch(ctx, dir, false)
	if end == running {
		end = s.followExtras()
	}
	if end != running {
		s.close()
		return nil, end
	}
	for name := range w.extra {
		s.extras.changed(name)
	}
	s.watchLinked(ctx)
	return s, running
}

func (s *notifySource) abs(rel string) string { return filepath.Join(s.dir, filepath.FromSlash(rel)) }

func (s *notifySource) rel(abs string, isDir bool) (rel string, ok bool) {
	return s.w.rel(s.dir, abs, isDir)
}

func (s *notifySource) close() { s.n.close() }

// drain notes an overflow. The other errors are about watches that are gone already.
func (s *notifySource) drain() {
	for err := range s.n.errors {
		if errors.Is(err, fsnotify.ErrEventOverflow) {
			select {
			case s.lost <- struct{}{}:
			default:
			}
		}
	}
}

func (s *notifySource) serve(ctx context.Context) ending {
	tick := time.NewTicker(lookEvery)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return closed
		case <-s.w.again:
			return outdated
		case <-s.w.more:
			s.watchLinked(ctx)
		case <-tick.C:
			if end := s.look(ctx); end != running {
				return end
			}
		case <-s.lost:
			return overflowed
		case ev, ok := <-s.n.events:
			if !ok {
				return overflowed
			}
			if end := s.event(ctx, ev); end != running {
				return end
			}
		}
	}
}

// event takes an event for what it is, a hint: whatever it says, what counts is what is there now. So it
// does not matter that more may have happened since, as that will lead to events of its own.
func (s *notifySource) event(ctx context.Context, ev fsnotify.Event) ending {
	moved := ev.Has(fsnotify.Remove) || ev.Has(fsnotify.Rename)
	if ev.Name == s.dir {
		if moved {
			return rootLost // even if there is one of that name again: the watches are on the old one
		}
		return running
	}
	if !s.w.isRoot(s.root) { // a folder above was renamed
		return rootLost
	}
	_, isDir := s.dirs[ev.Name]
	if isDir && moved {
		s.forget(ev.Name)
	}
	if end := s.extraEvent(ctx, ev.Name); end != running {
		return end
	}
	if s.linkedEvent(ctx, ev) {
		return running
	}
	if _, ok := s.dirs[filepath.Dir(ev.Name)]; !ok {
		return running // watched for an extra file, or moved away meanwhile
	}
	appeared := false
	if moved || ev.Has(fsnotify.Create) || ev.Has(fsnotify.Chmod) && !isDir {
		info, err := os.Lstat(ev.Name)
		appeared = err == nil && info.IsDir() // or may be read again
	}
	rel, ok := s.rel(ev.Name, isDir || appeared)
	if !ok {
		return running
	}
	s.w.hit(ctx, hit{path: rel, at: time.Now()})
	if appeared {
		return s.watch(ctx, ev.Name, true)
	}
	return running
}

// watch adds a folder and all below it. Each folder is watched first and listed then: what is created
// between the two is seen twice, and nothing is missed. With report set what is found is reported.
func (s *notifySource) watch(ctx context.Context, dir string, report bool) ending {
	todo := []string{dir}
	for len(todo) > 0 {
		if ctx.Err() != nil {
			return closed
		}
		dir, todo = todo[len(todo)-1], todo[:len(todo)-1]
		added, end := s.add(dir)
		if end != running {
			return end
		}
		if !added {
			continue
		}
		s.dirs[dir] = struct{}{}
		delete(s.w.refused, dir)
		entries, err := os.ReadDir(dir)
		if errors.Is(err, fs.ErrPermission) {
			s.w.unreadable(dir, err)
		}
		for _, entry := range entries { // what could be read, whatever the error
			path := filepath.Join(dir, entry.Name())
			rel, ok := s.rel(path, entry.IsDir())
			if !ok {
				continue
			}
			if report {
				s.w.hit(ctx, hit{path: rel, at: time.Now()})
			}
			if entry.IsDir() {
				todo = append(todo, path)
			}
		}
	}
	return running
}

// add watches one folder. It returns false where the folder is gone or may not be read.
func (s *notifySource) add(dir string) (bool, ending) {
	err := s.n.add(dir)
	switch {
	case err == nil:
		return true, running
	case errors.Is(err, fs.ErrNotExist), errors.Is(err, syscall.ENOTDIR):
		if dir == s.dir {
			return false, rootLost
		}
		return false, running
	case errors.Is(err, fs.ErrPermission):
		s.w.unreadable(dir, err)
		return false, running
	default:
		s.w.say(limitNotice(err, watchSetting()))
		return false, exhausted
	}
}

// forget ends the watches on a folder that was moved or deleted, and on all below it: the system goes on
// to report a moved folder under its old name.
func (s *notifySource) forget(dir string) {
	for path := range s.dirs {
		if path == dir || strings.HasPrefix(path, dir+string(filepath.Separator)) {
			s.n.remove(path) // fails where it is gone already
			delete(s.dirs, path)
		}
	}
}
